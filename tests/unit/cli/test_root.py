"""Which command runs, and what is written where."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import deadweight
from deadweight import cli
from deadweight.cli.output import write_files as write_results
from deadweight.errors import BadInput, WouldOverwrite
from deadweight.formats.distributions.wheel import Contents
from deadweight.model import Archive
from deadweight.sources.wheels.cache import Cache
from deadweight.targets.types import Environment
from tests.builders import dist_files, make_env, write_files


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with an environment: a, which needs b, and pytest, each asked for by name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    make_env(
        tmp_path / "env",
        dist_files("a", "2.0", requires=["b"], requested=True),
        dist_files("b"),
        dist_files("pytest", requested=True),
    )
    return tmp_path


class Ran:
    """Exit code, stdout and stderr of a command line that was run."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        self.code = cli._run(list(arguments), debug=False)
        self.out, self.err = capsys.readouterr()


def test_default_command__is_profile(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, named = Ran(capsys, "env"), Ran(capsys, "profile", "env")
    assert plain.code == named.code == 0
    assert plain.out == named.out
    assert plain.out.startswith("env\n")


def test_default_command__options_first__is_profile_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "--format", "json", "--quiet", "env")
    assert ran.code == 0
    assert json.loads(ran.out)["totals"]["distributions"] == 3


def test_profile__suggests_the_command_that_splits_with_the_options_given(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "requirements file.txt").write_text("a\n")
    options = ["-r", "requirements file.txt", "--minimal-groups", "core", "--keep", "a", "--keep", "b", "--no-source"]
    ran = Ran(capsys, "env", "--all", "-q", *options)
    expected = "env --requirements 'requirements file.txt' --no-source --minimal-groups core --keep a --keep b"
    assert ran.out.endswith(f"\n\nTo write the splits, run:\ndeadweight split {expected}\n")


def test_profile__of_what_split_cannot_measure_again__suggests_no_command(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "deadweight split" in Ran(capsys, "env", "-q").out
    monkeypatch.setattr("deadweight.cli.reporting.target_of", lambda given, quiet: Environment("env"))
    for target in (["a", "b"], ["-"]):
        assert "deadweight split" not in Ran(capsys, "profile", *target, "-q").out


def test_no_target__is_the_running_environment(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "--format", "json", "-q")
    assert ran.code == 0
    assert "pytest" in {row["name"] for row in json.loads(ran.out)["distributions"]}


def test_no_target__in_a_projects_directory__is_that_project(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(here, {"requirements.txt": "", "uv.lock": "version = 1\n", "pyproject.toml": "[project]\n"})
    plain, directory = Ran(capsys), Ran(capsys, "profile", ".", "-q")
    assert (plain.code, directory.code) == (0, 0)
    assert plain.out == directory.out
    assert plain.out.startswith("uv.lock\n")
    assert "measuring uv.lock (also available: requirements.txt, pyproject.toml, env" in plain.err
    assert directory.err == ""


def test_no_arguments__outside_of_a_project__is_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Usage: deadweight" in "".join((Ran(capsys).out, Ran(capsys).err))


def test_standard_input__text__is_requirements(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"# nothing\nb ==\n"))))
    ran = Ran(capsys, "-")
    assert (ran.code, "-, line 2" in ran.err) == (4, True)


def test_json__stdout_holds_it_alone_and_progress_goes_to_stderr(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "profile", "env", "--format", "json")
    assert json.loads(ran.out)["schema"] == "deadweight.profile/1"
    assert "measuring" in ran.err


def test_quiet__says_nothing_on_stderr(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "profile", "env", "--quiet")
    assert ran.err == ""
    assert ran.out


def test_help_and_version__are_reported_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert all(name in Ran(capsys, "--help").out for name in ("profile", "split", "verify", "why"))
    assert Ran(capsys, "--version").out == f"deadweight {deadweight.__version__}\n"


