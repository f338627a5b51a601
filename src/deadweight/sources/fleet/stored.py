"""The file of a fleet → reports of its targets, as far as the file has them: to judge them by a budget.

Requirements between distributions are not stored, nor are evidence and paths.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from deadweight.fleet import figures
from deadweight.model.groups import Group
from deadweight.model.report import (
    ArchiveUsed,
    Cuda,
    EnvironmentFacts,
    ImageFinding,
    ImageReport,
    LayerFacts,
    Measured,
    Overlap,
    Report,
    Row,
    SplitReport,
    TargetFacts,
    Totals,
)
from deadweight.model.report.sizes import Size
from deadweight.model.tree import Skipped
from deadweight.sources.fleet.files import reading
from deadweight.sources.fleet.records import record, records

_RESULT = """
SELECT kind, method, version, python, platform, distributions, unmeasured, files, apparent_bytes, disk_bytes,
  native_bytes, bytecode_bytes, unowned_bytes, required_bytes, download_bytes, shipped_bytes, wasted_bytes
FROM result WHERE id = ?"""
_INSTALLED = """
SELECT installed.number, project.name, version.text, group_name, sure, direct, production, files, apparent_bytes,
  native_bytes, bytecode_bytes, download_bytes, retained_bytes, freed_bytes
FROM installed JOIN version ON version.id = installed.version JOIN project ON project.id = version.project
WHERE result = ? ORDER BY installed.number"""
_LAYERS = """
SELECT digest, command, files, apparent_bytes, wasted_bytes, hides_bytes, NULL, compressed_bytes
FROM image_layer JOIN layer ON layer.id = image_layer.layer WHERE result = ? ORDER BY number"""
# Findings in code, and duplicate libraries, have no change.
_FINDINGS = """
SELECT finding.number, rule, rule_name, name, sure, command, COALESCE(finding.wasted_bytes, 0), reason, change, line,
  COALESCE((
    SELECT MIN(number) FROM image_layer
    WHERE image_layer.result = finding.result AND image_layer.layer = finding.layer
  ), 0)
FROM finding JOIN layer ON layer.id = finding.layer
WHERE finding.result = ? AND change IS NOT NULL ORDER BY finding.number"""
_OVERLAPS = """
SELECT number, finding, earlier, apparent_bytes FROM finding_overlap WHERE result = ? ORDER BY number, earlier"""
_SPLITS = "SELECT name, apparent_bytes, saved_bytes FROM split WHERE result = ?"
_SKIPPED = "SELECT name, reason, exit_code FROM skipped WHERE result = ? ORDER BY number"


_ExitCode = Annotated[int, Meta(ge=0, le=5)]


class State(NamedTuple):
    """A target in a state: its name, its result, and why its last measurement failed; None for neither."""

    name: str
    result: int | None
    failure: str | None
    exit_code: _ExitCode


# --- rows, with the columns of the statements -------------------------------------------------------


class _Result(NamedTuple):
    kind: Literal["requirements", "environment", "image", "container"]
    method: Literal["files", "install", "wheels"]
    version: str
    python: str | None
    platform: str | None
    distributions: Size
    unmeasured: Size
    files: Size
    apparent_bytes: Size
    disk_bytes: Size | None
    native_bytes: Size
    bytecode_bytes: Size
    unowned_bytes: Size
    required_bytes: Size
    download_bytes: Size | None
    shipped_bytes: Size | None
    wasted_bytes: Size | None


class _Installed(NamedTuple):
    number: int
    name: str
    version: str | None
    group: Group
    sure: bool
    direct: bool
    production: bool
    files: Size
    apparent_bytes: Size
    native_bytes: Size
    bytecode_bytes: Size
    download_bytes: Size | None
    retained_bytes: Size
    freed_bytes: Size | None


class _Finding(NamedTuple):
    number: int
    rule: str
    rule_name: str
    name: str
    sure: bool
    command: str
    size: Size
    reason: str
    change: str
    line: Size | None
    layer: Size


class _Overlap(NamedTuple):
    number: int
    finding: int
    earlier: int
    apparent_bytes: Size


class _Split(NamedTuple):
    name: str
    apparent_bytes: Size
    saved_bytes: Size


class _Skipped(NamedTuple):
    name: str
    reason: str
    exit_code: _ExitCode


# --- reports ---------------------------------------------------------------------------------------


def states(connection: sqlite3.Connection, run: int) -> list[State]:
    """Return the targets after a run, by name."""
    connection.execute("DROP TABLE IF EXISTS temp.state")
    connection.execute(figures.STATE_TABLE.format(table="state"))
    connection.execute(figures.STATE.format(table="state"), {"run": run})
    statement = """
