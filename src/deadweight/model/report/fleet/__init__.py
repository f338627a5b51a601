"""The result of ``deadweight fleet report``, schema ``deadweight.fleet/1``: the figures over all targets of a fleet.

Sizes are bytes and end in ``_bytes``; ``None`` is unknown or does not apply, never 0. A copy is one installation of a
distribution in one target. ``apparent_bytes`` counts every copy. ``stored_bytes`` counts what a registry stores: each
layer once, whatever the number of its images.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from deadweight.model.documents import Published
from deadweight.model.report.sizes import Size

Schema = Literal["deadweight.fleet/1"]


class FleetRun(Struct, frozen=True, kw_only=True):
    """One run, and what it measured.

    finished: None for a run that was stopped, or that still measures
    complete: whether it measured the whole fleet
    failed:   how many of the targets could not be measured
    apparent_bytes: of the targets that it measured
    """

    run: int
    started: str
    finished: str | None
    complete: bool
    version: str
    targets: Size
    failed: Size
    apparent_bytes: Size


class FleetTotals(Struct, frozen=True, kw_only=True):
    """The sums over the targets.

    targets:         those with a result
    copies:          of distributions
    production_saves_bytes: what the production splits of all targets save
    images:          those of the targets that are images
    shipped_bytes:   the unpacked layers of each image, as if each were stored alone
    layers:          each once
    stored_bytes:    the unpacked bytes of these layers
    compressed_bytes: of these layers, as far as they are known
    layers_compressed: of how many of them the compressed size is known
    wasted_bytes:    files in these layers that later layers remove or replace, in the image where they are most
    images_alone:    images that share no layer with another
    """

    targets: Size
    distributions: Size
    versions: Size
    copies: Size
    apparent_bytes: Size
    production_saves_bytes: Size
    images: Size
    shipped_bytes: Size
    layers: Size
    stored_bytes: Size
    compressed_bytes: Size
    layers_compressed: Size
    wasted_bytes: Size
    images_alone: Size


class FailedTarget(Struct, frozen=True, kw_only=True):
    """A target whose last measurement failed; ``run`` is that of its result, None if it has none."""

    target: str
    run: int | None
    reason: str


class FleetDistribution(Struct, frozen=True, kw_only=True):
    """All copies of the distributions of one project.

    dev_copies, dev_bytes: those that the production split of their target leaves out
    """

    name: str
    versions: Size
    copies: Size
    apparent_bytes: Size
    stored_bytes: Size
    dev_copies: Size
    dev_bytes: Size


class VersionUse(Struct, frozen=True, kw_only=True):
    """The copies of one version; ``version`` is None if it is unknown."""

    version: str | None
    copies: Size
    apparent_bytes: Size


class VersionsInUse(Struct, frozen=True, kw_only=True):
    """The versions of one project, the one with most copies first; ``versions_left_out`` is how many are not listed."""

    name: str
    copies: Size
    versions: tuple[VersionUse, ...]
    versions_left_out: Size = 0


class RuleWaste(Struct, frozen=True, kw_only=True):
    """What the findings of one rule take. Several findings, also of different rules, may count the same bytes."""

    rule: str
    name: str
    findings: Size
    apparent_bytes: Size
    stored_bytes: Size


class BaseInUse(Struct, frozen=True, kw_only=True):
    """A base: the layers up to the highest one that an image shares with others.

    digest, command: of that layer
    layers:          how many layers the base has
    stored_bytes:    of these layers, unpacked
    images:          those for which it is the base
    """

    digest: str
    command: str
    layers: Size
    stored_bytes: Size
    images: Size


class BaseDistribution(Struct, frozen=True, kw_only=True):
    """A distribution that a proposed base contains."""

    name: str
    version: str | None
    apparent_bytes: Size


class ProposedBase(Struct, frozen=True, kw_only=True):
    """A base image that would serve several images, which each store the same distributions in layers of their own.

    layers:        how many layers store these distributions today
    images:        the images that have one of these layers
    before_bytes:  the copies of the distributions in these layers
    after_bytes:   one copy, which all of the images share
    """

    python: str | None
    platform: str | None
    distributions: tuple[BaseDistribution, ...]
    layers: Size
    images: Size
    before_bytes: Size
    after_bytes: Size

    @property
    def saves_bytes(self) -> int:
        """What storing them once saves."""
        return self.before_bytes - self.after_bytes


class Bases(Struct, frozen=True, kw_only=True):
    """Which bases images share, and which they could share.

    before_bytes: all layers, each once, unpacked
    after_bytes:  the same if all proposals were followed
    """

    in_use: tuple[BaseInUse, ...]
    proposed: tuple[ProposedBase, ...]
    before_bytes: Size
    after_bytes: Size


class FleetChange(Struct, frozen=True, kw_only=True):
    """One kind of change, wherever it applies.

    action: "drop-dev", "drop-unused", "lighter" or "instruction"
    name:   of the distribution; of the rule for an instruction of a Dockerfile
    detail: the rule, the lighter build, or the change to the instruction
    lines:  how many lines change: one for each target, but one for each layer of images
    saves_bytes: over all targets
    """

    action: str
    name: str
    detail: str
    lines: Size
    targets: Size
    saves_bytes: Size

    @property
    def saves_per_line(self) -> int:
        """The bytes that each line saves, rounded down."""
        return self.saves_bytes // max(1, self.lines)


class TargetChange(Struct, frozen=True, kw_only=True):
    """A target before and after; None where it was not in the fleet."""

    target: str
    before_bytes: Size | None
    after_bytes: Size | None

    @property
    def change(self) -> int:
        """By how much it grew."""
        return (self.after_bytes or 0) - (self.before_bytes or 0)


class DistributionChange(Struct, frozen=True, kw_only=True):
    """All copies of the distributions of one project, before and after."""

    name: str
    before_copies: Size
    after_copies: Size
    before_bytes: Size
    after_bytes: Size


class Trend(Struct, frozen=True, kw_only=True):
    """What changed between the states after two runs.

    changed:       how many targets have another result, of those that are in both
    targets, distributions: those that changed most first
    """

    before: FleetRun
    after: FleetRun
    before_targets: Size
    after_targets: Size
    before_bytes: Size
    after_bytes: Size
    came: Size
    went: Size
    changed: Size
    targets: tuple[TargetChange, ...]
    distributions: tuple[DistributionChange, ...]


class FleetReport(Published, frozen=True, kw_only=True):
    """The figures over all targets of a fleet. Lists have the largest first, and at most as many rows as requested.

    fleet:         path of the file
    runs:          the newest first
    distributions: by apparent_bytes
    dev:           by dev_bytes
    versions:      projects with several versions, the one with most copies first
    failed:        how many targets failed in their last run
    never_measured: how many of them have no result, and are not in the totals
    failures:      the first of ``failed``
    trend:         None if nothing was measured before
    """

    schema: Schema = field(default="deadweight.fleet/1")
    version: str
    fleet: str
    totals: FleetTotals
    runs: tuple[FleetRun, ...]
    distributions: tuple[FleetDistribution, ...]
    dev: tuple[FleetDistribution, ...]
    versions: tuple[VersionsInUse, ...]
    rules: tuple[RuleWaste, ...]
    bases: Bases
    changes: tuple[FleetChange, ...]
    trend: Trend | None
    failed: Size
    never_measured: Size = 0
    failures: tuple[FailedTarget, ...]

    def __repr__(self) -> str:
        return f"<FleetReport: {self.totals.targets} targets, {self.totals.apparent_bytes} bytes>"
