"""``deadweight fleet`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from deadweight.model.report.fleet import FleetReport
from deadweight.model.report.fleet.query import QueryResult
from tests.builders import bare, report_on
from tests.fleets import rows


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two reports of requirements files with one location."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "reports" / "team").mkdir(parents=True)
    for name, size in (("api", 10), ("team/web", 20)):
        report = report_on(bare("a", size), lines="a", location="requirements.txt")
        (tmp_path / "reports" / f"{name}.json").write_text(report.to_json(), "utf-8")
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deadweight", "fleet", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_add__files_with_names__adds_a_run(here: Path) -> None:
    ran = run("add", "f.db", "reports/api.json", "web=reports/team/web.json")
    assert (ran.returncode, ran.stdout) == (0, "f.db: added 2 targets (run 1)\n")
    assert rows(here / "f.db", "SELECT target, apparent_bytes FROM targets ORDER BY target") == [
        ("requirements.txt", 10),
        ("web", 20),
    ]
    assert run("add", "f.db", "web=reports/api.json").stdout == "f.db: added 1 target (run 2)\n"
    assert rows(here / "f.db", "SELECT apparent_bytes FROM targets WHERE target = 'web'") == [(10,)]


def test_add__directory__adds_what_is_in_it_by_file(here: Path) -> None:
    assert run("add", "f.db", "reports", "--names", "file").returncode == 0
    assert rows(here / "f.db", "SELECT target FROM targets ORDER BY target") == [("api",), ("team/web",)]


def test_add__two_reports_of_one_target__names_the_second(here: Path) -> None:
    ran = run("add", "f.db", "reports")
    assert ran.returncode == 4
    assert ran.stdout == "f.db: added 1 target (run 1)\n"
    assert "reports/team/web.json was not added: another report is of the target requirements.txt" in ran.stderr


def test_add__bad_report__adds_the_others(here: Path) -> None:
    (here / "bad.json").write_text(json.dumps({"schema": "deadweight.diff/1"}), "utf-8")
    ran = run("add", "f.db", "bad.json", "reports/api.json")
    assert ran.returncode == 4
    assert ran.stdout == "f.db: added 1 target (run 1)\n"


def test_add__complete__others_are_gone(here: Path) -> None:
    run("add", "f.db", "reports", "--names", "file")
    run("add", "f.db", "api=reports/api.json", "--complete")
    assert rows(here / "f.db", "SELECT target FROM targets") == [("api",)]


def test_add__complete_with_a_bad_report__others_stay(here: Path) -> None:
    run("add", "f.db", "reports", "--names", "file")
    (here / "bad.json").write_text("{", "utf-8")
    ran = run("add", "f.db", "--complete", "api=reports/api.json", "team/web=bad.json")
    assert ran.returncode == 4
    assert "warning: not all reports were added, so the other targets stay" in ran.stderr
    assert rows(here / "f.db", "SELECT target FROM targets ORDER BY target") == [("api",), ("team/web",)]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["f.db", "missing.json"], "error: missing.json: no such file or directory"),
        (["reports/api.json", "reports/api.json"], "error: reports/api.json is not the file of a fleet"),
        (["no/f.db", "reports/api.json"], "error: cannot open no/f.db: no: no such directory"),
        (["f.db", "x=reports"], "error: reports is a directory, and x names one report"),
    ],
)
def test_add__bad_input__says_why(here: Path, arguments: list[str], error: str) -> None:
    ran = run("add", *arguments)
    assert ran.returncode == 4
    assert ran.stderr.splitlines()[0] == error


def test_report__of_saved_reports__names_what_costs_most(here: Path) -> None:
    run("add", "f.db", "reports", "--names", "file")
    ran = run("report", "f.db", "--quiet")
    assert ran.returncode == 0
    assert "targets                    2\n" in ran.stdout
    assert "Most expensive distributions" in ran.stdout
    assert run("report", "f.db", "--format", "csv").stdout.splitlines() == [
        "name,versions,copies,apparent_bytes,stored_bytes,dev_bytes",
        "a,1,2,30,30,0",
    ]


def test_report__json__matches_its_schema(here: Path) -> None:
    run("add", "f.db", "reports", "--names", "file")
    run("add", "f.db", "api=reports/team/web.json")
    result = json.loads(run("report", "f.db", "--format", "json").stdout)
    jsonschema.validate(result, FleetReport.json_schema())
    assert result["trend"]["targets"] == [{"target": "api", "before_bytes": 10, "after_bytes": 20}]


def test_report__not_a_fleet__is_bad_input(here: Path) -> None:
    ran = run("report", "reports/api.json")
    assert ran.returncode == 4
    assert ran.stderr.splitlines()[-2:] == [
        "error: reports/api.json is not the file of a fleet",
        "hint: choose another path",
    ]
    missing = run("report", "missing.db")
    assert missing.returncode == 4
    assert "hint: create it with deadweight fleet measure TARGET... -o FILE, or" in missing.stderr


def test_query__formats_and_limit(here: Path) -> None:
    run("add", "f.db", "reports", "--names", "file")
    select = "SELECT target, apparent_bytes FROM targets ORDER BY target"
    ran = run("query", "f.db", select, "--limit", "1")
    assert ran.stdout.splitlines() == ["target  apparent_bytes", "api                 10"]
    assert ran.stderr == "only the first 1 rows are shown; use --limit to show more\n"
    assert run("query", "f.db", select, "--format", "csv").stdout == "target,apparent_bytes\napi,10\nteam/web,20\n"
    result = json.loads(run("query", "f.db", select, "--format", "json").stdout)
    jsonschema.validate(result, QueryResult.json_schema())
    assert result["rows"] == [["api", 10], ["team/web", 20]]


def test_query__that_writes__is_refused(here: Path) -> None:
    run("add", "f.db", "reports", "--names", "file")
    ran = run("query", "f.db", "DELETE FROM run")
    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr.splitlines() == [
        "error: the query may only read this file: not authorized",
        "hint: queries may only read: use one SELECT statement",
    ]


def test_check__configured_by_pattern__exits_with_3(here: Path) -> None:
    run("add", "f.db", "reports", "--names", "file")
    (here / "pyproject.toml").write_text('[tool.deadweight.fleet."team/*"]\nmax = "15B"\n', "utf-8")
    ran = run("check", "f.db", "--quiet")
    assert ran.returncode == 3
    assert ran.stdout.splitlines() == [
        "team/web",
        "  FAIL  max  20 B, limit 15B, 5 B over",
        "        a 1.0: 20 B",
        "        fix: drop the requirement a (saves 20 B)",
        "",
        "f.db is over its budgets: 1 of 1 target failed",
        "1 target without a budget",
    ]
    assert run("check", "f.db", "--max", "1kB").returncode == 0


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("[tool.deadweight]\nfleet = 1", "tool.deadweight.fleet must be a table"),
        ('[tool.deadweight.fleet]\nmax = "1MB"', 'tool.deadweight.fleet."max" must be a table'),
        ('[tool.deadweight.fleet."*"]\nmaximum = "1MB"', "unknown key 'maximum' in tool.deadweight.fleet.\"*\""),
        ('[tool.deadweight.fleet."*"]\nmax = "1XB"', "'1XB' is not a size"),
        ('[tool.deadweight.fleet."*"]\nbaseline = "x"', "compared with its own earlier result"),
    ],
)
def test_check__wrong_configuration__says_where(here: Path, config: str, message: str) -> None:
    run("add", "f.db", "reports/api.json")
    (here / "pyproject.toml").write_text(config, "utf-8")
    ran = run("check", "f.db", "--quiet")
    assert ran.returncode == 4
    assert message in ran.stderr.splitlines()[0]


@pytest.mark.parametrize("option", ["--run", "--since"])
@pytest.mark.parametrize("command", ["report", "check"])
def test_runs__number_that_sqlite_cannot_hold__is_a_usage_error(here: Path, command: str, option: str) -> None:
    assert run(command, "f.db", option, "9" * 20).returncode == 2
