"""The command: what it needs, and what it imports."""

from __future__ import annotations

import io
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from deadweight import cli
from deadweight.cli.commands import explore
from deadweight.errors import BadInput
from tests.builders import dist_files, make_env
from tests.unit.test_public_api import loaded_by


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "sys", SimpleNamespace(stdin=Terminal(), stdout=Terminal()))
    monkeypatch.setenv("TERM", "xterm")


def test_check_terminal__terminal__is_enough(terminal: None) -> None:
    explore.check_terminal()


def test_check_terminal__missing_extra__names_the_command_that_installs_it(
    terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(explore, "find_spec", without)
    with pytest.raises(BadInput, match="textual, which is not installed") as error:
        explore.check_terminal()
    assert (error.value.exit_code, error.value.hint) == (4, 'pip install "deadweight[explore]"')


@pytest.mark.parametrize("name", ["stdin", "stdout"])
def test_check_terminal__pipe__is_an_error(terminal: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(f"deadweight.cli.commands.explore.sys.{name}", io.StringIO())
    with pytest.raises(BadInput, match=f"but {name} is not one"):
        explore.check_terminal()


def test_check_terminal__dumb__is_an_error(terminal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(BadInput, match="TERM is dumb"):
        explore.check_terminal()


def test_explore__without_a_terminal__measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.operations.explore.explored", None)
    with pytest.raises(BadInput, match="needs a terminal"):
        CliRunner().invoke(cli.root, ["explore", "env:."], standalone_mode=False, catch_exceptions=False)


@pytest.mark.parametrize("command", ["profile", "split", "why web", "groups"])
def test_other_commands__do_not_import_textual(tmp_path: Path, offline: Path, command: str) -> None:
    env = make_env(tmp_path / "env", dist_files("web", requested=True))
    arguments = [*command.split(), str(env), *(["--output-dir", str(tmp_path / "out")] if command == "split" else [])]
    loaded = loaded_by(f"import deadweight.cli as cli; cli.root.main({arguments!r}, standalone_mode=False)")
    assert "deadweight.cli.commands" in loaded
    assert not {name for name in loaded if name.startswith(("textual", "deadweight.explore"))}


def test_explore__measuring__does_not_import_textual() -> None:
    loaded = loaded_by(
        "import deadweight.cli.commands.explore, deadweight.operations.explore, deadweight.explore.nodes"
    )
    assert "textual" not in loaded
