"""Options and configuration → settings; errors in one place, with the right exit code."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import NoReturn

import click
import pytest
from click.testing import CliRunner

from deadweight import cli
from deadweight.cli.progress import observer, said
from deadweight.cli.settings import profiling, settings_of
from deadweight.errors import BadConfig, BadInput, InstallFailed
from deadweight.progress import Progress
from deadweight.settings import Settings
from deadweight.targets.types import Project
from tests.builders import write_files


def settings_from(*arguments: str) -> Settings:
    """Return the settings that the options of a command make."""
    made: list[Settings] = []

    @click.command()
    @profiling
    def command(**options: object) -> None:
        made.append(settings_of(options, Project("pyproject.toml")))

    CliRunner().invoke(command, arguments, catch_exceptions=False)
    return made[0]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings__nothing_said__are_the_defaults(here: Path) -> None:
    assert settings_from() == Settings()


def test_settings__config_above_the_working_directory__is_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(here, {"pyproject.toml": '[tool.deadweight]\ninstaller = "pip"\nno-build = true\n', "a/b/x": ""})
    monkeypatch.chdir(here / "a/b")
    assert settings_from() == Settings.of(installer="pip", no_build=True)


def test_settings__command_line__beats_the_config(here: Path) -> None:
    write_files(here, {"pyproject.toml": '[tool.deadweight]\ninstaller = "pip"\nbytecode = "none"\n'})
    assert settings_from("--installer", "uv") == Settings.of(installer="uv", bytecode="none")


def test_settings__lists__add_up_and_names_are_normalized(here: Path) -> None:
    write_files(here, {"pyproject.toml": '[tool.deadweight]\nkeep = ["A_b"]\nfind-links = ["one"]\n'})
    found = settings_from("--keep", "C.d", "--drop", "E", "-f", "two", "--minimal-groups", "core, ml")
    assert found == Settings.of(
        keep=("a-b", "c-d"), drop=("e",), find_links=("one", "two"), minimal_groups=("core", "ml")
    )


def test_settings__groups__keep_their_tags(here: Path) -> None:
    write_files(here, {"pyproject.toml": '[tool.deadweight.groups]\n"data.viz" = ["acme-*"]\n'})
    assert settings_from() == Settings.of(groups={"data.viz": ("acme-*",)})


@pytest.mark.parametrize(
    "config",
    ["speed = 1", "keep = 'a'", "no-build = 'yes'", "installer = 'conda'", "minimal-groups = ['fun']",
     "groups = {fun = ['a']}", "groups = {dev = 'a'}", "not toml"],
)  # fmt: skip
def test_settings__config_that_means_nothing__raises(here: Path, config: str) -> None:
    write_files(here, {"pyproject.toml": f"[tool.deadweight]\n{config}\n"})
    with pytest.raises(BadConfig):
        settings_from()


def test_settings__pyproject_without_our_table__is_passed_by(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(here, {"pyproject.toml": "[tool.deadweight]\nno-build = true\n", "a/pyproject.toml": "[tool.black]\n"})
    monkeypatch.chdir(here / "a")
    assert settings_from() == Settings.of(no_build=True)


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (BadInput("bad \x1b[31mthing", hint="mend it"), 4, "error: bad \\x1b[31mthing\nhint: mend it\n"),
        (InstallFailed("uv: refused"), 5, "error: uv: refused\n"),
        (click.UsageError("no such thing"), 2, "no such thing"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(errno.EACCES, "Permission denied", "secret.txt"), 4, "error: secret.txt: Permission denied\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 5, "TMPDIR"),
        (RuntimeError("oops"), 1, "bug in deadweight"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_run__error__is_reported_on_stderr_with_its_exit_code(
    error: BaseException, code: int, reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    monkeypatch.setattr(cli.root, "main", fail)
    assert cli._run([], debug=False) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert reason in err
    assert "Traceback" not in err


def test_run__debug__shows_the_traceback_and_the_detail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise InstallFailed("refused", detail="all that it said")

    monkeypatch.setattr(cli.root, "main", fail)
    assert cli._run(["--debug"], debug=True) == 5
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "all that it said" in err
    assert cli._run([], debug=False) == 5
    assert "--debug" in capsys.readouterr().err


# --- progress -------------------------------------------------------------------------------------

STEPS = (
    Progress("resolving", "a"), Progress("resolving", "b"), Progress("downloading", "a", 0, 2_000_000),
    Progress("downloading", "a", 1_000_000, 2_000_000), Progress("measuring", "env\x1b[2J"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("quiet", "verbose", "phases"),
    [
        (True, False, []),
        (False, False, ["resolving", "downloading", "measuring"]),
        (False, True, ["resolving", "resolving", "downloading", "downloading", "measuring"]),
    ],
)
def test_observer__no_terminal__says_each_phase_once_or_everything(
    quiet: bool, verbose: bool, phases: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with observer(quiet=quiet, verbose=verbose) as observe:
        for step in STEPS:
            observe(step)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split()[0] for line in err.splitlines()] == phases
    assert "\x1b" not in err


def test_said__bytes_of_a_download__are_shown() -> None:
    assert said(STEPS[3]) == "downloading a (1.00 MB of 2.00 MB)"


def test_settings__without_installing__command_line_over_configuration(here: Path) -> None:
    write_files(here, {"pyproject.toml": '[tool.deadweight]\nno-install = true\nextra = ["a"]\nno-cache = true\n'})
    found = settings_from("--extra", "b", "--swap", "x=y", "--index", "n=https://index.example", "--torch", "cpu")
    assert found == Settings.of(
        no_install=True, no_cache=True, extra=("a", "b"), swap=("x=y",), index=("n=https://index.example",), torch="cpu"
    )
    assert not settings_from("--install").measuring.no_install
    assert settings_from("--platform", "win_amd64", "--group", "g", "--all-groups").request.platform == "win_amd64"
