"""The versions of several services → the inventory of each. Each version of a distribution is measured once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from deadweight.inventory import take_inventory
from deadweight.inventory.archives import joined, with_archives, with_swaps
from deadweight.model import Inventory, Lock, Pinned
from deadweight.sources.resolve.uninstalled import Resolved, Uninstalling

_Key = tuple[object, ...]


class _Batch(Struct):
    """Distributions that are measured together: at most one version of each, for one Python.

    like:      a resolution that the distributions are part of
    inventory: once it was measured
    """

    python: str
    like: Resolved
    packages: dict[str, Pinned] = {}
    inventory: Inventory | None = None

    def takes(self, package: Pinned, resolved: Resolved, python: str) -> bool:
        """Return whether a distribution can still be measured with the others."""
        if self.inventory is not None or package.name in self.packages or python != self.python:
            return False
        return (resolved.at_most, resolved.removed) == (self.like.at_most, self.like.removed)


class Measuring:
    """Measures sets of distributions.

    runs: Python → what measures for it
    """

    def __init__(self, runs: Mapping[str, Uninstalling]) -> None:
        self._runs = runs
        self._batches: list[_Batch] = []
        self._where: dict[_Key, int] = {}  # the batch of each distribution
        self._disputes: dict[tuple[int, int], set[frozenset[str]]] = {}

    def inventories(self, sets: Mapping[str, Resolved], pythons: Mapping[str, str]) -> dict[str, Inventory]:
        """Return the inventory of each set of distributions.

        pythons: name of a set → the Python to measure for
        """
        for name, resolved in sets.items():
            for package in resolved.lock.packages:
                self._add(package, resolved, pythons[name])
        for batch in self._batches:
            if batch.inventory is None:
                batch.inventory = self._measured(batch.packages.values(), batch.like, batch.python)
        return {name: self._inventory(resolved, pythons[name]) for name, resolved in sets.items()}

    def _add(self, package: Pinned, resolved: Resolved, python: str) -> None:
        key = _key(package, resolved, python)
        if key in self._where:
            return
        number = next((n for n, each in enumerate(self._batches) if each.takes(package, resolved, python)), None)
        if number is None:
            number = len(self._batches)
            self._batches.append(_Batch(python, resolved))
        self._batches[number].packages[package.name] = package
        self._where[key] = number

    def _measured(self, packages: Iterable[Pinned], like: Resolved, python: str) -> Inventory:
        lock = Lock(packages=tuple(sorted(packages, key=lambda package: package.name)))
        uninstalled = self._runs[python].measured(replace(like, lock=lock, skipped=()), compiled=False)
        inventory = take_inventory(uninstalled.measured.tree)
        inventory = with_archives(inventory, uninstalled.measured.facts, uninstalled.warnings)
        return with_swaps(inventory, uninstalled.swaps)

    def _inventory(self, resolved: Resolved, python: str) -> Inventory:
        names: dict[int, set[str]] = {}
        for package in resolved.lock.packages:
            names.setdefault(self._where[_key(package, resolved, python)], set()).add(package.name)
        if self._is_disputed(names):
            # Which of them owns a file depends on which of them are installed.
            inventory = self._measured(resolved.lock.packages, resolved, python)
        else:
            measured = {number: self._batches[number].inventory for number in sorted(names)}
            inventory = joined([(each, names[number]) for number, each in measured.items() if each])
        return replace(inventory, skipped=tuple(sorted({*inventory.skipped, *resolved.skipped})))

    def _is_disputed(self, names: Mapping[int, set[str]]) -> bool:
        """Return whether a file of a set is also one of a distribution in another batch, or outside of the set.

        names: number of a batch → the distributions of the set in it
        """
        if not names:
            return True
        for number, inside in names.items():
            inventory = self._batches[number].inventory
            claims = (set(each.names) for each in inventory.conflicts if each.kind == "path") if inventory else ()
            if any(each & inside and not each <= inside for each in claims):
                return True
        every = set().union(*names.values())
        return any(each <= every for pair in combinations(sorted(names), 2) for each in self._between(*pair))

    def _between(self, one: int, other: int) -> set[frozenset[str]]:
        """Return the pairs of distributions in two batches that have a file in common."""
        if (one, other) not in self._disputes:
            first, second = (_owners(self._batches[number].inventory) for number in (one, other))
            common = (frozenset((first[path], second[path])) for path in second if path in first)
            self._disputes[one, other] = {each for each in common if len(each) > 1}
        return self._disputes[one, other]


def _owners(inventory: Inventory | None) -> dict[str, str]:
    """Return path → name of the distribution that owns it."""
    if inventory is None:
        return {}
    names = [each.name for each in inventory.distributions]
    return {path: names[row] for path, row in inventory.owner.items()}


def _key(package: Pinned, resolved: Resolved, python: str) -> _Key:
    flags: Sequence[object] = (resolved.at_most, resolved.removed, python)
    return (package.name, package.version, package.origin, package.location, *flags)
