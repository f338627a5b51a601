"""A saved report as a target: what it was measured from is not needed any more."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.builders import dist_files, make_env, write_files


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with an environment that a report was saved of, and that is gone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    app = dist_files("app", requires=["lib>=1"], requested=True)
    make_env(tmp_path / "env", app, dist_files("lib", "2.0"), dist_files("pytest", requested=True))
    (tmp_path / "before.txt").write_text(run("profile", "env").stdout)
    assert run("profile", "env", "--format", "json", "-o", "saved.json").returncode == 0
    shutil.rmtree(tmp_path / "env")
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deadweight", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_profile__saved_report__shows_what_was_measured(here: Path) -> None:
    done = run("profile", "saved.json")
    assert (done.returncode, done.stdout) == (0, (here / "before.txt").read_text())
    again = run("saved.json", "--format", "json")
    assert again.stdout == (here / "saved.json").read_text()


def test_why__saved_report__finds_the_paths(here: Path) -> None:
    done = run("why", "lib", "saved.json")
    assert done.returncode == 0
    assert "app → lib>=1" in done.stdout


def test_split__saved_report__writes_its_requirements(here: Path) -> None:
    done = run("split", "saved.json", "--output-dir", "out")
    assert done.returncode == 0
    lines = (here / "out/requirements-production.txt").read_text().splitlines()
    assert lines == ["# production: made by deadweight from a report of env", "app==1.0"]


def test_split__saved_report_of_unpinned_requirements__pins_what_was_measured(here: Path) -> None:
    values = json.loads((here / "saved.json").read_text())
    values["splits"]["production"]["requirements"] = ["lib>=1 ; python_version > '3'", "app[x]"]
    write_files(here, {"other.json": json.dumps(values, indent=1)})
    assert run("split", "other.json", "--output-dir", "out", "--pin").returncode == 0
    lines = (here / "out/requirements-production.txt").read_text().splitlines()
    assert lines[1:] == ['lib==2.0 ; python_version > "3"', "app[x]==1.0"]


def test_split__saved_report_with_redacted_credentials__is_refused(here: Path) -> None:
    values = json.loads((here / "saved.json").read_text())
    values["splits"]["production"]["requirements"] = ["app @ https://****@host/app.whl"]
    write_files(here, {"other.json": json.dumps(values, indent=1)})
    done = run("split", "other.json", "--output-dir", "out")
    assert done.returncode == 4
    assert "credentials" in done.stderr
    assert not (here / "out").exists()


@pytest.mark.parametrize("option", [("--torch", "cpu"), ("--no-install",), ("--keep", "x"), ("--source", ".")])
def test_profile__option_that_would_measure_anew__is_refused(here: Path, option: tuple[str, ...]) -> None:
    done = run("profile", "saved.json", *option)
    assert done.returncode == 4
    assert f"{option[0]} does not apply to a saved report" in done.stderr


def test_verify__saved_report__is_refused(here: Path) -> None:
    write_files(here, {"application/main.py": "import app\n"})
    done = run("verify", "saved.json", "--source", "application")
    assert done.returncode == 4
    assert "saved report" in done.stderr


@pytest.mark.parametrize(
    "text", ['{"schema": "deadweight.profile/9"}', '{\n "schema": "deadweight.profile/1",\n "x": [', "{"]
)
def test_profile__broken_report__is_refused_without_a_traceback(here: Path, text: str) -> None:
    write_files(here, {"broken.json": text})
    done = run("profile", "broken.json")
    assert done.returncode == 4
    assert "Traceback" not in done.stderr


def test_schema__is_valid_and_holds_for_reports(here: Path) -> None:
    schema = json.loads(run("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((here / "saved.json").read_text()), schema)
