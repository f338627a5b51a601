"""What a run found, as one value. Every report and every command is written from it; ``concluding.py`` makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from deadweight.codescan.python.newer_python import NAME
from deadweight.errors import abridged
from deadweight.graph import Graph, Holders, Weight, holders
from deadweight.model import (
    GROUPS,
    Assignment,
    Conflict,
    Distribution,
    Group,
    ImageFacts,
    Inventory,
    Skipped,
    Source,
    SystemFacts,
    Use,
    Wanted,
)
from deadweight.plan.lighter import Lighter, Savings, is_cuda, lighter_builds
from deadweight.plan.splits import Split
from deadweight.proof import Proof
from deadweight.proof.remarks import Remark
from deadweight.settings import Settings
from deadweight.targets.types import REQUIRING, Lock, Names, Target

if TYPE_CHECKING:
    import networkx

    from deadweight.formats.requirements import RequirementsFile


class Row(Struct, frozen=True, kw_only=True):
    """One distribution with all that was concluded of it."""

    distribution: Distribution
    direct: bool
    assignment: Assignment
    weight: Weight
    requires: tuple[str, ...]
    required_by: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.distribution.key

    def record(self) -> dict[str, str | int | bool | None]:
        """Return the row as names and plain values; sizes are bytes."""
        distribution, sizes = self.distribution, self.distribution.sizes
        return {
            "key": self.key,
            "name": distribution.name,
            "version": distribution.version,
            "direct": self.direct,
            "group": self.assignment.group,
            "sure": self.assignment.sure,
            "files": sizes.files,
            "apparent_bytes": sizes.apparent,
            "disk_bytes": sizes.disk,
            "native_bytes": sizes.native,
            "bytecode_bytes": sizes.bytecode,
            "closure_bytes": self.weight.closure,
            "retained_bytes": self.weight.retained,
            "freed_bytes": self.weight.freed,
            "requires": len(self.requires),
            "required_by": len(self.required_by),
        }


class Shared(Struct, frozen=True, kw_only=True):
    """A distribution that several direct requirements need.

    direct:  whether it is a direct requirement itself
    holders: the others that need it, those that reach the most bytes first
    """

    key: str
    direct: bool
    holders: Holders


_HOLDERS = 20  # direct requirements that are listed for each distribution that they share


class Profile(Struct, frozen=True, kw_only=True):
    """The footprint of a target. Sizes are bytes; ``None`` is unknown. Names are found by any spelling.

    inventory:    every byte below the prefix, in one row each
    dependencies: who needs whom, with extras as nodes of their own; ``graph`` is the same for networkx, without them
    weights:      key → closure, retained and freed bytes
    groups:       key → group with its evidence
    splits:       production and minimal
    requirements: the file, where the target is one
    image:        what is known of the layers, where the target is an image
    system:       what is there beside distributions, where the target is a whole system
    source:       the application's source, where there is any
    uses:         name → where that source uses it
    proofs:       split → whether it provides what the application names, where there is source
    remarks:      what else is worth a look, where there is source
    savings:      what lighter builds would save, where that was measured
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
    source: Source | None = None
    uses: Mapping[str, tuple[Use, ...]] = {}
    proofs: Mapping[str, Proof] = {}
    remarks: tuple[Remark, ...] = ()
    not_measured: tuple[Wanted, ...] = ()  # what a lock holds besides, as requirements
    savings: Savings = Savings()

    @property
    def graph(self) -> networkx.DiGraph[str]:
        """The distributions and who requires whom, for networkx; made anew at each access; see ``Graph.networkx``."""
        return self.dependencies.networkx()

    def __repr__(self) -> str:
        found = self.inventory
        return (
            f"<Profile of {abridged(self.target.location, 80)!r}: {len(found.distributions)} distributions,"
            f" {found.total.apparent} bytes>"
        )

    @property
    def requested(self) -> tuple[str, ...]:
        """The keys of the direct requirements: what the user's file names, or what an environment was asked for."""
        return tuple(root.key for root in self.dependencies.direct)

    def records(self) -> list[dict[str, str | int | bool | None]]:
        """Return a flat record for each distribution, by name: ``pandas.DataFrame(report.records())``."""
        return [row.record() for row in self.rows()]

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
        """Return the lighter builds that what was measured has."""
        return lighter_builds(self.inventory, self.dependencies, self.savings.each)

    def cuda(self) -> tuple[int, int]:
        """Return how many distributions are there for NVIDIA's graphics cards alone, and their bytes."""
        found = [d.sizes.apparent for d in self.inventory.distributions if is_cuda(d)]
        return len(found), sum(found)

    def shared(self) -> tuple[Shared, ...]:
        """Return what several direct requirements hold up together: dropping one of them does not free it."""
        direct = sorted(self.dependencies.direct, key=lambda root: (-self.weights[root.key].closure, root.key))
        named = {root.key for root in direct}
        return tuple(
            Shared(key=key, direct=key in named, holders=found)
            for key, found in sorted(holders(self.dependencies, direct, _HOLDERS).items())
            if found.count + (key in named) > 1
        )

    @property
    def required_bytes(self) -> int:
        """Bytes of what the requirements bring in: the whole that splits are parts of.

        The total has besides what no requirement reaches, what no distribution owns, and other environments.
        """
        first = self.splits[0]
        return first.apparent_bytes + first.saved_bytes

    @property
    def unmeasured(self) -> tuple[Skipped, ...]:
        """Distributions that are asked for and not in the figures; of files that are there, all are measured."""
        return self.skipped if self.method == "wheels" else ()

    def required_keys(self) -> set[str]:
        """Return the keys of what the first environment's direct requirements bring in, which is split."""
        prefix = self.inventory.environment.prefix
        there = {d.key for d in self.inventory.distributions if d.prefix == prefix}
        return self.dependencies.closure(self.dependencies.direct) & there

    def group_totals(self) -> Mapping[Group, tuple[int, int]]:
        """Return group → (distributions, apparent bytes), all groups, also the empty ones."""
        found: dict[Group, tuple[int, int]] = dict.fromkeys(GROUPS, (0, 0))
        for distribution in self.inventory.distributions:
            group = self.groups[distribution.key].group
            count, size = found[group]
            found[group] = (count + 1, size + distribution.sizes.apparent)
        return found

    def split(self, name: str) -> Split:
        """Return the split of that name; raises KeyError."""
        found = {split.name: split for split in self.splits}
        return found[name]

    @property
    def method(self) -> Literal["files", "install", "wheels"]:
        """How the target was measured: as it lies there, installed for it, or from its archives."""
        if not isinstance(self.target, REQUIRING):
            return "files"
        return "wheels" if isinstance(self.target, (Lock, Names)) or self.settings.no_install else "install"

    @property
    def download_bytes(self) -> int | None:
        """Bytes of all archives, None where nothing was measured from them or the size of one is unknown."""
        return _sum(d.archive.size if d.archive else None for d in self.inventory.distributions)

    @property
    def estimated_bytecode_bytes(self) -> int | None:
        """About how much compiling would add to what was measured from archives; None where nobody asked."""
        return _sum(d.archive.bytecode if d.archive else None for d in self.inventory.distributions)

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """What cannot be true together; that something misses what was skipped is said there once, not for each."""
        skipped = {skipped.name for skipped in self.skipped}
        found = self.inventory.conflicts + self.dependencies.conflicts
        return tuple(c for c in found if not (c.kind == "missing" and c.names[-1] in skipped))

    @property
    def exit_code(self) -> int:
        """What a run ends with: 0, or 4 or 5 where something is not in the figures that was to be."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return self.inventory.skipped

    @property
    def warnings(self) -> tuple[str, ...]:
        notes = [warning for split in self.splits for warning in split.warnings]
        unread = self.source.skipped if self.source else ()
        notes += [f"{each.name}: {each.reason}" for each in unread if each.name.startswith(NAME)]
        if self.dependencies.frozen:
            asked = len(self.dependencies.direct)
            notes.insert(
                0,
                f"{self.target.location} is a full freeze: only the {asked} requirements that no other line requires"
                " count as direct",
            )
        notes += self.savings.warnings
        return tuple(map(abridged, (*self.inventory.warnings, *self.dependencies.warnings, *notes)))


class Grouping(Struct, frozen=True, kw_only=True):
    """The groups of a target, and no more.

    method:   as a profile's, or how it was told without measuring: by "metadata" or by "names" alone
    groups:   key → group with its evidence, in alphabetical order
    warnings: what is worth knowing of how it was told, as sentences
    skipped:  what is in no group, and was to be
    """

    target: Target
    method: Literal["files", "install", "wheels", "metadata", "names"]
    groups: Mapping[str, Assignment]
    warnings: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def exit_code(self) -> int:
        """What a run ends with; see ``Profile``."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)


def grouping_of(profile: Profile) -> Grouping:
    """Return the groups of what was measured."""
    return Grouping(
        target=profile.target,
        method=profile.method,
        groups=dict(sorted(profile.groups.items())),
        warnings=profile.warnings,
        skipped=profile.skipped,
    )


def _sum(sizes: Iterable[int | None]) -> int | None:
    found = list(sizes)
    return None if None in found or not found else sum(size for size in found if size is not None)
