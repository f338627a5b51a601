"""The result of ``deadweight check``, schema ``deadweight.check/1``: what each rule of a budget found.

Sizes are bytes and end in ``_bytes``; ``None`` is unknown or does not apply, never 0.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from deadweight.errors import BadInput
from deadweight.model.documents import Published
from deadweight.model.report import TargetFacts
from deadweight.model.report.rows import DirectRequirement
from deadweight.model.report.sizes import Size
from deadweight.model.tree import Skipped

Schema = Literal["deadweight.check/1"]
Status = Literal["pass", "fail", "skip"]
OVER_BUDGET = 3  # the exit code


class Line(Struct, frozen=True, kw_only=True):
    """A line of a file of the user, such as of a Dockerfile."""

    file: str
    line: Size


class Cause(Struct, frozen=True, kw_only=True):
    """Something that a breach is made of.

    name:         key of a distribution, a path in an image, or code and name of the rule of a finding in an image; None
                  for files that no distribution owns
    version:      of the distribution; None for anything else
    size_bytes:   its size, of the sort that the rule limits
    before_bytes: its size in the baseline, 0 if it was not there; None if the rule compares with no baseline
    note:         what else there is to say, such as the layers of a wasted file; "" for nothing
    requirements: the direct requirements that lead to it, the one that holds most first
    line:         of the Dockerfile, whose instruction to change; None for what is not due to one, and if it is unknown
    identity:     of a finding in an image, the same in later builds; "" for anything else
    """

    name: str | None
    version: str | None = None
    size_bytes: Size | None = None
    before_bytes: Size | None = None
    note: str = ""
    requirements: tuple[DirectRequirement, ...] = ()
    line: Line | None = None
    identity: str = ""


class Remedy(Struct, frozen=True, kw_only=True):
    """A way to comply with a rule.

    action:      a sentence without a full stop
    saves_bytes: at least what it saves, of the archives for ``max-download``; None if that is unknown
    enough:      whether that is known to be enough
    """

    action: str
    saves_bytes: Size | None = None
    enough: bool = False


class Result(Struct, frozen=True, kw_only=True):
    """What one rule found.

    code:        of the rule
    rule:        its key in ``[tool.deadweight.budget]``
    limit:       as configured: "500MB", "5%", the name of a project or a group
    limit_bytes: the most that complies; None for a rule that limits no size
    value_bytes: what was measured; None for a rule that limits no size, and where it was not measured
    incomplete:  whether it fails only because something could not be measured
    reason:      why it failed, was skipped, or passed with reservations; "" if the figures say it
    causes:      of a failure, the largest first
    causes_left_out: how many further causes there are
    remedies:    of a failure, what is enough first, then with least effort; if nothing is, what saves most first
    """

    code: str
    rule: str
    status: Status
    limit: str
    limit_bytes: Size | None = None
    value_bytes: Size | None = None
    incomplete: bool = False
    reason: str = ""
    causes: tuple[Cause, ...] = ()
    causes_left_out: Size = 0
    remedies: tuple[Remedy, ...] = ()


class CheckReport(Published, frozen=True, kw_only=True):
    """What each rule of a budget found in a target, in the order of the rules.

    baseline: the path of the report that growth was compared with; None without one
    holds:    whether no rule failed
    skipped:  what could not be measured
    """

    schema: Schema = field(default="deadweight.check/1")
    version: str
    target: TargetFacts
    baseline: str | None
    holds: bool
    results: tuple[Result, ...]
    skipped: tuple[Skipped, ...]

    @property
    def exit_code(self) -> int:
        """The exit code of a run: 3 for a breach, else 4 or 5 where something could not be measured, else 0.

        A rule that fails only because something could not be measured is no breach, as far as anyone knows.
        """
        failed = [result for result in self.results if result.status == "fail"]
        if any(not result.incomplete for result in failed):
            return OVER_BUDGET
        unmeasured = max((skipped.exit_code for skipped in self.skipped), default=0)
        return unmeasured or (BadInput.exit_code if failed else 0)