@pytest.mark.parametrize("name", ["profile", "split", "verify", "why"])
def test_command__help__exists(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, name, "--help")
    assert ran.code == 0
    assert "TARGET" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("env", "--format", "xml"), 2, "xml"),
        (
            ("profile", "env", "one-too-many"),
            2,
            "several targets are allowed only if all are package names, and env is not one",
        ),
        (("profile", "dw-a", "-"), 2, "and - is not one"),
        (("profil", "env"), 2, "did you mean 'deadweight profile'?"),
        (("splt", "good.txt"), 2, "did you mean 'deadweight split'?"),
        (("why",), 2, "NAME"),
        (("no-such-thing.txt",), 4, "no-such-thing.txt"),
        (("env:no-such-thing",), 4, "no-such-thing"),
        (("poetry.lock",), 4, "poetry.lock"),
        (("pyproject.toml",), 4, "pyproject.toml"),
        (("good.txt", "--extra", "x"), 4, "--extra does not apply to a requirements file"),
        (("good.txt", "--install", "--platform", "win_amd64"), 4, "--platform: cannot be used with --install"),
        (("good.txt", "--no-install", "--platform", "windows"), 2, "unknown platform 'windows'"),
        (("good.txt", "--no-install", "--swap", "a"), 2, "OLD=NEW"),
        (("good.txt", "--no-install", "--index", "=x"), 2, "NAME=URL"),
        (("good.txt", "--no-install", "--torch", "../x"), 2, "unknown PyTorch build"),
        (("good.txt", "--no-install", "--torch", "gpu"), 2, "unknown PyTorch build"),
        (("cache", "remove"), 2, "remove"),
        (("plain-directory",), 4, "neither a project nor an environment"),
        (("bad.txt",), 4, "bad.txt, line 2"),
        (("env", "--minimal-groups", "fun"), 2, "fun"),
        (("env", "-o", "no-such-directory/x.txt"), 4, "no-such-directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_run__user_error__says_what_and_exits_with_its_code(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, reason: str
) -> None:
    write_files(here, {"pyproject.toml": "[project]", "good.txt": "a\n"})
    write_files(here, {"poetry.lock": "", "plain-directory/notes.txt": "a\n", "bad.txt": "a\nb ==\n"})
    ran = Ran(capsys, *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert reason in ran.err


def test_output__file__is_written_and_not_overwritten_without_force(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = Ran(capsys, "env", "-q", "-o", "report.txt")
    assert (first.code, first.out) == (0, "")
    report = (here / "report.txt").read_text()
    assert report.startswith("env\n")
    (here / "report.txt").write_text("mine")
    refused = Ran(capsys, "env", "-q", "-o", "report.txt")
    assert refused.code == 4
    assert "--force" in refused.err
    assert (here / "report.txt").read_text() == "mine"
    assert Ran(capsys, "env", "-q", "-o", "report.txt", "--force").code == 0
    assert (here / "report.txt").read_text() == report
    assert sorted(path.name for path in here.iterdir()) == ["env", "report.txt"]


def test_config__of_the_working_directory__is_used(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(here, {"pyproject.toml": '[tool.deadweight.groups]\nml = ["a"]\n'})
    rows = json.loads(Ran(capsys, "env", "--format", "json").out)["distributions"]
    assert {row["name"]: row["group"] for row in rows} == {"a": "ml", "b": "ml", "pytest": "dev"}


def test_config__beside_the_target__is_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(here, {"env/pyproject.toml": "[tool.deadweight]\nno-such-key = 1\n"})
    assert Ran(capsys, "env").code == 0


def test_why__unknown_name__suggests_an_existing_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "why", "pytset", "env")
    assert (ran.code, ran.out) == (4, "")
    assert "did you mean pytest?" in ran.err


def test_why__name_in_another_spelling__is_found(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "why", "B", "env", "--format", "json")
    assert json.loads(ran.out)["held_by"] == ["a"]


def test_split__environment__writes_both_files_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Ran(capsys, "split", "env", "--output-dir", str(here)).code == 0
    for name in ("production", "minimal"):
        lines = (here / f"requirements-{name}.txt").read_text().splitlines()
        assert [line for line in lines if not line.startswith("#")] == ["a==2.0"]
    again = Ran(capsys, "split", "env", "--output-dir", str(here))
    assert again.code == 4
    assert "requirements-production.txt" in again.err
    assert Ran(capsys, "split", "env", "--output-dir", str(here), "--force").code == 0


def test_split__output_dir_that_is_missing__is_made(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Ran(capsys, "split", "env", "--output-dir", str(here / "new/deep")).code == 0
    assert (here / "new/deep/requirements-minimal.txt").exists()
    (here / "file").write_text("")
    assert Ran(capsys, "split", "env", "--output-dir", str(here / "file")).code == 4


def test_write_files__one_may_not_be_written__writes_none(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(WouldOverwrite):
        write_results({str(tmp_path / "a"): "x", str(tmp_path / "b"): "y"}, force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_write_files__directory_in_the_way__raises(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(BadInput, match="directory"):
        write_results({str(tmp_path / "a"): "x"}, force=True)


def test_cache__info_and_clear__show_the_entries(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEADWEIGHT_CACHE_DIR", str(here / "cache"))
    Cache().put(Archive(filename="a", url="", sha256="0" * 64), Contents(items=(), metadata=b""), verified=True)
    info = Ran(capsys, "cache", "info")
    assert (info.code, info.out.split(",")[0]) == (0, "1 file list of wheels and 0 image layers")
    assert str(here / "cache") in info.out
    reported = json.loads(Ran(capsys, "cache", "info", "--format", "json").out)
    assert (reported["schema"], reported["listings"]) == ("deadweight.cache/1", 1)
    assert "removed 1 file list of wheels and 0 image layers," in Ran(capsys, "cache", "clear").out
    assert json.loads(Ran(capsys, "cache", "info", "--format", "json").out)["listings"] == 0
