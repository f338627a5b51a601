"""FleetReport → its formats."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from deadweight.errors import BadInput
from deadweight.fleet.rows import DUPLICATE
from deadweight.fleet.values import Failure
from deadweight.model.report.fleet import FleetReport, RuleWaste
from deadweight.operations.fleet.reporting import fleet_report
from deadweight.proof.remarks import Kind
from deadweight.report.fleet import FLEET_FORMATS, render_fleet
from deadweight.report.view import View
from deadweight.sources.fleet.store import Fleet
from tests.builders import bare
from tests.fleets import fleet_file, image_report, layer, wasteful

MB = 10**6
HOSTILE = "=cmd()|<script>alert(1)</script>\x1b[31m`*a*`"


def built(directory: Path, name: str = "a:1") -> FleetReport:
    """Return the report of two runs on two images and a target that fails."""
    base, pytest_ = layer("base", 9 * MB, command=f"FROM {name}"), bare("pytest", 3 * MB, requested=True)
    runs = [
        {
            target: image_report(
                [base, layer(target + version, 5 * MB, command=f"RUN {name}")], bare("numpy", 2 * MB, version=version),
                pytest_, where={"numpy": (1,), "pytest": (0, 1)}, findings=[wasteful(MB)],
            )
            for target in (name, "b:1")
        }
        for version in ("1.0", "2.0")
    ]  # fmt: skip
    path = fleet_file(directory / "f.db", *runs)
    with Fleet.open(str(path)) as fleet:
        fleet.add(2, f"failed {name}", Failure(reason=f"refused {name}", exit_code=5))
    return fleet_report(str(path))


def test_text__report__reads_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = render_fleet(built(Path()), "text", (), View(width=80))
    lines = text.splitlines()
    assert lines[0].startswith("f.db, run 2 of 2")
    assert "targets                      3  2 measured; 1 failed and never measured" in lines
    assert "images                       2  0 share no layer with another" in lines
    assert "stored                 19.0 MB  3 layers, each once; unpacked" in lines
    assert "drop pytest, which production does not need      2        2  6.00 MB   3.00 MB" in lines
    assert "10.0 MB → 10.0 MB (unchanged); 0 came, 0 went, 2 changed." in lines
    assert max(map(len, lines)) <= 80


def test_text__target_that_failed_again__is_one_of_those_measured(tmp_path: Path) -> None:
    built(tmp_path)
    with Fleet.open(str(tmp_path / "f.db")) as fleet:
        fleet.add(fleet.begin("0.1"), "b:1", Failure(reason="refused", exit_code=5))
    text = render_fleet(fleet_report(str(tmp_path / "f.db")), "text", (), View(width=200))
    assert "3  2 measured, 1 of them only by an earlier run; 1 failed and never measured" in text


@pytest.mark.parametrize("form", FLEET_FORMATS)
def test_formats__hostile_names__come_out_inert(tmp_path: Path, form: str) -> None:
    text = render_fleet(built(tmp_path, HOSTILE), form, (), View(width=120))
    assert "\x1b" not in text
    if form in ("html", "markdown"):
        assert "<script>alert" not in text.replace("`", "") or form == "markdown"
    if form == "markdown":
        assert "&#60;script" in text


@pytest.mark.parametrize("form", ["text", "markdown", "html", "csv"])
@pytest.mark.parametrize("section", ["", "trend", "trend-distributions", "runs"])
def test_formats__hostile_times_of_runs__come_out_inert(tmp_path: Path, form: str, section: str) -> None:
    built(tmp_path)
    with closing(sqlite3.connect(tmp_path / "f.db")) as connection:
        connection.execute("UPDATE run SET started = ?", ("\x1b[31m<script>",))
        connection.commit()
    text = render_fleet(fleet_report(str(tmp_path / "f.db")), form, (section,) if section else (), View(width=120))
    assert "\x1b" not in text
    if form != "csv":
        assert "<script>" not in text or form == "text"


def test_html__report__allows_nothing_but_its_style(tmp_path: Path) -> None:
    page = render_fleet(built(tmp_path), "html", (), View())
    assert "default-src 'none'; style-src 'sha256-" in page.replace("&#39;", "'")
    assert "<script" not in page
    assert page.count("<table") == page.count("</table>") >= 8


def test_csv__sections__are_tables_of_bytes(tmp_path: Path) -> None:
    report = built(tmp_path, HOSTILE)
    rows = list(csv.DictReader(io.StringIO(render_fleet(report, "csv", (), View()))))
    assert [(row["name"], row["apparent_bytes"]) for row in rows] == [("pytest", "6000000"), ("numpy", "4000000")]
    trend = csv.DictReader(io.StringIO(render_fleet(report, "csv", ("trend",), View())))
    assert sorted(row["target"][:9] for row in trend) == ["'=cmd()|<", "b:1"]
    (failed,) = csv.DictReader(io.StringIO(render_fleet(report, "csv", ("failures",), View())))
    assert failed["target"].startswith("failed =cmd()")
    with pytest.raises(BadInput, match="only one section"):
        render_fleet(report, "csv", ("dev", "runs"), View())


def test_section__one__is_shown_alone(tmp_path: Path) -> None:
    report = built(tmp_path)
    for form in ("text", "markdown", "html"):
        text = render_fleet(report, form, ("runs",), View())
        assert "Most expensive" not in text
        assert "Runs" in text


@pytest.mark.parametrize("kind", [*get_args(Kind), DUPLICATE])
def test_rules__kind_without_a_name_of_its_own__says_what_it_finds(tmp_path: Path, kind: str) -> None:
    rule = RuleWaste(rule=kind, name=kind, findings=1, apparent_bytes=1, stored_bytes=1)
    report = replace(built(tmp_path), rules=(rule,))
    assert "Findings by rule" in render_fleet(report, "text", ("rules",), View())
    (row,) = csv.DictReader(io.StringIO(render_fleet(report, "csv", ("rules",), View())))
    assert row["name"]


def test_json__report__round_trips(tmp_path: Path) -> None:
    report = built(tmp_path, HOSTILE)
    assert FleetReport.from_json(render_fleet(report, "json", (), View())) == report
