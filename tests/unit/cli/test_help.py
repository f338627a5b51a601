"""--help: options in groups, and only options that the command uses."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from deadweight import cli
from deadweight.cli import reporting
from deadweight.cli.help import GROUPS, GroupedCommand, GroupedOption
from deadweight.cli.views import view_of
from deadweight.errors import BadInput

OPERATIONS = {
    "operations.check": "check",
    "operations.profile": "profile",
    "operations.measure": "profile",
    "operations.explore": "explored",
    "operations.groups": "groups_of",
    "operations.verify": "verify",
    "operations.imports": "imports",
    "operations.diff": "compared",
    "operations.planning.plan": "plan",
    "operations.services": "services",
    "operations.dockerfile": "dockerfile",
}
# Options that do not apply to a requirements file, and a target that they apply to
APPLY_ELSEWHERE = {
    "extra": "pyproject.toml", "group": "pyproject.toml", "all_groups": "pyproject.toml", "package": "pyproject.toml",
    "no_dev": "uv.lock", "dockerfile": "docker:app", "requirements": "rootfs:.",
    "environment": "rootfs:.", "tls_verify": "registry:localhost/app",
}  # fmt: skip
TARGETS = {
    "check": ["t"], "profile": ["t"], "split": ["t"], "verify": ["t"], "why": ["n", "t"], "groups": ["t"],
    "diff": ["t", "t"], "explore": ["t"], "imports": ["t"], "plan": ["t"],
    "services": ["t"], "dockerfile": ["t"],
}  # fmt: skip


def all_commands() -> Iterator[tuple[str, click.Command]]:
    for name in cli._COMMANDS:
        command = cli.root.get_command(click.Context(cli.root), name)
        assert command
        children = command.commands.items() if isinstance(command, click.Group) else [("", command)]
        yield from (((f"{name} {child}").strip(), each) for child, each in children)


COMMANDS = dict(all_commands())
OPTIONS = [(name, each) for name, it in COMMANDS.items() for each in it.params if isinstance(each, click.Option)]


def help_of(*arguments: str) -> str:
    return CliRunner().invoke(cli.root, [*arguments, "--help"], terminal_width=80, catch_exceptions=False).stdout


# Attribute of a Destination → the options that it reads
DESTINATION = {"form": ("form",), "write": ("output", "force")}


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=lambda each: getattr(each, "name", each))
def test_option__of_a_command__belongs_to_a_group_and_has_a_help_text(name: str, option: click.Option) -> None:
    assert isinstance(COMMANDS[name], GroupedCommand)
    assert isinstance(option, GroupedOption)
    assert option.group in GROUPS
    assert option.help
    assert option.help.endswith((".", "..."))


@pytest.mark.parametrize("name", COMMANDS)
def test_help__names_every_option_once_and_fits_80_columns(name: str) -> None:
    text = help_of(*name.split())
    assert "\\b" not in text  # click's mark, escaped by mistake
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option):
            words = text.replace("/", " ").replace(",", " ").split("Usage:")[1].split()
            assert any(opt in words for opt in (*option.opts, *option.secondary_opts)), option.opts
    assert max(map(len, text.splitlines())) <= 88  # lists of examples are not wrapped


def test_help__of_why__fits_a_small_terminal() -> None:
    assert len(help_of("why").splitlines()) <= 25


@pytest.mark.parametrize("name", ["why", "groups", "verify"])
@pytest.mark.parametrize("option", ["--keep=a", "--drop=a", "--minimal-groups=core"])
def test_option__of_splits__is_refused_where_no_split_is_shown(name: str, option: str) -> None:
    ran = CliRunner().invoke(cli.root, [name, *TARGETS[name], option])
    assert (ran.exit_code, "No such option" in ran.output) == (2, True)


# Attribute of a Destination → the options that it reads
DESTINATION = {"form": ("form",), "write": ("output", "force")}


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=lambda each: getattr(each, "name", each))
def test_option__is_read_by_its_command(
    name: str, option: click.Option, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An option is read by the command's function itself, or changes what the function hands to the operation."""
    if option.name in loaded_names(COMMANDS[name]) | {"debug"}:  # main() looks for --debug before click does
        return
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("deadweight.cli.commands.explore.check_terminal", lambda: None)
    calls: list[object] = []

    def record(*arguments: object, observe: object = None, lighter: bool = True, session: object = None) -> None:
        calls.append(arguments)
        raise BadInput("recorded")

    # All are imported before one is patched, so that none of them keeps a patched function of another.
    modules = {import_module(f"deadweight.{name}"): function for name, function in OPERATIONS.items()}
    for module, function in modules.items():
        monkeypatch.setattr(module, function, record)
    for path in ("t", "n", "pyproject.toml", "uv.lock"):
        (tmp_path / path).write_text("")
    target = [*TARGETS[name][:-1], APPLY_ELSEWHERE.get(option.name or "", "t")]
    CliRunner().invoke(cli.root, [name, *target])
    CliRunner().invoke(cli.root, [name, *target, *example(option)])
    assert len(calls) == 2
    assert calls[0] != calls[1]


def loaded_names(command: click.Command) -> set[str]:
    """Return the names and the constant keys that the function of a command reads."""
    assert command.callback
    tree = ast.parse(textwrap.dedent(inspect.getsource(command.callback)))
    body = [node for each in tree.body if isinstance(each, ast.FunctionDef) for node in ast.walk(each)]
    names = {node.id for node in body if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    parts = [node.attr for node in body if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "destination"]
    sources = [inspect.getsource(reporting.measured), *([inspect.getsource(view_of)] if "view_of" in names else [])]
    helpers = [node for source in sources for node in ast.walk(ast.parse(source))]
    keys = {
        n.slice.value for n in (*body, *helpers) if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant)
    }
    return names | {str(key) for key in keys} | {option for part in parts for option in DESTINATION.get(part, ())}


def example(option: click.Option) -> list[str]:
    """Return arguments that give an option another value than its default."""
    name = option.opts[-1]
    if option.is_flag:
        return [(*option.secondary_opts, name)[0]]
    if isinstance(option.type, click.Choice):
        return [name, option.type.choices[-1]]
    values = {
        "SIZE": "1MB",
        "SIZE|%": "5%",
        "GROUP": "dev",
        "LIST": "dev",
        "TAG": "musllinux_1_2_x86_64",
        "BUILD": "cpu",
        "BOOL": "false",
        "SECONDS": "5",
        "N": "1",
        "OLD=NEW": "a=b",
        "NAME=URL": "a=https://a",
        "RULE": "DW503",
        "RULE=SIZE": "DW504=1MB",
    }
    return [name, values.get(str(option.metavar), "x")]
