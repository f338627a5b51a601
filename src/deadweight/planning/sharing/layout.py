"""What services have in common → base.txt, ml.txt, and the requirements that each service keeps for itself.

A service includes a shared file only if it asks for everything in it, so that no service gets other requirements. The
exception is base.txt with a share below 100 %. If services ask for different ml requirements, ml.txt has those whose
sharing saves most; ``ml-2.txt`` and so on add what some of the services have in common besides.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from deadweight.planning.sharing.wanted import Identity, ServiceFile

BASE, ML = "base", "ml"
_WORTH = 0.01  # of all services together: what saves less is not worth another file
_MOST_CANDIDATES = 500
_MOST_ML = 5  # files

Weigh = Callable[[frozenset[Identity]], int]


class SharedFile(Struct, frozen=True, kw_only=True):
    """A requirements file that several services include.

    name:    "base", "ml", "ml-2", …
    wanted:  sorted
    after:   the shared files that its services include before it
    """

    name: str
    wanted: tuple[Identity, ...]
    services: tuple[str, ...]
    after: tuple[str, ...] = ()


class Layout(Struct, frozen=True, kw_only=True):
    """How the requirements of services are divided among files.

    shared: base first
    own:    service → what only its own file has
    """

    shared: tuple[SharedFile, ...]
    own: Mapping[str, tuple[Identity, ...]]

    def includes(self, service: str) -> tuple[SharedFile, ...]:
        """Return the shared files that a service includes, in order."""
        return tuple(file for file in self.shared if service in file.services)


def divide(services: Sequence[ServiceFile], heavy: Collection[Identity], weigh: Weigh, share: float = 1.0) -> Layout:
    """Divide the requirements of services among shared files and a file for each service.

    heavy: the requirements that ml.txt may have
    weigh: returns the bytes that some requirements install together
    share: the part of the services that must have a requirement of base.txt, up to 1
    """
    names = tuple(service.name for service in services)
    wanted = {service.name: frozenset(service.wanted) for service in services}
    shared: list[SharedFile] = []
    if len(services) > 1:
        base = _base(services, share)
        shared += [SharedFile(name=BASE, wanted=tuple(sorted(base)), services=names)] if base else []
        left = {name: every.intersection(heavy) - base for name, every in wanted.items()}
        shared += _ml_files(left, tuple(shared), weigh, _WORTH * sum(map(weigh, wanted.values())))
    taken = {name: {each for file in shared if name in file.services for each in file.wanted} for name in names}
    own = {
        service.name: tuple(each for each in service.wanted if each not in taken[service.name]) for service in services
    }
    return Layout(shared=tuple(shared), own=own)


def _base(services: Sequence[ServiceFile], share: float) -> frozenset[Identity]:
    counts: dict[Identity, int] = defaultdict(int)
    for service in services:
        for identity in service.wanted:
            counts[identity] += 1
    needed = max(2, math.ceil(share * len(services) - 1e-9))
    return frozenset(identity for identity, count in counts.items() if count >= needed)


class _Candidate(NamedTuple):
    saves: float
    wanted: frozenset[Identity]
    services: tuple[str, ...]


def _ml_files(
    left: dict[str, frozenset[Identity]], base: tuple[SharedFile, ...], weigh: Weigh, worth: float
) -> Iterator[SharedFile]:
    """Yield the ml files: each time the one that saves most, among services whose images are the same so far."""
    below: dict[str, tuple[SharedFile, ...]] = dict.fromkeys(left, base)
    for number in range(1, _MOST_ML + 1):
        by_chain: dict[tuple[SharedFile, ...], list[str]] = defaultdict(list)
        for name, chain in below.items():
            by_chain[chain].append(name)
        candidates = [
            each
            for chain, names in by_chain.items()
            for each in _candidates({name: left[name] for name in names}, _wanted(chain), weigh)
        ]
        best = max(candidates, key=lambda each: (each.saves, len(each.services), sorted(each.wanted)), default=None)
        if best is None or best.saves <= 0 or best.saves < worth:
            return
        chain = below[best.services[0]]
        file = SharedFile(
            name=ML if number == 1 else f"{ML}-{number}",
            wanted=tuple(sorted(best.wanted)),
            services=best.services,
            after=tuple(each.name for each in chain),
        )
        yield file
        for name in best.services:
            below[name] = (*chain, file)
            left[name] -= best.wanted


def _wanted(files: Iterable[SharedFile]) -> frozenset[Identity]:
    return frozenset(each for file in files for each in file.wanted)


def _candidates(
    left: Mapping[str, frozenset[Identity]], installed: frozenset[Identity], weigh: Weigh
) -> Iterator[_Candidate]:
    """Yield each set of requirements that at least two services have in common, with what sharing it saves."""
    before = weigh(installed)
    for common in _intersections(left.values()):
        services = tuple(name for name, wanted in left.items() if common <= wanted)
        if len(services) > 1:
            yield _Candidate((len(services) - 1) * (weigh(installed | common) - before), common, services)


def _intersections(sets: Iterable[frozenset[Identity]]) -> Collection[frozenset[Identity]]:
    """Return all intersections of some sets, without the empty one."""
    found: dict[frozenset[Identity], None] = {}
    for each in dict.fromkeys(sets):
        for other in [each, *(each & known for known in found)]:
            if other and len(found) < _MOST_CANDIDATES:
                found[other] = None
    return found
