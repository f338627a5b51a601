"""What rules judge, and what they return."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from msgspec import Struct

from deadweight.budget.causes import Blame
from deadweight.budget.limits import Limit
from deadweight.model.report import Report
from deadweight.model.report.check import Cause, Remedy, Status
from deadweight.wording import listed

_MOST_NAMES = 3


class Case(Struct, frozen=True, kw_only=True, dict=True):
    """What a rule judges; ``baseline`` is the report to compare with."""

    report: Report
    baseline: Report | None = None

    @cached_property
    def blame(self) -> Blame:
        """The direct requirements that lead to each distribution; only breaches need them."""
        return Blame(self.report)

    @property
    def unmeasured(self) -> str:
        """What the report, or the baseline, could not measure; "" if it is complete."""
        failed = sum(1 for skipped in self.report.skipped if skipped.exit_code)
        number = max(failed, self.report.totals.unmeasured)
        if not number:
            return ""
        names = ", ".join(skipped.name for skipped in self.report.skipped[:_MOST_NAMES])
        return f"{number:,} could not be measured ({names}{', …' if number > _MOST_NAMES else ''})"

    @property
    def estimated(self) -> str:
        """A note on the distributions whose sizes are estimates, "" if there are none."""
        names = [row.key for row in self.report.distributions if row.archive and row.archive.estimated]
        return f"estimated from sdists: {listed(names, _MOST_NAMES)}" if names else ""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a rule found; the fields are those of ``Result``, with all causes."""

    status: Status
    limit_bytes: int | None = None
    value_bytes: int | None = None
    incomplete: bool = False
    reason: str = ""
    causes: tuple[Cause, ...] = ()
    remedies: tuple[Remedy, ...] = ()


Judge = Callable[[Limit, Case], Outcome]


def at_most(
    value: int,
    limit: int,
    causes: Callable[[], tuple[Cause, ...]],
    remedies: Callable[[], tuple[Remedy, ...]],
    reason: str = "",
) -> Outcome:
    """Return whether a size complies; causes and remedies are asked for only if it does not."""
    if value <= limit:
        return Outcome(status="pass", limit_bytes=limit, value_bytes=max(0, value), reason=reason)
    return Outcome(
        status="fail", limit_bytes=limit, value_bytes=value, reason=reason, causes=causes(), remedies=remedies()
    )
