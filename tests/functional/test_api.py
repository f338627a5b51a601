"""The functions of the Python API do what the commands do, and write nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import deadweight
from deadweight import (
    Aims,
    Building,
    Checks,
    FleetMeasuring,
    FleetScope,
    Ignoring,
    Progress,
    Settings,
    Sharing,
    Starts,
    Trimming,
)
from deadweight.cli import _run
from deadweight.errors import BadInput
from deadweight.model.documents import Published
from tests.builders import dist_files, make_env, make_wheel, write_files
from tests.index_server import Server, index_of

WHEELS = [
    make_wheel("dw-web", requires=["dw-lib"], files={"dw_web/__init__.py": "w" * 300}),
    make_wheel("dw-lib", files={"dw_lib/__init__.py": "l" * 3000}),
    make_wheel("pytest", files={"pytest/__init__.py": "p" * 7000}),
]


@pytest.fixture
def server(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    write_files(
        tmp_path,
        {
            "requirements.txt": "dw-web\npytest\n",
            "main.py": "import dw_web\n",
            "Procfile": "web: python main.py\n",
            "other.txt": "dw-lib\n",
            "old.log": "x" * 90,
        },
    )
    make_env(tmp_path / "env", dist_files("a", files={"a/__init__.py": "", "a/tests/test_a.py": "t" * 800}))
    with Server(**index_of(WHEELS)) as server:
        yield server


# Command → the same call; {index} stands for the options of the index
CALLS: dict[str, Callable[[Settings], Published]] = {
    "plan requirements.txt {index} --base-size 1MB": lambda settings: (
        deadweight.plan("requirements.txt", settings, Aims(base_bytes=1_000_000)).report
    ),
    "services requirements.txt other.txt {index} --base-share 50%": lambda settings: (
        deadweight.services(["requirements.txt", "other.txt"], settings, Sharing(base_share=0.5))
    ),
    "dockerfile requirements.txt {index} --base-size 1MB --no-buildkit --output-dir out": lambda settings: (
        deadweight.dockerfile(
            "requirements.txt", settings, Building(base_bytes=1_000_000, buildkit=False, directory="out")
        ).report
    ),
    "dockerignore . --kinds logs": lambda _: deadweight.dockerignore(".", Ignoring(kinds=("logs",))),
    "trim env --kinds tests": lambda _: deadweight.trim("env", Trimming(kinds=("tests",))),
}  # fmt: skip


@pytest.mark.parametrize("command", CALLS, ids=lambda command: command.partition(" ")[0])
def test_function__same_options_as_the_command__returns_what_it_reports(
    server: Server, tmp_path: Path, command: str
) -> None:
    url = f"{server.url}/simple/"
    before = set(tmp_path.rglob("*"))
    report = CALLS[command](Settings.of(index_url=url, installer="pip"))
    assert set(tmp_path.rglob("*")) == before
    arguments = command.format(index=f"--index-url {url} --installer pip").split()
    assert _run([*arguments, "--format", "json", "-o", "report.json", "-q"], debug=False) == 0
    assert report.to_json() == Path("report.json").read_text()
    assert type(report).from_json(report.to_json()) == report
    assert len(repr(report)) < 200


def test_plan__files_of_a_level__are_those_that_apply_writes(server: Server) -> None:
    url = f"{server.url}/simple/"
    planned = deadweight.plan("requirements.txt", Settings.of(index_url=url, installer="pip"))
    files = planned.files("production", "out")
    arguments = ["--index-url", url, "--installer", "pip", "--apply", "production", "--output-dir", "out", "-q"]
    assert _run(["plan", "requirements.txt", *arguments], debug=False) == 0
    assert files == {str(path): path.read_text() for path in Path("out").iterdir()}
    assert "requirements-production.txt" in planned.files("production")
    of_environment = deadweight.plan("env")
    with pytest.raises(BadInput, match="alpine: the level is not taken: only requirements can be resolved"):
        of_environment.files("alpine")
    with pytest.raises(BadInput, match="smallest: unknown level"):
        planned.files("smallest")


def test_dockerfile__files__are_those_that_the_command_writes(server: Server) -> None:
    url = f"{server.url}/simple/"
    found = deadweight.dockerfile("requirements.txt", Settings.of(index_url=url, installer="pip"))
    arguments = ["--index-url", url, "--installer", "pip", "-q", "-o", "report.txt"]
    assert _run(["dockerfile", "requirements.txt", *arguments], debug=False) == 0
    assert found.files == {path: Path(path).read_text() for path in found.files}
    assert next(iter(found.files)) == "Dockerfile"


def test_dockerfile__target_in_another_directory__is_written_beside_it(server: Server) -> None:
    write_files(Path("app"), {"requirements.txt": "dw-lib\n", "main.py": "import dw_lib\n"})
    found = deadweight.dockerfile("app/requirements.txt", Settings.of(index_url=f"{server.url}/simple/"))
    assert {Path(path).parts[0] for path in found.files} == {"app"}


def test_imports__application__is_measured_and_progress_is_observed(server: Server) -> None:
    seen: list[Progress] = []
    settings = Settings.of(index_url=f"{server.url}/simple/", installer="pip")
    write_files(Path(), {"requirements.txt": "dw-lib\n", "main.py": "import dw_lib\n"})
    write_files(Path(), {"main.py": "value = 1\n"})
    report = deadweight.imports("requirements.txt", settings, Starts(entry="main", runs=1), observe=seen.append)
    assert (report.entry, report.runs, len(repr(report)) < 200) == ("main", 1, True)
    assert seen


def test_trim__applied_undone_and_discarded__reports_each(server: Server, tmp_path: Path) -> None:
    env = str(tmp_path / "real")
    assert (
        _run(["profile", "other.txt", "--index-url", f"{server.url}/simple/", "--keep-env", env, "-q"], debug=False)
        == 0
    )
    site = next(Path(env).glob("lib/python3*/site-packages"))
    tests = site / "dw_lib/tests/test_a.py"
    record = next(site.glob("dw_lib-*.dist-info/RECORD"))
    write_files(site, {"dw_lib/__init__.py": "", "dw_lib/tests/test_a.py": "t" * 800})
    record.write_text(record.read_text() + "dw_lib/tests/test_a.py,,\n")
    chosen = Trimming(kinds=("tests",), apply=True)
    applied = deadweight.trim(env, chosen)
    assert (applied.action, applied.files, tests.exists()) == ("apply", 1, False)
    undone = deadweight.trim_undo(env)
    assert (undone.action, undone.files, tests.exists()) == ("undo", 1, True)
    deadweight.trim(env, chosen)
    assert deadweight.trim_discard(env).action == "discard"
    with pytest.raises(BadInput, match="not trimmed"):
        deadweight.trim_undo(env)


def test_verify__checks__are_public(server: Server) -> None:
    settings = Settings.of(index_url=f"{server.url}/simple/", installer="pip")
    write_files(Path(), {"main.py": "import dw_lib, dw_web\n"})
    with pytest.raises(BadInput, match="no such file or directory"):
        deadweight.verify("requirements.txt", settings, Checks(against="missing.txt"))


def test_fleet__measured_and_added__is_reported_and_checked_as_by_the_commands(server: Server, tmp_path: Path) -> None:
    make_env(tmp_path / "repos/second", dist_files("b", files={"b/__init__.py": "b" * 5000}))
    first = deadweight.fleet_measure("fleet.db", ["env"], measuring=FleetMeasuring(cache=""))
    assert (first.run, first.targets, first.skipped, first.exit_code) == (1, 1, (), 0)
    assert _run(["profile", "repos/second", "--format", "json", "-o", "second.json", "-q"], debug=False) == 0
    added = deadweight.fleet_add("fleet.db", ["two=second.json"])
    assert (added.run, added.targets, added.skipped) == (2, 1, ())
    report = deadweight.fleet_report("fleet.db", FleetScope(rows=None))
    assert _run(["fleet", "report", "fleet.db", "--all", "--format", "json", "-o", "report.json"], debug=False) == 0
    assert report.to_json() == Path("report.json").read_text()
    checked = deadweight.fleet_check("fleet.db", {"two": {"max": "1kB"}}, {"deny": ("torch",)})
    assert [(each.target.location, each.holds) for each in checked.targets] == [("env", True), ("two", False)]
    assert {len(repr(each)) < 200 for each in (report, checked)} == {True}


def test_fleet_measure__same_arguments_as_the_command__continues_its_run(server: Server, tmp_path: Path) -> None:
    # The command and the function must describe a run alike.
    deadweight.fleet_measure("a.db", ["env"], measuring=FleetMeasuring(cache="", tags=None))
    assert _run(["fleet", "measure", "env", "-o", "b.db", "--tags", "all", "-q"], debug=False) == 0
    queries = [sqlite3.connect(name).execute("SELECT options FROM run").fetchall() for name in ("a.db", "b.db")]
    assert queries[0] == queries[1]


@pytest.mark.parametrize(
    ("settings", "measuring", "message"),
    [
        (Settings.of(keep_env="x"), None, "--keep-env: a fleet has many targets"),
        (Settings.of(no_install=False), None, "measured without installing"),
        (Settings.of(torch="cpu"), None, "--torch does not apply to an environment"),
        (None, FleetMeasuring(scheduler="tcp://127.0.0.1:1"), "need a cache that all of them reach"),
    ],
)
def test_fleet_measure__settings_that_mean_nothing__are_refused(
    server: Server, settings: Settings | None, measuring: FleetMeasuring | None, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        deadweight.fleet_measure("fleet.db", ["env"], settings, measuring)
    assert not Path("fleet.db").exists()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda: Starts(runs=0), "runs must be from 0.000001 to 1,000,000,000, not 0"),
        (lambda: Starts(seconds=-1), "seconds must be from 0.000001 to 1,000,000,000, not -1"),
        (lambda: Trimming(seconds=0), "seconds must be from"),
        (lambda: Checks(seconds=0), "seconds must be from"),
        (lambda: Sharing(base_share=50), "base_share must be at most 1, not 50"),
        (lambda: Building(installer="conda"), "unknown installer 'conda'"),  # type: ignore[arg-type]
        (lambda: FleetMeasuring(tags=0), "tags must be from"),
        (lambda: FleetMeasuring(connections=0), "connections must be from"),
        (lambda: FleetMeasuring(rate=-0.5), "rate must be from 0.000001 to 1,000,000,000, not -0.5"),
    ],
)
def test_options__out_of_range__are_refused(value: Callable[[], object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        value()
