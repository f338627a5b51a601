"""Distributions → causes of a breach, each with the direct requirements to blame."""

from __future__ import annotations

from collections.abc import Callable

from deadweight.model.report import DirectRequirement, Report, Row
from deadweight.model.report.check import Cause

_MOST_BLAMED = 3


def largest(report: Report, size: Callable[[Row], int | None]) -> tuple[Cause, ...]:
    """Return the distributions that have a size, the largest first."""
    sized = [(row, number) for row in report.distributions if (number := size(row))]
    sized.sort(key=lambda each: (-each[1], each[0].key))
    return tuple(cause_of(row, report, size=number) for row, number in sized)


def cause_of(
    row: Row, report: Report, *, size: int | None = None, before: int | None = None, note: str = "",
    first: Callable[[Row], object] | None = None,
) -> Cause:  # fmt: skip
    """Return a distribution as a cause; see ``blamed`` for ``first``."""
    return Cause(
        name=row.key,
        version=row.version,
        size_bytes=size,
        before_bytes=before,
        note=note,
        requirements=tuple(requirement_of(each, report) for each in blamed(row, report, first)[:_MOST_BLAMED]),
    )


def blamed(row: Row, report: Report, first: Callable[[Row], object] | None = None) -> list[Row]:
    """Return the direct requirements that lead to a distribution: itself, then the one that holds most.

    first: whether a direct requirement is more to blame than others
    """
    seen, pending = {row.key}, [row.key]
    while pending:
        for key in report.rows[pending.pop()].required_by:
            if key not in seen:
                seen.add(key)
                pending.append(key)
    direct = [report.rows[key] for key in seen if report.rows[key].direct]
    wanted = first or (lambda _: False)
    return sorted(direct, key=lambda each: (not wanted(each), each.key != row.key, -(each.freed_bytes or 0), each.key))


def requirement_of(row: Row, report: Report) -> DirectRequirement:
    """Return the requirement of the user's file for a distribution; without a file, its name."""
    written = (each for each in report.direct_requirements if each.key == row.key)
    return next(written, DirectRequirement(file=None, line=None, name=row.name, key=row.key, text=row.name))
