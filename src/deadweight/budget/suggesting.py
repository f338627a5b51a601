"""Report → limits with headroom."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from deadweight.budget.limits import format_size
from deadweight.model.report import Report

_HEADROOM = 10  # percent
_LEAST = 10**6  # bytes of a limit: no budget has to notice a kilobyte


class Suggestion(Struct, frozen=True, kw_only=True):
    """A limit for one rule.

    value: as in ``[tool.deadweight.budget]``
    today: the size that it was derived from; None if it limits no size
    """

    key: str
    value: str | tuple[str, ...]
    today: int | None = None


def suggestions(report: Report) -> Iterator[Suggestion]:
    """Yield limits that a report complies with: its sizes plus 10 %, rounded up to two digits.

    The dev group is denied where there is none now. What is unknown gets no limit.
    """
    sizes = {
        "max": report.totals.apparent_bytes,
        "max-package": max((row.apparent_bytes for row in report.distributions), default=None),
        "max-download": report.totals.download_bytes,
        "max-wasted": report.image.wasted_bytes if report.image else None,
    }
    for key, size in sizes.items():
        if size is not None:
            yield Suggestion(key=key, value=format_size(with_headroom(size)), today=size)
    if not any(row.group == "dev" and row.sure for row in report.distributions):
        yield Suggestion(key="deny-group", value=("dev",))


def with_headroom(size: int) -> int:
    """Return a size plus 10 %, rounded up to two digits, at least 1 MB."""
    more = max(_LEAST, -(-size * (100 + _HEADROOM) // 100))
    step: int = 10 ** (len(str(more)) - 2)
    return -(-more // step) * step
