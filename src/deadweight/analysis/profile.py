"""All conclusions of a run as one value, the input of reports. ``concluding.py`` creates it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from deadweight.codescan.python.newer_python import NAME
from deadweight.errors import abridged
from deadweight.graph import Graph, Holders, Weight, holders
from deadweight.model import (
    GROUPS,
    Application,
    Assignment,
    Conflict,
    Distribution,
    Group,
    ImageFacts,
    Inventory,
    Requirement,
    Skipped,
    SystemFacts,
    Use,
)
from deadweight.planning.lighter import Lighter, Savings, is_cuda, lighter_builds
from deadweight.planning.splits import Split
from deadweight.proof import Proof
from deadweight.proof.remarks import Remark
from deadweight.settings import Settings
from deadweight.targets.types import REQUIRING, Lock, Names, Target

if TYPE_CHECKING:
    from deadweight.formats.requirements import RequirementsFile


class Row(Struct, frozen=True, kw_only=True):
    """One distribution with all conclusions about it."""

    distribution: Distribution
    direct: bool
    assignment: Assignment
    weight: Weight
    requires: tuple[str, ...]
    required_by: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.distribution.key


class Shared(Struct, frozen=True, kw_only=True):
    """A distribution that several direct requirements need.

    direct:  whether it is a direct requirement itself
    holders: the others that need it, those with the largest closure first
    """

    key: str
    direct: bool
    holders: Holders


_HOLDERS = 20  # direct requirements to list for each shared distribution


class Profile(Struct, frozen=True, kw_only=True):
    """The footprint of a target. Sizes are bytes; ``None`` is unknown. Lookups accept any spelling of a name.

    inventory:    every byte below the prefix, in exactly one row
    dependencies: the dependency graph, with extras as nodes
    weights:      key → closure, retained and freed bytes
    groups:       key → group with its evidence
    splits:       production and minimal
    requirements: the requirements file, if the target is one
    image:        facts about the layers, if the target is an image
    system:       the other contents, if the target is a whole system
    application:       the code of the application, if it was read
    uses:         name → its uses in the application
    proofs:       split → whether it provides what the application uses, if the code was read
    remarks:      the findings, if the code was read
    not_measured: requirements for contents of a lock that could not be measured
    savings:      the measured savings of lighter builds
    """

    target: Target
    inventory: Inventory
    dependencies: Graph
    weights: Mapping[str, Weight]
    groups: Mapping[str, Assignment]
    splits: tuple[Split, ...]
    requirements: RequirementsFile | None
    settings: Settings
    image: ImageFacts | None = None
    system: SystemFacts | None = None
    application: Application | None = None
    uses: Mapping[str, tuple[Use, ...]] = {}
    proofs: Mapping[str, Proof] = {}
    remarks: tuple[Remark, ...] = ()
    not_measured: tuple[Requirement, ...] = ()
    savings: Savings = Savings()

    def __repr__(self) -> str:
        inventory = self.inventory
        return (
            f"<Profile of {abridged(self.target.location, 80)!r}: {len(inventory.distributions)} distributions,"
            f" {inventory.total.apparent} bytes>"
        )

    def rows(self) -> Iterator[Row]:
        """Yield one row for each distribution, by name."""
        direct = {root.key for root in self.dependencies.direct}
        for distribution in self.inventory.distributions:
            key = distribution.key
            yield Row(
                distribution=distribution,
                direct=key in direct,
                assignment=self.groups[key],
                weight=self.weights[key],
                requires=self.dependencies.requires(key),
                required_by=self.dependencies.required_by.get(key, ()),
            )

    def lighter(self) -> tuple[Lighter, ...]:
        """Return the lighter builds of the measured distributions."""
        requested = self.requirements.all_requirements() if self.requirements else ()
        return lighter_builds(self.inventory, self.dependencies, requested, self.savings.each)

    def cuda(self) -> tuple[int, int]:
        """Return the number of distributions that are only for NVIDIA GPUs, and their bytes."""
        sizes = [d.sizes.apparent for d in self.inventory.distributions if is_cuda(d)]
        return len(sizes), sum(sizes)

    def shared(self) -> tuple[Shared, ...]:
        """Return distributions that several direct requirements need: dropping one of these does not free them."""
        direct = sorted(self.dependencies.direct, key=lambda root: (-self.weights[root.key].closure, root.key))
        named = {root.key for root in direct}
        return tuple(
            Shared(key=key, direct=key in named, holders=others)
            for key, others in sorted(holders(self.dependencies, direct, _HOLDERS).items())
            if others.count + (key in named) > 1
        )

    @property
    def required_bytes(self) -> int:
        """Bytes of everything that the requirements install: the whole that splits are parts of.

        The total also contains what no requirement needs, unowned files, and other environments.
        """
        first = self.splits[0]
        return first.apparent_bytes + first.saved_bytes

    @property
    def unmeasured(self) -> tuple[Skipped, ...]:
        """Required distributions that could not be measured. Files that exist are always measured."""
        return self.skipped if self.method == "wheels" else ()

    def required_keys(self) -> set[str]:
        """Return the keys of everything that the direct requirements of the first environment install."""
        prefix = self.inventory.environment.prefix
        keys = {d.key for d in self.inventory.distributions if d.prefix == prefix}
        return self.dependencies.closure(self.dependencies.direct) & keys

    def group_totals(self) -> Mapping[Group, tuple[int, int]]:
        """Return group → (distributions, apparent bytes) for all groups, including empty ones."""
        totals: dict[Group, tuple[int, int]] = dict.fromkeys(GROUPS, (0, 0))
        for distribution in self.inventory.distributions:
            group = self.groups[distribution.key].group
            count, size = totals[group]
            totals[group] = (count + 1, size + distribution.sizes.apparent)
        return totals

    def split(self, name: str) -> Split:
        """Return a split by name; raises KeyError."""
        return {split.name: split for split in self.splits}[name]

    @property
    def method(self) -> Literal["files", "install", "wheels"]:
        """How the target was measured: from existing files, in a temporary environment, or from archives."""
        if not isinstance(self.target, REQUIRING):
            return "files"
        return "wheels" if isinstance(self.target, (Lock, Names)) or self.settings.measuring.no_install else "install"

    @property
    def download_bytes(self) -> int | None:
        """Bytes of all archives; None if none was used or the size of one is unknown."""
        return _sum(d.archive.size if d.archive else None for d in self.inventory.distributions)

    @property
    def estimated_bytecode_bytes(self) -> int | None:
        """Estimated bytes of bytecode, if measured from archives and bytecode is included; else None."""
        return _sum(d.archive.bytecode if d.archive else None for d in self.inventory.distributions)

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Conflicting requirements. A missing distribution that was skipped is not repeated for each dependent."""
        skipped = {skipped.name for skipped in self.skipped}
        conflicts = self.inventory.conflicts + self.dependencies.conflicts
        return tuple(c for c in conflicts if not (c.kind == "missing" and c.names[-1] in skipped))

    @property
    def exit_code(self) -> int:
        """The exit code of the run: 0, or 4 or 5 if something could not be measured."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return self.inventory.skipped

    @property
    def warnings(self) -> tuple[str, ...]:
        notes = [warning for split in self.splits for warning in split.warnings]
        unread = self.application.skipped if self.application else ()
        notes += [f"{each.name}: {each.reason}" for each in unread if each.name.startswith(NAME)]
        if self.dependencies.frozen:
            direct = len(self.dependencies.direct)
            notes.insert(
                0,
                f"{self.target.location} is a full freeze: only the {direct} requirements that no other line requires"
                " count as direct",
            )
        notes += self.savings.warnings
        return tuple(map(abridged, (*self.inventory.warnings, *self.dependencies.warnings, *notes)))


class Grouping(Struct, frozen=True, kw_only=True):
    """Only the groups of a target.

    method:   as for a profile; without measuring "metadata" or "names", by what the groups are based on
    groups:   key → group with its evidence, in alphabetical order
    warnings: notes about the method, as sentences
    skipped:  what could not be grouped
    """

    target: Target
    method: Literal["files", "install", "wheels", "metadata", "names"]
    groups: Mapping[str, Assignment]
    warnings: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def exit_code(self) -> int:
        """The exit code of the run; see ``Profile``."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)


def grouping_of(profile: Profile) -> Grouping:
    """Return the groups of a profile."""
    return Grouping(
        target=profile.target,
        method=profile.method,
        groups=dict(sorted(profile.groups.items())),
        warnings=profile.warnings,
        skipped=profile.skipped,
    )


def _sum(sizes: Iterable[int | None]) -> int | None:
    every = list(sizes)
    known = [size for size in every if size is not None]
    return sum(known) if every and len(known) == len(every) else None
