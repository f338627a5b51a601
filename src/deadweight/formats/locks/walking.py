"""The edges of a lock's graph + where they start → what they reach, and for which dependency groups and extras."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import NamedTuple, Protocol, TypeVar

from deadweight.formats.tables import Malformed
from deadweight.model import Pinned, Wanted

# A walk takes extras and groups times edges: the largest project that was seen, with 130 of them, 800 thousand.
_MOST_STEPS = 5_000_000
_MOST_VERSIONS = 100  # of one project

Node = TypeVar("Node", bound=Hashable)


class Edge(NamedTuple):
    """One dependency: a name with extras, the marker that it hangs on, and what else tells versions apart.

    version: exact, or a specifier: what it means is the format's affair
    source:  as the format spells it, for comparison; "" where it tells none
    """

    name: str
    extras: tuple[str, ...] = ()
    marker: str = ""
    version: str = ""
    source: str = ""


class Named(Protocol):
    """Whatever has a name."""

    @property
    def name(self) -> str: ...


Package = TypeVar("Package", bound=Named)
Starts = Mapping[str, Iterable[Edge]]  # dependency group or extra, "" for the project itself → its edges


def reached(
    starts: Starts,
    find: Callable[[Edge], Node | None],
    edges: Callable[[Node, str], Iterable[Edge]],
) -> dict[Node, set[str]]:
    """Return what the edges lead to, each with the names of the starts that reach it.

    find:  the node that an edge leads to; None where its marker does not hold
    edges: those of a node, or of one of its extras ("" for none)
    """
    found: dict[Node, set[str]] = defaultdict(set)
    steps = 0
    for start, first in starts.items():
        seen: set[tuple[Node, str]] = set()
        waiting = list(first)
        while waiting:
            edge = waiting.pop()
            steps += 1
            if steps > _MOST_STEPS:
                raise Malformed("a graph too large to walk")
            node = find(edge)
            if node is None:
                continue
            found[node].add(start)
            for part in {(node, extra) for extra in ("", *edge.extras)} - seen:
                seen.add(part)
                waiting.extend(edges(*part))
    return dict(found)


def by_name(packages: Iterable[Package]) -> Mapping[str, list[Package]]:
    """Return the versions that a lock has of each project; raises Malformed for more than any lock has."""
    found: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        found[package.name].append(package)
        if len(found[package.name]) > _MOST_VERSIONS:
            raise Malformed(f"more than {_MOST_VERSIONS} versions of {package.name}")
    return found


def check_edges(names: Iterable[str], there: Collection[str], whose: str, *, hint: str) -> None:
    """Refuse a lock that was cut short: one whose package needs another that it does not have; raises Malformed."""
    missing = next((name for name in names if name not in there), None)
    if missing is not None:
        raise Malformed(f"{missing} is not in it, but {whose} needs it; the file may have been cut short", hint=hint)


def merged(wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """Return what was asked for, by name, each name once: with all its extras and groups, and one of its specifiers."""
    found: dict[str | None, Wanted] = {}
    for want in wanted:
        known = found.get(want.name, want)
        found[want.name] = Wanted(
            name=want.name,
            extras=known.extras | want.extras,
            specifier=known.specifier or want.specifier,
            url=known.url or want.url,
            groups=known.groups | want.groups,
            file=known.file,
        )
    return tuple(found[name] for name in sorted(found, key=str))


def once(packages: Iterable[Pinned]) -> tuple[Pinned, ...]:
    """Return packages by name; raises Malformed where there are two of a name."""
    found: dict[str, Pinned] = {}
    for package in packages:
        other = found.setdefault(package.name, package)
        if other is not package:
            both = f"{package.name} {other.version or ''} and {package.version or ''}"
            raise Malformed(f"{both} are both for this machine", hint="extras or groups may conflict: choose fewer")
    return tuple(found[name] for name in sorted(found))
