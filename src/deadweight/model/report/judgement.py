"""What a report concludes: groups, lighter builds, splits with their proofs, and findings in the application's code."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from deadweight.model.application import How, Naming, Role
from deadweight.model.groups import Group
from deadweight.model.report.sizes import Size


class GroupTotals(Struct, frozen=True, kw_only=True):
    """The distributions of one group; ``largest`` are keys, the largest first."""

    distributions: Size
    apparent_bytes: Size
    largest: tuple[str, ...] = ()


class Cuda(Struct, frozen=True, kw_only=True):
    """What is installed for NVIDIA GPUs only."""

    distributions: Size
    apparent_bytes: Size


class LighterBuild(Struct, frozen=True, kw_only=True):
    """A distribution that has a lighter build; see ``plan.lighter``."""

    name: str
    apparent_bytes: Size
    lighter: str
    how: str
    loses: str
    saves_bytes: Size | None
    measured_saving_bytes: Size | None = None


class SharedDependency(Struct, frozen=True, kw_only=True):
    """A distribution that several direct requirements need.

    holders: how many other direct requirements need it
    held_by: the first of them, those with the largest closure first
    """

    name: str
    apparent_bytes: Size
    direct: bool
    holders: Size
    held_by: tuple[str, ...]


class Unread(Struct, frozen=True, kw_only=True):
    """A file of the application that could not be read."""

    name: str
    reason: str


class ApplicationFacts(Struct, frozen=True, kw_only=True):
    """The application's code that was read. ``mentions`` counts the places that name something."""

    directory: str
    files: Size
    mentions: Size
    skipped: tuple[Unread, ...]


class Location(Struct, frozen=True, kw_only=True):
    """A place in the application's code; see ``model.application.Mention``. ``cell`` is None outside of notebooks."""

    kind: Naming
    name: str
    file: str
    line: int
    cell: int | None
    role: Role
    how: How
    condition: str | None


class Finding(Struct, frozen=True, kw_only=True):
    """A finding to review; see ``proof.remarks.Remark``."""

    kind: str
    name: str
    reason: str
    freed_bytes: Size | None
    locations: tuple[Location, ...]


class Lacking(Struct, frozen=True, kw_only=True):
    """Something that the application uses and a split does not provide; see ``proof.Gap``."""

    name: str | None
    what: str
    excused: bool
    excuse: str | None
    locations: tuple[Location, ...]


class ProofReport(Struct, frozen=True, kw_only=True):
    """Whether a split provides everything the application uses; ``checked`` counts the places that were checked."""

    holds: bool
    checked: Size
    gaps: tuple[Lacking, ...]

    @property
    def lost(self) -> tuple[Lacking, ...]:
        """What is lacking without an excuse; none if the split holds."""
        return tuple(gap for gap in self.gaps if not gap.excused)


class DroppedRequirement(Struct, frozen=True, kw_only=True):
    """A requirement that a split leaves out; see ``plan.splits.Dropped``.

    rule:  that decided
    later: whether it goes because the application never imports it when it starts; ``reason`` then names the place
    """

    name: str
    group: Group
    rule: str
    later: bool
    reason: str
    brought_bytes: Size | None
    freed_bytes: Size | None
    locations: tuple[Location, ...]


class UnsureRequirement(Struct, frozen=True, kw_only=True):
    """A requirement that a split keeps only because the evidence for its group is weak."""

    name: str
    group: Group
    reason: str
    freed_bytes: Size | None


class SplitReport(Struct, frozen=True, kw_only=True):
    """A smaller set of requirements; see ``plan.splits.Split``. ``requirements`` are the lines that stay."""

    groups: tuple[str, ...]
    requirements: tuple[str, ...]
    dropped: tuple[DroppedRequirement, ...]
    proof: ProofReport | None
    unsure: tuple[UnsureRequirement, ...]
    distributions: tuple[str, ...]
    apparent_bytes: Size
    saved_bytes: Size
    saved_groups: Mapping[Group, Size]
