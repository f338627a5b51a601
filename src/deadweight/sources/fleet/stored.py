"""The file of a fleet → reports of its targets, as far as the file has them: to judge them by a budget.

Requirements between distributions are not stored, nor are evidence and paths.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from deadweight.fleet import figures
from deadweight.model.report import (
    ArchiveUsed,
    Cuda,
    EnvironmentFacts,
    ImageReport,
    LayerFacts,
    Measured,
    Report,
    Row,
    SplitReport,
    TargetFacts,
    Totals,
)
from deadweight.model.tree import Skipped
from deadweight.sources.fleet.files import reading

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
SELECT digest, command, files, apparent_bytes, wasted_bytes, hides_bytes, compressed_bytes
FROM image_layer JOIN layer ON layer.id = image_layer.layer WHERE result = ? ORDER BY number"""
_SPLITS = "SELECT name, apparent_bytes, saved_bytes FROM split WHERE result = ?"
_SKIPPED = "SELECT name, reason, exit_code FROM skipped WHERE result = ? ORDER BY number"
_NO_SPLIT = (0, 0)


class State(NamedTuple):
    """A target in a state: its name, its result, and why its last measurement failed; None for neither."""

    name: str
    result: int | None
    failure: str | None
    exit_code: int


def states(connection: sqlite3.Connection, run: int) -> list[State]:
    """Return the targets after a run, by name."""
    connection.execute("DROP TABLE IF EXISTS temp.state")
    connection.execute(figures.STATE_TABLE.format(table="state"))
    connection.execute(figures.STATE.format(table="state"), {"run": run})
    statement = """
SELECT target.name, result, reason, exit_code FROM temp.state JOIN target ON target.id = state.target
ORDER BY target.name"""
    return [State(*row) for row in connection.execute(statement)]


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

    whole: whether it has distributions and layers; without them, only sizes of the target can be judged
    """
    row = connection.execute(_RESULT, (result,)).fetchone()
    (kind, method, version, python, platform, distributions, unmeasured, files, size, disk, native, bytecode, unowned,
     required, download, shipped, wasted) = row  # fmt: skip
    rows = list(connection.execute(_INSTALLED, (result,))) if whole else []
    layers = list(connection.execute(_LAYERS, (result,))) if whole else []
    return Report(
        version=version,
        target=TargetFacts(kind=kind, location=name, method=method),
        environment=EnvironmentFacts(python=python, platform=platform),
        totals=Totals(
            files=files, apparent_bytes=size, disk_bytes=disk, native_bytes=native, bundled_library_bytes=0,
            bytecode_bytes=bytecode, kinds={}, distributions=distributions, unowned_bytes=unowned,
            required_distributions=distributions, required_bytes=required, unmeasured=unmeasured,
            download_bytes=download, estimated_bytecode_bytes=None,
        ),
        unowned=Measured(
            files=0, apparent_bytes=unowned, disk_bytes=None, native_bytes=0, bundled_library_bytes=0,
            bytecode_bytes=0, kinds={},
        ),
        distributions=tuple(_rows(rows)),
        groups={}, cuda=Cuda(distributions=0, apparent_bytes=0), lighter=(), shared=(),
        image=_image(layers, shipped, wasted) if shipped is not None else None,
        system=None, source=None, findings=(), environments=None,
        splits=_splits(connection, result, rows),
        not_measured=(),
        skipped=tuple(Skipped(*each) for each in connection.execute(_SKIPPED, (result,))),
        conflicts=(), warnings=(),
    )  # fmt: skip


def _rows(rows: list[Any]) -> Iterator[Row]:
    """Yield the distributions; a second one of a project gets another key, as in every report."""
    keys: set[str] = set()
    for row in rows:
        (number, name, version, group, sure, direct, _, files, size, native, bytecode, download, retained,
         freed) = row  # fmt: skip
        key = name if name not in keys else f"{name} ({number})"
        keys.add(key)
        yield Row(
            files=files, apparent_bytes=size, disk_bytes=None, native_bytes=native, bundled_library_bytes=0,
            bytecode_bytes=bytecode, kinds={}, key=key, name=name, version=version, direct=bool(direct), extras=(),
            orphan=False, group=group, sure=bool(sure), tags=(), evidence=(), closure_bytes=retained,
            retained_bytes=retained, freed_bytes=freed, requires=(), required_by=(), requirements=(),
            import_names=(), programs=(), editable=False, url=None, archive=_archive(download), environment=None,
            layers=None, metadata_path=None, largest_files=(), largest_directories=(),
        )  # fmt: skip


def _archive(download: int | None) -> ArchiveUsed | None:
    if download is None:
        return None
    return ArchiveUsed(
        filename="", download_bytes=download, estimated=False, at_most=False, reason="", estimated_bytecode_bytes=None
    )


def _image(layers: list[Any], shipped: int, wasted: int) -> ImageReport:
    facts = tuple(
        LayerFacts(
            digest=digest, command=command, files=files, apparent_bytes=size, wasted_bytes=waste, hides_bytes=hides,
            compressed_bytes=compressed,
        )
        for digest, command, files, size, waste, hides, compressed in layers
    )  # fmt: skip
    return ImageReport(
        layers=facts, shipped_bytes=shipped, wasted_bytes=wasted, efficiency=None, wasted=(), wasted_paths=()
    )


def _splits(connection: sqlite3.Connection, result: int, rows: list[Any]) -> dict[str, SplitReport]:
    sizes = {name: (size, saved) for name, size, saved in connection.execute(_SPLITS, (result,))}
    kept = tuple(row[1] for row in rows if row[6])
    return {
        name: SplitReport(
            groups=(), requirements=(), dropped=(), proof=None, unsure=(), distributions=kept, apparent_bytes=size,
            saved_bytes=saved, saved_groups={},
        )
        for name, (size, saved) in ((name, sizes.get(name, _NO_SPLIT)) for name in ("production", "minimal"))
    }  # fmt: skip
