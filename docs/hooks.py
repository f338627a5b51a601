"""Hooks of mkdocs: pages that are generated from the code, in place of ``<!-- generated: NAME -->``."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

import click

import deadweight
from deadweight import cli
from deadweight.cli.help import paragraphs_of, records_by_group
from deadweight.model.report import Report

SOURCE = Path(deadweight.__file__).parent
_MARK = re.compile(r"<!-- generated: (\w+) -->")


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace each mark by what it names; an unknown name raises KeyError and ends the build."""
    return _MARK.sub(lambda mark: GENERATED[mark[1]](), markdown)


def commands() -> str:
    """Return a section for each command, from click."""
    context = click.Context(cli.root, info_name="deadweight", **cli.root.context_settings)
    return "\n".join(_command_sections(cli.root, context))


def _command_sections(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n"
    yield f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```\n"
    yield _help_text(command)
    for group, records in records_by_group(command, context):
        yield f"**{group}**\n\n| Option | |\n|---|---|"
        yield from (f"| <code>{_cell(escape(names))}</code> | {_cell(escape(text))} |" for names, text in records)
        yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child:
                yield from _command_sections(child, click.Context(child, info_name=name, parent=context))


def _help_text(command: click.Command) -> str:
    """Return the help text; paragraphs whose lines are kept are code."""
    paragraphs = (f"```text\n{text}\n```" if is_kept else text for text, is_kept in paragraphs_of(command))
    return "\n\n".join(paragraphs) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "&#124;").replace("\n", " ")


def api() -> str:
    """Return a section for each public function and class, from its signature and docstring."""
    sections = []
    for name in deadweight.__all__:
        value = getattr(deadweight, name)
        if callable(value):
            signature = "" if inspect.isclass(value) else _signature(value)
            sections.append(f"### {name}\n\n```text\n{name}{signature}\n\n{inspect.getdoc(value)}\n```\n")
    return "\n".join(sections)


def _signature(function: Callable[..., object]) -> str:
    """Return the signature as it is in the code: annotations without quotes, and functions by their names."""
    text = str(inspect.signature(function))
    unquoted = re.sub(r"(: |-> )'([^']+)'", r"\1\2", text)
    return re.sub(r"<function (\w+) at 0x[0-9a-f]+>", r"\1", unquoted)


def modules() -> str:
    """Return a table of the modules for each package, from the first lines of their docstrings."""
    sections = []
    for directory in sorted({path.parent for path in SOURCE.rglob("*.py")}):
        package = ".".join(("deadweight", *directory.relative_to(SOURCE).parts))
        rows = [f"| `{path.name}` | {_cell(_summary(path))} |" for path in sorted(directory.glob("*.py"))]
        sections.append(f"### {package}\n\n| Module | |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(sections)


def _summary(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return text.split("\n\n")[0].strip()


def schema() -> str:
    """Return the JSON Schema of the report, folded."""
    text = json.dumps(Report.json_schema(), indent=1)
    return f"<details markdown>\n<summary>JSON Schema</summary>\n\n```json\n{text}\n```\n\n</details>\n"


GENERATED = {"commands": commands, "api": api, "modules": modules, "schema": schema}
