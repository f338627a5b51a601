"""The commands as people and scripts run them: a process, its streams, its exit code."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import dist_files, make_env, make_wheel, make_wheelhouse, write_files


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project: dw-app needs dw-lib, dw-tester is for tests; and an environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    make_wheelhouse(
        tmp_path / "wheels",
        make_wheel("dw-app", requires=["dw-lib"]),
        make_wheel("dw-lib"),
        make_wheel("dw-tester", headers=["Classifier: Framework :: Pytest"]),
    )
    make_env(tmp_path / "env", dist_files("a", requires=["b"], requested=True), dist_files("b"))
    return write_files(tmp_path, {"requirements.txt": "# runtime\ndw-app>=1  # the app\n\n# tests\ndw-tester\n"})


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deadweight", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_profile__requirements__json_alone_on_stdout(here: Path, offline: Path) -> None:
    done = run("requirements.txt", "--find-links", "wheels", "--format", "json", "--install")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert [row["name"] for row in found["distributions"]] == ["dw-app", "dw-lib", "dw-tester"]
    assert (found["target"]["location"], found["target"]["method"]) == ("requirements.txt", "install")
    assert [line.split()[0] for line in done.stderr.splitlines()][:3] == ["reading", "preparing", "resolving"]
    assert list(offline.iterdir()) == []


def test_profile__twice__tells_the_same(here: Path) -> None:
    first, second = (run("requirements.txt", "-f", "wheels", "--format", "json", "-q").stdout for _ in range(2))
    assert first == second
    assert first


def test_split__requirements__writes_both_files_beside_it(here: Path) -> None:
    done = run("split", "requirements.txt", "-f", "wheels")
    assert done.returncode == 0
    assert (here / "requirements-production.txt").read_text().endswith("# runtime\ndw-app>=1  # the app\n")
    assert "dw-tester" in done.stdout
    assert run("split", "requirements.txt", "-f", "wheels").returncode == 4
    pinned = run("split", "requirements.txt", "-f", "wheels", "--force", "--pin")
    assert pinned.returncode == 0
    assert (here / "requirements-production.txt").read_text().endswith("# runtime\ndw-app==1.0  # the app\n")


def test_why__requirements__shows_the_path(here: Path) -> None:
    done = run("why", "dw-lib", "requirements.txt", "-f", "wheels", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert "dw-app → dw-lib" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("env",), 0), (("env", "--no-such-option"), 2), (("no-such-file.txt",), 4), (("unknown.txt",), 5)],
    ids=["done", "usage", "bad-input", "installer"],
)
def test_exit_code(here: Path, arguments: tuple[str, ...], code: int) -> None:
    write_files(here, {"unknown.txt": "dw-no-such-project\n"})
    done = run(*arguments)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert (done.stdout == "") == (code != 0)


@pytest.mark.parametrize(
    ("variables", "colored"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_terminal__color__unless_it_is_not_wanted(here: Path, variables: dict[str, str], colored: bool) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "deadweight", "env", "-q"]
    with subprocess.Popen(command, stdout=theirs, env={**os.environ, **variables}) as running:
        os.close(theirs)
        shown = b""
        while True:
            try:
                chunk = os.read(ours, 1 << 16)
            except OSError:  # Linux: the other side has closed
                break
            if not chunk:
                break
            shown += chunk
    os.close(ours)
    assert running.returncode == 0
    assert b"total" in shown
    assert (b"\x1b[" in shown) == colored


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_stdout__that_cannot_show_everything__gets_a_report_all_the_same(
    here: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    command = [sys.executable, "-m", "deadweight", "env", "-q"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert b"total" in done.stdout


def test_pipe__closed_early__is_no_error(here: Path) -> None:
    command = [sys.executable, "-m", "deadweight", "env", "-q", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        said = running.stderr.read()
    assert (running.returncode, said) == (0, b"")


def test_requirements_from_a_pipe__are_read_and_installed(here: Path) -> None:
    command = f"{sys.executable} -m deadweight <(echo dw-lib) -f wheels -q --format json"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert [row["name"] for row in json.loads(done.stdout)["distributions"]] == ["dw-lib"]
