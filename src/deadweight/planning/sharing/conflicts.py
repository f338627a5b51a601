"""Requirements of services → those that no version satisfies, and the largest part of the services without them.

Only what the services themselves ask for is compared. Whether their dependencies have a common version, only a resolver
can tell.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.model import Requirement
from deadweight.planning.lines import requirement_text
from deadweight.planning.sharing.wanted import ServiceFile

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_VERSION = re.compile(r"[<>=!~]=?=?\s*([\w.!+-]+)")
_MOST_EXACT = 40  # services with conflicts for which the largest part is found; for more, a large one
_SINGLE = ("-i", "--index-url", "--pypi-url", "--no-index", "--pre", "--require-hashes")


class Side(Struct, frozen=True, kw_only=True):
    """One side of a conflict.

    file, line: of the requirement; "" and 0 if no line of the service names the project
    text:       the requirement
    """

    service: str
    file: str
    line: int
    text: str


class Clash(Struct, frozen=True, kw_only=True):
    """Two services that cannot have the same versions.

    project: that they disagree on; "" if the reason names it
    reason:  the resolver's explanation, or a sentence; "" if the sides say everything
    """

    project: str
    sides: tuple[Side, Side]
    reason: str = ""

    @property
    def services(self) -> tuple[str, str]:
        return self.sides[0].service, self.sides[1].service


def side_of(service: ServiceFile, requirement: Requirement) -> Side:
    """Return a requirement as one side of a conflict."""
    line = service.lines.get(requirement, 0)
    return Side(service=service.name, file=requirement.file, line=line, text=requirement_text(requirement))


def clashes(services: Sequence[ServiceFile], holds: Callable[[Requirement], bool]) -> Iterator[Clash]:
    """Yield the pairs of services whose own requirements contradict each other.

    holds: returns whether the marker of a requirement holds on the measured machine
    """
    named: dict[str, dict[str, list[Requirement]]] = defaultdict(dict)
    indexed = {each.name for service in services for each in service.requirements() if each.index}
    for service in services:
        for requirement in service.requirements():
            limited = requirement.specifier or requirement.url or requirement.name in indexed
            if requirement.name and limited and holds(requirement):
                named[requirement.name].setdefault(service.name, []).append(requirement)
    files = {service.name: service for service in services}
    compared: dict[tuple[str, ...], bool] = {}
    for project, by_service in sorted(named.items()):
        for (one, ones), (other, others) in combinations(by_service.items(), 2):
            for first in ones:
                for second in others:
                    key = (project, *_limits(first), *_limits(second))
                    if key not in compared:
                        compared[key] = _meet(first, second)
                    if not compared[key]:
                        reason = f"they take {project} from different indexes" if first.index != second.index else ""
                        yield Clash(
                            project=project,
                            sides=(side_of(files[one], first), side_of(files[other], second)),
                            reason=reason,
                        )


def _limits(requirement: Requirement) -> tuple[str, str, str]:
    return requirement.specifier, requirement.url, requirement.index


def _meet(one: Requirement, other: Requirement) -> bool:
    """Return whether a version may satisfy both."""
    from packaging.specifiers import SpecifierSet

    if one.index != other.index:
        return False
    if one.url or other.url:
        return not (one.url and other.url) or one.url == other.url
    both = SpecifierSet(one.specifier) & SpecifierSet(other.specifier)
    return any(both.contains(version, prereleases=True) for version in _candidates(both))


def _candidates(both: SpecifierSet) -> Iterator[Version]:
    """Yield versions of which at least one is in each nonempty range: the bounds, and a version after each of them."""
    from packaging.version import InvalidVersion, Version

    yield Version("0")
    bounds = [match[1].removesuffix(".*") for match in map(_VERSION.match, map(str, both)) if match]
    for text in [*bounds, *(f"{bound.partition('+')[0]}.0.0.0.1" for bound in bounds)]:
        try:
            yield Version(text)
        except InvalidVersion:
            continue


def settings_clashes(settings: Mapping[str, object], sides: Mapping[str, Side]) -> Iterator[Clash]:
    """Yield the pairs of services that are resolved with different settings, such as another index.

    settings: service → what must be equal
    """
    for one, other in combinations(settings, 2):
        if settings[one] != settings[other]:
            reason = "they use different indexes, versions of Python or settings of the resolver"
            yield Clash(project="", sides=(sides[one], sides[other]), reason=reason)


def hash_clashes(services: Sequence[ServiceFile], sides: Mapping[str, Side]) -> Iterator[Clash]:
    """Yield the pairs of services of which one has hashes: pip refuses to install requirements with and without."""
    for one, other in combinations([service for service in services if service.wanted], 2):
        if one.hashed != other.hashed:
            hashed, bare = (one, other) if one.hashed else (other, one)
            reason = f"{hashed.name} has hashes, {bare.name} has none, and pip does not install both together"
            yield Clash(project="", sides=(sides[one.name], sides[other.name]), reason=reason)


def single_options(options: Iterable[str]) -> tuple[str, ...]:
    """Return the options of a requirements file that apply to everything and cannot be combined with others."""
    return tuple(sorted(line for line in options if re.split(r"[\s=]", line, maxsplit=1)[0] in _SINGLE))


def largest_part(names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the most services of which no pair has a conflict, in their order; of several such parts, the first."""
    against: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        against[one].add(other)
        against[other].add(one)
    kept = set(_independent(tuple(names), against, exact=len(against) <= _MOST_EXACT))
    return tuple(name for name in names if name in kept)


def _independent(names: tuple[str, ...], against: Mapping[str, set[str]], *, exact: bool) -> tuple[str, ...]:
    left = set(names)
    degree = {name: len(against.get(name, set()) & left) for name in names}
    worst = max(names, key=lambda name: degree[name], default=None)
    if worst is None or degree[worst] == 0:
        return names
    without = _independent(tuple(name for name in names if name != worst), against, exact=exact)
    if not exact:
        return without
    apart = tuple(name for name in names if name != worst and name not in against[worst])
    with_it = (worst, *_independent(apart, against, exact=exact))
    return with_it if len(with_it) > len(without) else without
