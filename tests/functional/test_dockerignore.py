"""deadweight dockerignore on real directories: what it proposes, writes and says."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from deadweight.model.report.builds.dockerignore import DockerignoreReport
from deadweight.operations.dockerignore import dockerignore
from tests.contexts import write_tree

APPLICATION: dict[str, str | bytes] = {
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/objects/aa/bb": b"x" * 50_000,
    ".venv/pyvenv.cfg": "home = /usr\n",
    ".venv/lib/big.so": b"x" * 900_000,
    ".env": "TOKEN=1\n",
    ".env.example": "TOKEN=\n",
    "Dockerfile": "FROM python:3.12-slim\nCOPY dist/*.whl /tmp/\nRUN pip install /tmp/*.whl\nCOPY . /app\n",
    "pyproject.toml": '[project]\nname = "app"\nreadme = "docs/README.md"\n',
    "app/__init__.py": "",
    "app/__pycache__/main.pyc": b"x" * 3_000,
    "app/main.py": 'import pandas\nf = pandas.read_csv("data/in.csv")\n',
    "data/in.csv": b"x" * 2_000_000,
    "dist/app-1.0-py3-none-any.whl": b"x" * 10_000,
    "dist/app-1.0.tar.gz": b"x" * 20_000,
    "docs/README.md": "# App\n",
    "docs/guide.md": b"x" * 4_000,
    "tests/test_main.py": "def test(): ...\n",
    "weights.pt": b"x" * 5_000_000,
}


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return write_tree(tmp_path / "app", APPLICATION)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deadweight", "dockerignore", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def report(*arguments: str) -> DockerignoreReport:
    done = run(*arguments, "--format", "json", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    jsonschema.validate(json.loads(done.stdout), DockerignoreReport.json_schema())
    return DockerignoreReport.from_json(done.stdout)


def lines(found: DockerignoreReport) -> set[str]:
    return {line for rule in found.rules for line in rule.lines}


def test_dockerignore__application__proposes_what_no_image_needs(application: Path) -> None:
    found = report("app")
    assert lines(found) == {
        "**/.git", ".venv", ".env", "**/__pycache__", "dist", "!dist/*.whl", "Dockerfile", ".dockerignore",
    }  # fmt: skip
    assert {rule.lines[0]: rule.certainty for rule in found.suggestions} == dict.fromkeys(
        ("tests", "weights.pt", "docs"), "possible"
    )
    assert [rule.lines for rule in found.suggestions if rule.kind == "docs"] == [("docs", "!docs/README.md")]
    assert [(kept.path, kept.reason) for kept in found.kept] == [("data", "app/main.py:2 names it")]
    total = sum(len(content) for content in APPLICATION.values())
    assert found.before.apparent_bytes == found.directory.apparent_bytes == total
    assert found.after.apparent_bytes == total - sum(rule.apparent_bytes for rule in found.rules)
    assert not list((application).glob(".dockerignore"))


def test_dockerignore__text__says_what_goes_and_what_to_run(application: Path) -> None:
    done = run("app", "-q")
    assert done.stdout.startswith(
        "The build context of app is 7.99 MB in 18 files; it would be 7.01 MB in 10 files, 12 % less.\n"
    )
    assert "--kinds +tests,docs,models" in done.stdout
    assert done.stdout.endswith("To write app/.dockerignore, run: deadweight dockerignore app --write\n")
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_dockerignore__options__are_part_of_the_command_that_writes(application: Path) -> None:
    given = ["--file", "app/Dockerfile", "--build-arg", "A=b c", "--build-arg", "D=e", "--kinds", "+tests,data"]
    done = run("app", *given, "-q")
    command = f"deadweight dockerignore {shlex.join(['app', *given])} --write"
    assert f"To write app/.dockerignore, run: {command}" in done.stdout.replace("\n  ", " ")


def test_write__twice__adds_nothing_more(application: Path) -> None:
    assert run("app", "--write").returncode == 0
    file = application / ".dockerignore"
    written = file.read_text()
    assert "# Secrets: everyone who can pull the image can read them" in written
    again = run("app", "--write")
    assert (again.returncode, again.stderr.splitlines()[-1]) == (0, "app/.dockerignore: nothing to add")
    assert file.read_text() == written
    assert report("app").before == report("app").after


def test_write__text__says_what_was_written(application: Path) -> None:
    done = run("app", "--write", "-q").stdout
    assert done.startswith(
        "The build context of app was 7.99 MB in 18 files; it is now 7.01 MB in 10 files, 12 % less.\n"
    )
    assert done.endswith("\nWrote app/.dockerignore.\n")
    added = run("app", "--write", "--force", "--kinds", "+models", "-q").stdout
    assert added.startswith("The build context of app was 7.01 MB in 10 files (app/.dockerignore left out 974 kB)")
    assert "; it is now 2.01 MB in 9 files, " in added.replace("\n  ", " ")
    assert added.endswith("\nAdded these lines to app/.dockerignore.\n")
    assert "--write" not in done + added


def test_output_dir__text__says_what_would_change_in_the_context(application: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    done = run("app", "--output-dir", "out", "-q").stdout
    assert "it would be" in done
    assert done.endswith("\nWrote out/.dockerignore.\n")


def test_write__existing_file__is_extended_with_force_alone(application: Path) -> None:
    file = application / ".dockerignore"
    own = b"# mine\r\n\r\n*.log\r\n!keep.log\r\ncaf\xe9\r\n"
    file.write_bytes(own)
    done = run("app", "--write", "-q")
    assert done.returncode == 4
    assert done.stderr == (
        "error: app/.dockerignore already exists\n"
        "hint: use --force to add the lines to it; its own lines stay as they are\n"
    )
    assert file.read_bytes() == own
    assert run("app", "--write", "--force", "-q").returncode == 0
    assert file.read_bytes().startswith(own)
    assert file.read_bytes().endswith(b"\r\n.env\r\n") or b"\r\n.env\r\n" in file.read_bytes()
    assert b"\n" not in file.read_bytes().replace(b"\r\n", b"")


def test_write__output_dir__leaves_the_context_alone(application: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert run("app", "--output-dir", "out", "-q").returncode == 0
    assert (tmp_path / "out/.dockerignore").read_text() == report("app").text
    assert not (application / ".dockerignore").exists()
    assert run("app", "--output-dir", "out", "-q").returncode == 4


def test_kinds__plus__adds_to_the_default(application: Path) -> None:
    assert lines(report("app", "--kinds", "+models,tests")) == lines(report("app")) | {"weights.pt", "tests"}
    assert lines(report("app", "--kinds", "caches")) == {"**/__pycache__"}


def test_kinds__unknown__is_refused(application: Path) -> None:
    done = run("app", "--kinds", "x")
    assert done.returncode == 2
    assert "unknown kind 'x' (choose from version-control, environments," in done.stderr


def test_file__own_ignore_file__takes_precedence(application: Path) -> None:
    write_tree(
        application,
        {"ai.Dockerfile": "FROM scratch\nCOPY weights.pt .env /x/\n", "ai.Dockerfile.dockerignore": "tests\n"},
    )
    found = report("app", "-f", "app/ai.Dockerfile", "--kinds", "+models,tests,docs")
    assert (found.ignore_file, found.dockerfiles) == ("app/ai.Dockerfile.dockerignore", ("ai.Dockerfile",))
    assert {"dist", "docs"} <= lines(found)
    assert not {".env", "weights.pt", "tests", "!dist/*.whl"} & lines(found)
    every = report("app")
    assert every.ignore_file == "app/.dockerignore"
    assert ".env" not in lines(every)
    assert any("ai.Dockerfile.dockerignore" in warning for warning in every.warnings)
    assert any(".env stays in the context, and may contain secrets" in warning for warning in every.warnings)


def test_build_arg__value__names_what_is_copied(application: Path) -> None:
    write_tree(application, {"Dockerfile": "FROM scratch\nARG FILE\nCOPY $FILE /x\n"})
    assert any("use --build-arg" in warning for warning in report("app").warnings)
    assert "dist" in lines(report("app", "--build-arg", "FILE=x"))
    assert "dist" not in lines(report("app", "--build-arg", "FILE=dist"))
    assert run("app", "--build-arg", "FILE").returncode == 2


def test_dockerignore__copied_file_that_is_ignored__is_a_warning(application: Path) -> None:
    write_tree(application, {".dockerignore": "*.toml\n", "Dockerfile": "FROM scratch\nCOPY pyproject.toml /x\n"})
    assert (
        "copies pyproject.toml, which app/.dockerignore ignores, so that the build fails" in report("app").warnings[0]
    )


def test_dockerignore__dockerfile_that_is_no_text__is_a_warning(application: Path) -> None:
    write_tree(application, {"x/Dockerfile.bin": b"\0", "y/Dockerfile": "FROM scratch\nCOPY .env /\n"})
    found = report("app")
    assert (
        found.warnings[0] == "app/x/Dockerfile.bin is not a text: it contains null bytes, so what it copies is unknown"
    )
    assert ".env" not in lines(found)


@pytest.mark.parametrize(
    ("files", "gone"),
    [
        ({"pyproject.toml": '[build-system]\nrequires = ["setuptools-scm"]\n'}, {"**/.git"}),
        ({"Dockerfile": "FROM x\nCOPY . .\nRUN git describe > version\n"}, {"**/.git"}),
        ({"Dockerfile": "FROM x\nRUN --mount=type=bind,source=.git,target=.git make\n"}, {"**/.git"}),
        ({"Dockerfile": "FROM x\nCOPY . .\nRUN pip install dist/app.whl\n"}, {"dist"}),
        ({"requirements.txt": "dist/app-1.0.tar.gz\n"}, {"dist"}),  # which is all that is left in it
        ({"app/main.py": 'import os\nopen(".env")\n'}, {".env"}),
        ({"app/main.py": 'load_dotenv(".env")\n'}, set()),
        ({"Dockerfile": "FROM x\nCOPY */HEAD /x/\n"}, {"**/.git"}),
        ({"Dockerfile": "FROM x\nCOPY */missing /x/\n"}, set()),
        ({"setup.cfg": "[flake8]\nexclude = */HEAD\n"}, set()),
        ({"app/main.py": 'SKIPPED = {".git", "__pycache__"}\n'}, set()),
    ],
)
def test_dockerignore__what_the_build_or_code_needs__stays(
    application: Path, files: dict[str, str], gone: set[str]
) -> None:
    before = {rule.lines[0] for rule in dockerignore("app").rules}
    write_tree(application, files)
    assert before - {rule.lines[0] for rule in dockerignore("app").rules} == gone


def test_dockerignore__needed_file_in_a_directory__is_an_exception(application: Path) -> None:
    needing = {"requirements.txt": "dist/app-1.0.tar.gz\n", "app/main.py": 'open(".git/HEAD")\n'}
    write_tree(application, needing | {"dist/old.tar.gz": "x"})
    assert {"dist", "!dist/app-1.0.tar.gz", "!dist/*.whl", ".git", "!.git/HEAD"} <= lines(dockerignore("app"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[\n", "line 1: invalid brackets: ["),
        ("a\n!\n", "line 2: an exception without a pattern: !"),
        ("a\0b", "null bytes"),
    ],
)
def test_dockerignore__file_that_docker_rejects__is_bad_input(application: Path, content: str, message: str) -> None:
    (application / ".dockerignore").write_text(content)
    done = run("app", "-q")
    assert done.returncode == 4
    assert message in done.stderr


def test_dockerignore__ignore_file_is_a_directory__is_bad_input(application: Path) -> None:
    (application / ".dockerignore").mkdir()
    assert run("app", "-q").stderr == "error: app/.dockerignore is not a file\n"


def test_dockerignore__hostile_names__are_escaped_in_file_and_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["!x", "#x", " x ", "a*[b]?", "a\\b", "e\x1b[31m", os.fsdecode(b"caf\xe9"), "n\nl"]
    write_tree(
        tmp_path, {f"{name}/.env": "1" for name in names} | {"Dockerfile": "FROM scratch\nCOPY . /\n", "keep": "2"}
    )
    done = run("--write", "-q")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    found = dockerignore(".")
    assert not found.rules
    assert {kept.path for kept in found.kept} == {"n\nl/.env"}
    assert (found.after.files, found.directory.files) == (2, 11)


def test_dockerignore__directory_missing__is_bad_input(tmp_path: Path) -> None:
    done = run(str(tmp_path / "none"))
    assert done.returncode == 4
    assert "cannot list" in done.stderr
