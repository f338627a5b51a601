"""The graph of a lock → the packages that its starts reach, each with its dependency groups and extras."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import NamedTuple, Protocol, TypeVar

from deadweight.formats.tables import Malformed
from deadweight.model import Pinned, Requirement

# A walk takes (extras and groups) × edges steps. The largest known project has 130 of them and takes 800,000 steps.
_MOST_STEPS = 5_000_000
_MOST_VERSIONS = 100  # of one project

Node = TypeVar("Node", bound=Hashable)


class Edge(NamedTuple):
    """One dependency: a name with extras and a marker, and the fields that select among several versions.

    version: exact or a specifier, depending on the lock format
    source:  in the notation of the lock format, only for comparison; "" if it is not given
    """

    name: str
    extras: tuple[str, ...] = ()
    marker: str = ""
    version: str = ""
    source: str = ""


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str: ...


Package = TypeVar("Package", bound=Named)
Starts = Mapping[str, Iterable[Edge]]  # dependency group or extra, "" for the project itself → its edges


def reached(
    starts: Starts,
    find: Callable[[Edge], Node | None],
    edges: Callable[[Node, str], Iterable[Edge]],
) -> dict[Node, set[str]]:
    """Return the nodes that the edges lead to, each with the names of the starts that reach it.

    find:  returns the node that an edge leads to; None if its marker does not hold
    edges: returns the edges of a node, or of one of its extras ("" for none)
    """
    starts_of: dict[Node, set[str]] = defaultdict(set)
    steps = 0
    for start, first in starts.items():
        seen: set[tuple[Node, str]] = set()
        waiting = list(first)
        while waiting:
            edge = waiting.pop()
            steps += 1
            if steps > _MOST_STEPS:
                raise Malformed("the dependency graph is too large")
            node = find(edge)
            if node is None:
                continue
            starts_of[node].add(start)
            for part in {(node, extra) for extra in ("", *edge.extras)} - seen:
                seen.add(part)
                waiting.extend(edges(*part))
    return dict(starts_of)


def by_name(packages: Iterable[Package]) -> Mapping[str, list[Package]]:
    """Return the versions of each project in a lock; raises Malformed if a project has too many."""
    versions: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        versions[package.name].append(package)
        if len(versions[package.name]) > _MOST_VERSIONS:
            raise Malformed(f"more than the limit of {_MOST_VERSIONS:,} versions of {package.name}")
    return versions


def check_edges(names: Iterable[str], locked: Collection[str], dependent: str, *, hint: str) -> None:
    """Refuse a truncated lock, in which a dependency of a package is missing; raises Malformed."""
    missing = next((name for name in names if name not in locked), None)
    if missing is not None:
        raise Malformed(f"{dependent} requires {missing}, which is not locked; the file may be truncated", hint=hint)


def merged(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Return requirements sorted by name, each name once with all its extras and groups and one specifier."""
    by_name: dict[str | None, Requirement] = {}
    for requirement in requirements:
        known = by_name.get(requirement.name, requirement)
        by_name[requirement.name] = Requirement(
            name=requirement.name,
            extras=known.extras | requirement.extras,
            specifier=known.specifier or requirement.specifier,
            url=known.url or requirement.url,
            groups=known.groups | requirement.groups,
            file=known.file,
        )
    return tuple(by_name[name] for name in sorted(by_name, key=str))


def once(packages: Iterable[Pinned]) -> tuple[Pinned, ...]:
    """Return packages sorted by name; raises Malformed if a name occurs twice."""
    by_name: dict[str, Pinned] = {}
    for package in packages:
        other = by_name.setdefault(package.name, package)
        if other is not package:
            versions = f"{other.version or 'unknown'} and {package.version or 'unknown'}"
            raise Malformed(
                f"{package.name} is locked twice for this machine: {versions}",
                hint="extras or groups may conflict; choose fewer",
            )
    return tuple(by_name[name] for name in sorted(by_name))
