"""The difference between two reports: a plain value whose fields are the keys of schema ``deadweight.diff/1``.

``old`` and ``new`` are the values of the two reports, and a change is new minus old. What is in one report only counts
as 0 bytes in the other; ``None`` is unknown. ``docs/reference/json.md`` explains the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from deadweight.errors import BadReport
from deadweight.model.documents import Published
from deadweight.model.groups import Group
from deadweight.model.report import EnvironmentFacts, TargetFacts
from deadweight.model.report.sizes import Size
from deadweight.model.tree import Skipped

DiffSchema = Literal["deadweight.diff/1"]
DIFF_SCHEMA: DiffSchema = "deadweight.diff/1"
Status = Literal["added", "removed", "changed", "resized", "moved", "unmeasured"]
RequirementStatus = Literal["added", "removed", "changed", "unchanged"]


class Difference(Struct, frozen=True, kw_only=True):
    """A figure of both reports, and new minus old; None where it is unknown."""

    old: Size | None
    new: Size | None
    change: int | None


class ReportFacts(Struct, frozen=True, kw_only=True):
    """What was compared: of one report, how it was measured and what is not in its figures.

    version: of deadweight
    """

    version: str
    target: TargetFacts
    environment: EnvironmentFacts
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


class Copy(Struct, frozen=True, kw_only=True):
    """A distribution in one of the reports.

    download_bytes: of its archive; None if no archive was used or its size is unknown
    estimated:      whether its size is an estimate, because it must be built
    """

    version: str | None
    group: Group
    direct: bool
    apparent_bytes: Size
    download_bytes: Size | None
    estimated: bool


class Cause(Struct, frozen=True, kw_only=True):
    """A direct requirement that explains a difference, and what happened to it.

    change: "changed" if its version or its extras differ
    """

    key: str
    change: RequirementStatus


class DistributionDifference(Struct, frozen=True, kw_only=True):
    """A distribution that differs.

    status:  "changed" is another version, "resized" the same version with another size, "moved" another group alone;
             "unmeasured" is on one side only because the other could not measure it
    old:     None if it is only in the new report, and the reverse
    because: the direct requirements that lead to it: those that differ, else those that do not; largest closure first,
             at most 20
    """

    key: str
    name: str
    status: Status
    old: Copy | None
    new: Copy | None
    change_bytes: int
    download_change_bytes: int | None
    because: tuple[Cause, ...]


class GroupDifference(Struct, frozen=True, kw_only=True):
    """The distributions of one group."""

    distributions: Difference
    apparent_bytes: Difference
    download_bytes: Difference


class TotalsDifference(Struct, frozen=True, kw_only=True):
    """The totals. The changes of all distributions and of ``unowned_bytes`` add up to that of ``apparent_bytes``.

    shipped_bytes, wasted_bytes: of the layers of images; None if neither report is of an image
    """

    distributions: Difference
    files: Difference
    apparent_bytes: Difference
    bytecode_bytes: Difference
    unowned_bytes: Difference
    download_bytes: Difference
    shipped_bytes: Difference | None
    wasted_bytes: Difference | None


class Diff(Published, frozen=True, kw_only=True):
    """The difference between two reports. Distributions are sorted by the size of their change, the largest first.

    unchanged: how many distributions are the same in both
    warnings:  why the figures may differ for other reasons than the requirements
    """

    schema: DiffSchema = field(default=DIFF_SCHEMA)
    version: str
    old: ReportFacts
    new: ReportFacts
    totals: TotalsDifference
    groups: Mapping[Group, GroupDifference]
    distributions: tuple[DistributionDifference, ...]
    unchanged: Size
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Diff: {len(self.distributions)} distributions differ, {self.totals.apparent_bytes.change:+} bytes>"

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What could not be measured in either report."""
        return tuple(dict.fromkeys(self.old.skipped + self.new.skipped))

    @property
    def exit_code(self) -> int:
        """The exit code of a run with this result: 0, or 4 or 5 where something could not be measured."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)

    def validate(self) -> None:
        """Raise BadReport if the parts do not add up."""
        changes = [each.change_bytes for each in self.distributions]
        if sum(changes) + (self.totals.unowned_bytes.change or 0) != self.totals.apparent_bytes.change:
            raise BadReport("the changes of the distributions do not add up to the change of the total")
