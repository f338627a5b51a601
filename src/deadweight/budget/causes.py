"""Distributions → causes of a breach, each with the direct requirements to blame."""

from __future__ import annotations

from collections.abc import Callable, Collection

from deadweight.graph.holding import Holders, holders
from deadweight.graph.reported import graph_of
from deadweight.model.report import DirectRequirement, Report, Row
from deadweight.model.report.check import Cause

_MOST_BLAMED = 3
_MOST_KNOWN = 5  # per distribution; remedies name that many


class Blame:
    """The direct requirements that lead to each distribution of a report, found in one pass over its graph.

    first: the direct requirements that are more to blame than others
    """

    def __init__(self, report: Report, first: Collection[str] = ()) -> None:
        self._report = report
        direct = [row for row in report.distributions if row.direct]
        direct.sort(key=lambda row: (row.key not in first, -(row.freed_bytes or 0), row.key))
        self._rank = {row.key: (row.key not in first, number) for number, row in enumerate(direct)}
        graph = graph_of(report)
        roots = {root.key: root for root in graph.direct}
        self._others = holders(graph, [roots[row.key] for row in direct], _MOST_KNOWN)
        self._written: dict[str, DirectRequirement] = {}
        for each in report.direct_requirements:
            if each.key is not None:
                self._written.setdefault(each.key, each)

    def on(self, key: str) -> Holders:
        """Return the direct requirements that lead to a distribution: itself, then the one that frees most."""
        others = self._others.get(key, Holders())
        if key not in self._rank:
            return others
        last, _ = self._rank[key]
        names = sorted((key, *others.names), key=lambda name: (last, -1) if name == key else self._rank[name])
        return Holders(tuple(names[:_MOST_KNOWN]), others.count + 1)

    def requirement(self, key: str) -> DirectRequirement:
        """Return the requirement of the user's file for a distribution; without a file, its name."""
        name = self._report.rows[key].name
        return self._written.get(key) or DirectRequirement(file=None, line=None, name=name, key=key, text=name)


def largest(report: Report, blame: Blame, size: Callable[[Row], int | None]) -> tuple[Cause, ...]:
    """Return the distributions that have a size, the largest first."""
    sized = [(row, number) for row in report.distributions if (number := size(row))]
    sized.sort(key=lambda each: (-each[1], each[0].key))
    return tuple(cause_of(row, blame, size=number) for row, number in sized)


def cause_of(row: Row, blame: Blame, *, size: int, before: int | None = None, note: str = "") -> Cause:
    """Return a distribution as a cause."""
    return Cause(
        name=row.key,
        version=row.version,
        size_bytes=size,
        before_bytes=before,
        note=note,
        requirements=tuple(blame.requirement(key) for key in blame.on(row.key).names[:_MOST_BLAMED]),
    )