SELECT target.name, result, reason, exit_code FROM temp.state JOIN target ON target.id = state.target
ORDER BY target.name"""
    return list(records(connection, State, statement))


def known_tags(path: str, repository: str) -> list[str]:
    """Return the tags of a repository, as "HOST/NAME", that a fleet has now; none if the file does not exist.

    raises: BadFleet, FleetFailed
    """
    if not os.path.isfile(path) or not os.path.getsize(path):
        return []
    prefix = f"registry:{repository}:"
    with reading(path) as connection:
        statement = "SELECT name FROM latest JOIN target ON target.id = latest.target WHERE substr(name, 1, ?) = ?"
        return [name[len(prefix) :] for (name,) in connection.execute(statement, (len(prefix), prefix))]


def stored_report(connection: sqlite3.Connection, name: str, result: int, *, whole: bool) -> Report:
    """Return the report of a result.

    whole: whether it has distributions, layers and findings; without them, only sizes of the target can be judged
    """
    row = record(connection, _Result, _RESULT, (result,))
    rows = list(records(connection, _Installed, _INSTALLED, (result,))) if whole else []
    layers = tuple(records(connection, LayerFacts, _LAYERS, (result,))) if whole else ()
    findings = tuple(_findings(connection, result)) if whole else ()
    return Report(
        version=row.version,
        target=TargetFacts(kind=row.kind, location=name, method=row.method),
        environment=EnvironmentFacts(python=row.python, platform=row.platform),
        totals=Totals(
            files=row.files, apparent_bytes=row.apparent_bytes, disk_bytes=row.disk_bytes,
            native_bytes=row.native_bytes, bundled_library_bytes=0, bytecode_bytes=row.bytecode_bytes, kinds={},
            distributions=row.distributions, unowned_bytes=row.unowned_bytes,
            required_distributions=row.distributions, required_bytes=row.required_bytes, unmeasured=row.unmeasured,
            download_bytes=row.download_bytes, estimated_bytecode_bytes=None,
        ),
        unowned=Measured(
            files=0, apparent_bytes=row.unowned_bytes, disk_bytes=None, native_bytes=0, bundled_library_bytes=0,
            bytecode_bytes=0, kinds={},
        ),
        distributions=tuple(_rows(rows)),
        groups={}, cuda=Cuda(distributions=0, apparent_bytes=0), lighter=(), shared=(),
        image=_image(row, layers, findings),
        system=None, source=None, findings=(), environments=None,
        splits=_splits(connection, result, rows),
        not_measured=(),
        skipped=tuple(Skipped(*each) for each in records(connection, _Skipped, _SKIPPED, (result,))),
        conflicts=(), warnings=(),
    )  # fmt: skip


def _rows(rows: Iterable[_Installed]) -> Iterator[Row]:
    """Yield the distributions; a second one of a project gets another key, as in every report."""
    keys: set[str] = set()
    for row in rows:
        key = row.name if row.name not in keys else f"{row.name} ({row.number})"
        keys.add(key)
        yield Row(
            files=row.files, apparent_bytes=row.apparent_bytes, disk_bytes=None, native_bytes=row.native_bytes,
            bundled_library_bytes=0, bytecode_bytes=row.bytecode_bytes, kinds={}, key=key, name=row.name,
            version=row.version, direct=row.direct, extras=(), orphan=False, group=row.group, sure=row.sure, tags=(),
            evidence=(), closure_bytes=row.retained_bytes, retained_bytes=row.retained_bytes,
            freed_bytes=row.freed_bytes, requires=(), required_by=(), requirements=(), import_names=(), programs=(),
            editable=False, url=None, archive=_archive(row.download_bytes), environment=None, layers=None,
            metadata_path=None, largest_files=(), largest_directories=(),
        )  # fmt: skip


def _archive(download: int | None) -> ArchiveUsed | None:
    if download is None:
        return None
    return ArchiveUsed(
        filename="", download_bytes=download, estimated=False, at_most=False, reason="", estimated_bytecode_bytes=None
    )


def _image(row: _Result, layers: tuple[LayerFacts, ...], findings: tuple[ImageFinding, ...]) -> ImageReport | None:
    if row.shipped_bytes is None or row.wasted_bytes is None:
        return None
    return ImageReport(
        layers=layers, shipped_bytes=row.shipped_bytes, wasted_bytes=row.wasted_bytes, efficiency=None, wasted=(),
        wasted_paths=(), findings=findings,
    )  # fmt: skip


def _findings(connection: sqlite3.Connection, result: int) -> Iterator[ImageFinding]:
    """Yield the findings in an image, with the bytes that earlier ones count, too."""
    rows = list(records(connection, _Finding, _FINDINGS, (result,)))
    numbers = {row.number: number for number, row in enumerate(rows)}
    overlaps: dict[int, list[Overlap]] = {}
    stored = records(connection, _Overlap, _OVERLAPS, (result,))
    for (_, finding, size), group in groupby(stored, lambda each: (each.number, each.finding, each.apparent_bytes)):
        earlier = [numbers[each.earlier] for each in group if each.earlier in numbers]
        if earlier:
            overlap = Overlap(finding=earlier[0], also=tuple(earlier[1:]), apparent_bytes=size)
            overlaps.setdefault(finding, []).append(overlap)
    for row in rows:
        yield _finding(row, tuple(overlaps.get(row.number, ())))


def _finding(row: _Finding, overlaps: tuple[Overlap, ...]) -> ImageFinding:
    # The instruction is in place of the names where a finding is about paths, which are not stored.
    names = () if row.name == row.command else (row.name,)
    counted = sum(each.apparent_bytes for each in overlaps)
    return ImageFinding(
        rule=row.rule, name=row.rule_name, layer=row.layer, command=row.command, line=row.line, hidden_by=None,
        apparent_bytes=row.size, files=0, names=names, paths=(), reason=row.reason, change=row.change,
        sure=row.sure, saves_bytes=max(0, row.size - counted), overlaps=overlaps,
    )  # fmt: skip


def _splits(connection: sqlite3.Connection, result: int, rows: Iterable[_Installed]) -> dict[str, SplitReport]:
    known = {each.name: each for each in records(connection, _Split, _SPLITS, (result,))}
    kept = tuple(row.name for row in rows if row.production)
    splits = (known.get(name, _Split(name, 0, 0)) for name in ("production", "minimal"))
    return {
        split.name: SplitReport(
            groups=(), requirements=(), dropped=(), proof=None, unsure=(), distributions=kept,
            apparent_bytes=split.apparent_bytes, saved_bytes=split.saved_bytes, saved_groups={},
        )
        for split in splits
    }  # fmt: skip
