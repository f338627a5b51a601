"""The versions of several services → the inventory of each. What services have in common is measured once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from deadweight.inventory import take_inventory
from deadweight.inventory.archives import restricted, with_archives, with_swaps
from deadweight.model import Inventory, Lock, Pinned
from deadweight.sources.resolve.uninstalled import Resolved, Uninstalling


class _Batch(Struct):
    """Sets of distributions that agree on the versions of what they share, so that one inventory has all of them."""

    packages: dict[str, Pinned]
    members: list[str]
    at_most: frozenset[str]
    removed: frozenset[str]

    def takes(self, resolved: Resolved) -> bool:
        """Return whether a set of distributions agrees with the batch."""
        if (resolved.at_most, resolved.removed) != (self.at_most, self.removed):
            return False
        return all(_same(each, self.packages.get(each.name, each)) for each in resolved.lock.packages)


def _same(one: Pinned, other: Pinned) -> bool:
    return (one.version, one.origin, one.location) == (other.version, other.origin, other.location)


def inventories(
    sets: Mapping[str, Resolved], pythons: Mapping[str, str], runs: Mapping[str, Uninstalling]
) -> dict[str, Inventory]:
    """Return the inventory of each set of distributions.

    sets:    name → distributions; those that come first determine which sets are measured together
    pythons: name → the Python to measure for
    runs:    Python → what measures for it
    """
    batches: list[tuple[str, _Batch]] = []
    for name, resolved in sets.items():
        python = pythons[name]
        batch = next((each for of, each in batches if of == python and each.takes(resolved)), None)
        if batch is None:
            batch = _Batch({}, [], resolved.at_most, resolved.removed)
            batches.append((python, batch))
        batch.members.append(name)
        batch.packages |= {package.name: package for package in resolved.lock.packages}
    found: dict[str, Inventory] = {}
    for python, batch in batches:
        whole = _measured(batch.packages.values(), [sets[name] for name in batch.members], runs[python])
        for name in batch.members:
            names = {package.name for package in sets[name].lock.packages}
            if _shares_files(whole, names):
                # Which of them owns a file depends on which of them are installed.
                found[name] = _measured(sets[name].lock.packages, [sets[name]], runs[python])
            else:
                found[name] = restricted(whole, names | {each.name for each in sets[name].skipped})
    return {name: found[name] for name in sets}


def _measured(packages: Iterable[Pinned], sets: Sequence[Resolved], run: Uninstalling) -> Inventory:
    lock = Lock(packages=tuple(sorted(packages, key=lambda package: package.name)))
    skipped = tuple(dict.fromkeys(each for one in sets for each in one.skipped))
    warnings = tuple(dict.fromkeys(each for one in sets for each in one.warnings))
    uninstalled = run.measured(replace(sets[0], lock=lock, skipped=skipped, warnings=warnings), compiled=True)
    inventory = take_inventory(uninstalled.measured.tree)
    inventory = with_archives(inventory, uninstalled.measured.facts, uninstalled.warnings)
    return with_swaps(inventory, uninstalled.swaps)


def _shares_files(whole: Inventory, names: set[str]) -> bool:
    """Return whether files of a set are also those of a distribution outside of it."""
    shared = (set(conflict.names) for conflict in whole.conflicts if conflict.kind == "path")
    return any(each & names and not each <= names for each in shared)
