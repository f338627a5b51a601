"""The file of a fleet → the figures of its report."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypeVar

from deadweight.errors import BadInput
from deadweight.fleet import figures
from deadweight.fleet.bases import Proposal, Stored, System, proposals
from deadweight.model.report.fleet import (
    BaseDistribution,
    BaseInUse,
    Bases,
    DistributionChange,
    FailedTarget,
    FleetChange,
    FleetDistribution,
    FleetRun,
    FleetTotals,
    ProposedBase,
    RuleWaste,
    TargetChange,
    Trend,
    VersionsInUse,
    VersionUse,
)
from deadweight.model.report.sizes import Size
from deadweight.sources.fleet.records import record, records

_ALL = -1
_MOST_RUNS = 10
_MOST_VERSIONS = 300  # that bases are made of
_MOST_VERSIONS_LISTED = 8  # of one project
_LEAST_SAVED = 1_000_000  # bytes of a base that is worth proposing
_LARGEST_INTEGER = (1 << 63) - 1


T = TypeVar("T")


# --- rows that become parts of values --------------------------------------------------------------


class _Number(NamedTuple):
    value: Size


class _VersionOf(NamedTuple):
    name: str
    all_copies: Size
    text: str | None
    copies: Size
    apparent_bytes: Size


class _VersionName(NamedTuple):
    name: str
    text: str | None


class _Base(NamedTuple):
    digest: str
    command: str
    layers: Size
    images: Size
    result: int


class _LayerSystem(NamedTuple):
    layer: int
    python: str | None
    platform: str | None


class _Sums(NamedTuple):
    targets: Size
    apparent_bytes: Size


class _Moved(NamedTuple):
    came: Size
    went: Size
    changed: Size


# --- figures ---------------------------------------------------------------------------------------


class Summary:
    """The state of a fleet after a run, and the figures of it. Each figure is read when it is asked for.

    run:    number of the run; None for the newest
    before: number of the run to compare with; None for none
    most:   how many rows each list has; None for all
    """

    def __init__(
        self, connection: sqlite3.Connection, *, run: int | None, before: int | None, most: int | None
    ) -> None:
        self._connection = connection
        self._most = _ALL if most is None else most
        self._run = _LARGEST_INTEGER if run is None else run
        self._before = before
        self._state("state", self._run)
        for statement in figures.PREPARE:
            connection.execute(statement)

    def _state(self, table: str, run: int) -> None:
        self._connection.execute(figures.STATE_TABLE.format(table=table))
        self._connection.execute(figures.STATE.format(table=table), {"run": run})

    def _rows(self, kind: type[T], statement: str) -> Iterator[T]:
        return records(self._connection, kind, statement, {"most": self._most, "run": self._run})

    def _row(self, kind: type[T], statement: str, values: Sequence[object] = ()) -> T:
        return record(self._connection, kind, statement, values)

    def _number(self, statement: str, values: Sequence[object] = ()) -> int:
        return self._row(_Number, statement, values).value

    def totals(self) -> FleetTotals:
        """Return the sums over the targets."""
        self._based()
        return self._row(FleetTotals, figures.TOTALS)

    def runs(self) -> tuple[FleetRun, ...]:
        """Return the runs up to this one, the newest first."""
        return tuple(records(self._connection, FleetRun, figures.RUNS, {"run": self._run, "most": _MOST_RUNS}))

    def never_measured(self) -> int:
        """Return how many targets have no result."""
        return self._number("SELECT COUNT(*) FROM temp.state WHERE result IS NULL")

    def failures(self) -> tuple[int, tuple[FailedTarget, ...]]:
        """Return how many targets failed, and the first of them by name."""
        count = self._number("SELECT COUNT(*) FROM temp.state WHERE reason IS NOT NULL")
        return count, tuple(self._rows(FailedTarget, figures.FAILURES))

    def distributions(self) -> tuple[FleetDistribution, ...]:
        """Return the projects whose copies take most."""
        return tuple(self._rows(FleetDistribution, figures.DISTRIBUTIONS))

    def dev(self) -> tuple[FleetDistribution, ...]:
        """Return the projects whose copies take most where production does not need them."""
        return tuple(self._rows(FleetDistribution, figures.DEV))

    def versions(self) -> tuple[VersionsInUse, ...]:
        """Return the projects with several versions."""
        groups = groupby(self._rows(_VersionOf, figures.VERSIONS), lambda row: (row.name, row.all_copies))
        return tuple(_versions(name, copies, rows) for (name, copies), rows in groups)

    def rules(self) -> tuple[RuleWaste, ...]:
        """Return what the findings of each rule take."""
        return tuple(self._rows(RuleWaste, figures.RULES))

    def changes(self) -> tuple[FleetChange, ...]:
        """Return the changes that save most for each line changed."""
        return tuple(self._rows(FleetChange, figures.CHANGES))

    def bases(self) -> Bases:
        """Return the bases that images share, and those that they could share."""
        before = self._number("SELECT COALESCE(SUM(apparent_bytes), 0) FROM temp.layers JOIN layer USING (id)")
        proposed = tuple(map(self._proposed, self._proposals()))
        self._based()
        return Bases(
            in_use=tuple(map(self._base, self._rows(_Base, figures.BASES))),
            proposed=proposed,
            before_bytes=before,
            after_bytes=max(0, before - sum(each.saves_bytes for each in proposed)),
        )

    def _based(self) -> None:
        if not self._number("SELECT COUNT(*) FROM temp.sqlite_master WHERE name = 'based'"):
            self._connection.execute(figures.BASED)

    def _base(self, base: _Base) -> BaseInUse:
        size = self._number(figures.CHAIN_BYTES, (base.result, base.layers))
        return BaseInUse(
            digest=base.digest, command=base.command, layers=base.layers, stored_bytes=size, images=base.images
        )

    def _proposals(self) -> list[Proposal]:
        self._connection.execute("DROP TABLE IF EXISTS temp.often")
        self._connection.execute(figures.STORED_OFTEN, {"most": _MOST_VERSIONS})
        systems: dict[int, System] = {
            layer: (".".join(python.split(".")[:2]) if python else None, platform)
            for layer, python, platform in self._rows(_LayerSystem, figures.LAYER_SYSTEMS)
        }
        stored = self._rows(Stored, figures.STORED)
        most = _MOST_VERSIONS if self._most == _ALL else self._most
        return proposals(stored, systems, most=most, least=_LEAST_SAVED)

    def _proposed(self, proposal: Proposal) -> ProposedBase:
        self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (layer INTEGER PRIMARY KEY)")
        self._connection.execute("DELETE FROM temp.chosen")
        self._connection.executemany("INSERT INTO temp.chosen VALUES (?)", ((layer,) for layer in proposal.layers))
        images = self._number(figures.IMAGES_OF_LAYERS)
        after = sum(proposal.sizes.values())
        return ProposedBase(
            python=proposal.system[0],
            platform=proposal.system[1],
            distributions=tuple(self._base_distribution(*each) for each in proposal.sizes.items()),
            layers=len(proposal.layers),
            images=images,
            before_bytes=after * len(proposal.layers),
            after_bytes=after,
        )

    def _base_distribution(self, version: int, size: int) -> BaseDistribution:
        name, text = self._row(_VersionName, figures.VERSION_NAMES, (version,))
        return BaseDistribution(name=name, version=text, apparent_bytes=size)

    def trend(self) -> Trend | None:
        """Return what changed since the run to compare with; None without one."""
        if self._before is None:
            return None
        self._state("before", self._before)
        self._connection.execute(figures.MOVED)
        old = self._row(_Sums, figures.TREND_TOTALS.format(table="before"))
        new = self._row(_Sums, figures.TREND_TOTALS.format(table="state"))
        moved = self._row(_Moved, figures.TREND_COUNTS)
        return Trend(
            before=self._one_run(self._before),
            after=self._one_run(self._run),
            before_targets=old.targets,
            after_targets=new.targets,
            before_bytes=old.apparent_bytes,
            after_bytes=new.apparent_bytes,
            came=moved.came,
            went=moved.went,
            changed=moved.changed,
            targets=tuple(self._rows(TargetChange, figures.TREND_TARGETS)),
            distributions=tuple(self._rows(DistributionChange, figures.TREND_DISTRIBUTIONS)),
        )

    def _one_run(self, number: int) -> FleetRun:
        return record(self._connection, FleetRun, figures.RUNS, {"run": number, "most": 1})


def newest_run(connection: sqlite3.Connection) -> int:
    """Return the number of the newest run; raises BadInput if there is none."""
    (number,) = connection.execute("SELECT MAX(id) FROM run").fetchone()
    if number is None:
        raise BadInput("the fleet has no runs", hint="add reports with deadweight fleet add FLEET REPORT...")
    return int(number)


def run_before(connection: sqlite3.Connection, run: int, started: str | None = None) -> int | None:
    """Return the newest run before another one; with ``started``, the newest that began at that time or earlier."""
    statement = "SELECT MAX(id) FROM run WHERE id < ? AND (? IS NULL OR started <= ?)"
    (number,) = connection.execute(statement, (run, started, started)).fetchone()
    return None if number is None else int(number)


def _versions(name: str, copies: int, rows: Iterable[_VersionOf]) -> VersionsInUse:
    listed = tuple(VersionUse(version=row.text, copies=row.copies, apparent_bytes=row.apparent_bytes) for row in rows)
    shown = listed[:_MOST_VERSIONS_LISTED]
    return VersionsInUse(name=name, copies=copies, versions=shown, versions_left_out=len(listed) - len(shown))
