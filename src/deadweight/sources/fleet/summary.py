"""The file of a fleet → the figures of its report."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Any

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

_ALL = -1
_MOST_RUNS = 10
_MOST_VERSIONS = 300  # that bases are made of
_MOST_VERSIONS_LISTED = 8  # of one project
_LEAST_SAVED = 1_000_000  # bytes of a base that is worth proposing
_LARGEST_INTEGER = (1 << 63) - 1


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

    def _rows(self, statement: str) -> Iterator[Any]:
        return self._connection.execute(statement, {"most": self._most, "run": self._run})

    def _row(self, statement: str, values: tuple[object, ...] = ()) -> Any:
        return self._connection.execute(statement, values).fetchone()

    def totals(self) -> FleetTotals:
        """Return the sums over the targets."""
        results, copies, layers, splits = (self._row(statement) for statement in figures.TOTALS)
        _, targets, apparent, images, shipped = results
        self._based()
        return FleetTotals(
            targets=targets,
            distributions=copies[0],
            versions=copies[1],
            copies=copies[2],
            apparent_bytes=apparent,
            production_saves_bytes=splits[0],
            images=images,
            shipped_bytes=shipped,
            layers=layers[0],
            stored_bytes=layers[1],
            compressed_bytes=layers[2],
            layers_compressed=layers[3],
            wasted_bytes=layers[4],
            images_alone=images - self._row(figures.IMAGES_WITH_BASE)[0],
        )

    def runs(self) -> tuple[FleetRun, ...]:
        """Return the runs up to this one, the newest first."""
        rows = self._connection.execute(figures.RUNS, {"run": self._run, "most": _MOST_RUNS})
        return tuple(map(_run, rows))

    def failures(self) -> tuple[int, tuple[FailedTarget, ...]]:
        """Return how many targets failed, and the first of them by name."""
        (count,) = self._row("SELECT COUNT(*) FROM temp.state WHERE reason IS NOT NULL")
        rows = self._rows(figures.FAILURES)
        return count, tuple(FailedTarget(target=name, run=run, reason=reason) for name, run, reason in rows)

    def distributions(self) -> tuple[FleetDistribution, ...]:
        """Return the projects whose copies take most."""
        return tuple(map(_distribution, self._rows(figures.DISTRIBUTIONS)))

    def dev(self) -> tuple[FleetDistribution, ...]:
        """Return the projects whose copies take most where production does not need them."""
        return tuple(map(_distribution, self._rows(figures.DEV)))

    def versions(self) -> tuple[VersionsInUse, ...]:
        """Return the projects with several versions."""
        groups = groupby(self._rows(figures.VERSIONS), lambda row: (row[0], row[1]))
        return tuple(_versions(name, copies, [row[2:] for row in rows]) for (name, copies), rows in groups)

    def rules(self) -> tuple[RuleWaste, ...]:
        """Return what the findings of each rule take."""
        return tuple(
            RuleWaste(rule=rule, name=name, findings=findings, apparent_bytes=size, stored_bytes=stored)
            for rule, name, findings, size, stored in self._rows(figures.RULES)
        )

    def changes(self) -> tuple[FleetChange, ...]:
        """Return the changes that save most for each line changed."""
        return tuple(
            FleetChange(action=action, name=name, detail=detail, lines=lines, targets=targets, saves_bytes=saves)
            for action, name, detail, lines, targets, saves in self._rows(figures.CHANGES)
        )

    def bases(self) -> Bases:
        """Return the bases that images share, and those that they could share."""
        (before,) = self._row("SELECT COALESCE(SUM(apparent_bytes), 0) FROM temp.layers JOIN layer USING (id)")
        proposed = tuple(map(self._proposed, self._proposals()))
        self._based()
        return Bases(
            in_use=tuple(map(self._base, self._rows(figures.BASES))),
            proposed=proposed,
            before_bytes=before,
            after_bytes=max(0, before - sum(each.saves_bytes for each in proposed)),
        )

    def _based(self) -> None:
        if not self._row("SELECT COUNT(*) FROM temp.sqlite_master WHERE name = 'based'")[0]:
            self._connection.execute(figures.BASED)

    def _base(self, row: Any) -> BaseInUse:
        digest, command, layers, images, result = row
        (size,) = self._row(figures.CHAIN_BYTES, (result, layers))
        return BaseInUse(digest=digest, command=command, layers=layers, stored_bytes=size, images=images)

    def _proposals(self) -> list[Proposal]:
        self._connection.execute("DROP TABLE IF EXISTS temp.often")
        self._connection.execute(figures.STORED_OFTEN, {"most": _MOST_VERSIONS})
        systems: dict[int, System] = {
            layer: (".".join(python.split(".")[:2]) if python else None, platform)
            for layer, python, platform in self._rows(figures.LAYER_SYSTEMS)
        }
        stored = (Stored(*row) for row in self._rows(figures.STORED))
        most = _MOST_VERSIONS if self._most == _ALL else self._most
        return proposals(stored, systems, most=most, least=_LEAST_SAVED)

    def _proposed(self, proposal: Proposal) -> ProposedBase:
        self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (layer INTEGER PRIMARY KEY)")
        self._connection.execute("DELETE FROM temp.chosen")
        self._connection.executemany("INSERT INTO temp.chosen VALUES (?)", ((layer,) for layer in proposal.layers))
        (images,) = self._row(figures.IMAGES_OF_LAYERS)
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
        name, text = self._row(figures.VERSION_NAMES, (version,))
        return BaseDistribution(name=name, version=text, apparent_bytes=size)

    def trend(self) -> Trend | None:
        """Return what changed since the run to compare with; None without one."""
        if self._before is None:
            return None
        self._state("before", self._before)
        self._connection.execute(figures.MOVED)
        before_targets, before_bytes = self._row(figures.TREND_TOTALS.format(table="before"))
        after_targets, after_bytes = self._row(figures.TREND_TOTALS.format(table="state"))
        came, went, changed = self._row(figures.TREND_COUNTS)
        return Trend(
            before=self._one_run(self._before),
            after=self._one_run(self._run),
            before_targets=before_targets,
            after_targets=after_targets,
            before_bytes=before_bytes,
            after_bytes=after_bytes,
            came=came,
            went=went,
            changed=changed,
            targets=tuple(
                TargetChange(target=name, before_bytes=old, after_bytes=new)
                for name, old, new in self._rows(figures.TREND_TARGETS)
            ),
            distributions=tuple(
                DistributionChange(name=name, before_copies=old, after_copies=new, before_bytes=less, after_bytes=more)
                for name, old, new, less, more in self._rows(figures.TREND_DISTRIBUTIONS)
            ),
        )

    def _one_run(self, number: int) -> FleetRun:
        return _run(self._connection.execute(figures.RUNS, {"run": number, "most": 1}).fetchone())


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


def _run(row: Any) -> FleetRun:
    number, started, finished, complete, version, targets, failed, size = row
    return FleetRun(
        run=number,
        started=started,
        finished=finished,
        complete=bool(complete),
        version=version,
        targets=targets,
        failed=failed,
        apparent_bytes=size,
    )


def _distribution(row: Any) -> FleetDistribution:
    name, versions, copies, size, stored, dev_copies, dev_bytes = row
    return FleetDistribution(
        name=name,
        versions=versions,
        copies=copies,
        apparent_bytes=size,
        stored_bytes=stored,
        dev_copies=dev_copies,
        dev_bytes=dev_bytes,
    )


def _versions(name: str, copies: int, rows: list[Any]) -> VersionsInUse:
    listed = tuple(VersionUse(version=text, copies=count, apparent_bytes=size) for text, count, size in rows)
    shown = listed[:_MOST_VERSIONS_LISTED]
    return VersionsInUse(name=name, copies=copies, versions=shown, versions_left_out=len(listed) - len(shown))
