"""Builds reports and files of fleets, in sight."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from deadweight.model import Distribution
from deadweight.model.report import ImageFinding, ImageReport, LayerFacts, Report
from deadweight.sources.fleet.store import Fleet
from tests.builders import report_on

VERSION_1 = Path(__file__).with_name("fleet-version-1.sql")


def layer(
    digest: str,
    size: int = 100,
    *,
    wasted: int = 0,
    command: str = "RUN pip install",
    compressed: int | None = None,
) -> LayerFacts:
    return LayerFacts(
        digest=f"sha256:{digest}", command=command, files=1, apparent_bytes=size, wasted_bytes=wasted, hides_bytes=0,
        compressed_bytes=compressed,
    )  # fmt: skip


def wasteful(size: int, number: int = 1, rule: str = "DW504", name: str = "deleted-later") -> ImageFinding:
    """Return a finding in a layer."""
    return ImageFinding(
        rule=rule, name=name, layer=number, command="RUN pip install", line=None, hidden_by=None, apparent_bytes=size,
        files=1, names=(), paths=(), reason="a later layer deletes them", change="delete them earlier", sure=True,
        saves_bytes=size,
    )  # fmt: skip


def image_report(
    layers: Sequence[LayerFacts],
    *distributions: Distribution,
    where: Mapping[str, tuple[int, ...]],
    findings: Sequence[ImageFinding] = (),
) -> Report:
    """Return the report of an image; ``where``: key of a distribution → numbers of its layers."""
    report = report_on(*distributions)
    shipped, wasted = sum(each.apparent_bytes for each in layers), sum(each.wasted_bytes for each in layers)
    return replace(
        report,
        target=replace(report.target, kind="image"),
        image=ImageReport(
            layers=tuple(layers),
            shipped_bytes=shipped,
            wasted_bytes=wasted,
            efficiency=1.0,
            wasted=(),
            wasted_paths=(),
            findings=tuple(findings),
        ),
        distributions=tuple(replace(row, layers=where.get(row.key)) for row in report.distributions),
    )


def fleet_file(path: Path, *runs: Mapping[str, Report], complete: bool = False) -> Path:
    """Write a file with runs, each of targets with their reports; return its path."""
    with Fleet.open(str(path)) as fleet:
        for run in runs:
            number = fleet.begin("0.1", complete=complete)
            for target, report in run.items():
                fleet.add(number, target, report)
            fleet.finish(number)
    return path


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Return the rows of a statement."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def version_1(path: Path) -> Path:
    """Write a file as version 1 of the schema has it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))
        connection.execute("PRAGMA application_id = 0x64776674")
        connection.execute("PRAGMA user_version = 1")
    return path
