"""The command line → the man page, ``man/deadweight.1``: ``make man``.

source: man-pages(7), groff_man(7). One page has all commands, so that it can be searched.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from deadweight import __version__, cli
from deadweight.cli.help import paragraphs_of, records_by_group

PAGE = Path(__file__).parents[1] / "man" / "deadweight.1"
_EXIT_STATUS = {
    "0": "The command succeeded.",
    "1": "A bug in deadweight.",
    "2": "The command line is invalid.",
    "3": "A split does not provide everything that the code uses, or the target is over budget.",
    "4": "The target, a file or a combination of options cannot be used.",
    "5": "An installer, index, registry, engine or disk failed.",
    "130": "deadweight was interrupted.",
}


def man_page() -> str:
    """Return the page in roff."""
    context = click.Context(cli.root, info_name="deadweight", **cli.root.context_settings)
    lines = [
        f'.TH DEADWEIGHT 1 "" "deadweight {__version__}" "User Commands"',
        ".SH NAME", "deadweight \\- measure what Python dependencies take on disk",
        ".SH SYNOPSIS", ".B deadweight", "[\\fICOMMAND\\fR] [\\fITARGET\\fR] [\\fIOPTIONS\\fR]",
        ".SH DESCRIPTION", *_text(cli.root),
        ".SH OPTIONS", ".TP", ".B \\-h, \\-\\-help", "Show the help of deadweight, or of a command.",
        ".TP", ".B \\-\\-version", "Show the version.",
        ".SH COMMANDS", *_commands(cli.root, context),
        ".SH EXIT STATUS", *(line for status, text in _EXIT_STATUS.items() for line in (".TP", f".B {status}", text)),
        ".SH FILES", ".TP", ".I pyproject.toml", "The table \\fB[tool.deadweight]\\fR contains defaults of options.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        child = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _commands(command, child)
            continue
        usage = " ".join([child.command_path, *command.collect_usage_pieces(child)])
        yield f'.SS "{_escaped(usage)}"'
        yield from _text(command)
        yield from _options(command, child)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for group, records in records_by_group(command, context):
        yield from (".PP", f".I {_escaped(group)}")
        for names, text in records:
            yield from (".TP", f".B {_escaped(names)}", _escaped(" ".join(text.split())))


def _text(command: click.Command) -> Iterator[str]:
    """Yield the help text; paragraphs whose lines are kept are not filled."""
    for paragraph, is_kept in paragraphs_of(command):
        if is_kept:
            yield from (".PP", ".nf", *map(_escaped, paragraph.splitlines()), ".fi")
        else:
            yield from (".PP", _escaped(" ".join(paragraph.split())))


def _escaped(text: str) -> str:
    """Return a line that roff prints as it is; a hyphen must be copied from the page as such."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    PAGE.write_text(man_page(), "utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
