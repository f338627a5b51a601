"""The result of ``deadweight fleet check``, schema ``deadweight.fleet-check/1``: what the rules found in each."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from deadweight.model.documents import Published
from deadweight.model.report.check import OVER_BUDGET, CheckReport
from deadweight.model.report.sizes import Size
from deadweight.model.tree import Skipped

Schema = Literal["deadweight.fleet-check/1"]


class FleetCheckReport(Published, frozen=True, kw_only=True):
    """What the rules found in each target that has a budget, by name.

    run, before:  the numbers of the runs whose states were judged and compared with; ``before`` is None without one
    holds:        whether no rule failed in any target
    targets:      as of ``deadweight check``; ``skipped`` names a target that failed in its last run
    without_budget: how many targets no pattern matches
    never_measured: targets with a budget and without a result
    unmatched:    patterns that match no target
    """

    schema: Schema = field(default="deadweight.fleet-check/1")
    version: str
    fleet: str
    run: Size
    before: Size | None
    holds: bool
    targets: tuple[CheckReport, ...]
    without_budget: Size
    never_measured: tuple[Skipped, ...]
    unmatched: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<FleetCheckReport: {len(self.targets)} targets, {'within' if self.holds else 'over'} budget>"

    @property
    def exit_code(self) -> int:
        """The exit code of a run: 3 for a breach in any target, else the largest of the targets' codes."""
        codes = [target.exit_code for target in self.targets]
        if OVER_BUDGET in codes:
            return OVER_BUDGET
        return max((*codes, *(each.exit_code for each in self.never_measured)), default=0)
