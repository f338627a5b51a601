"""What is installed with each lighter build alone → the set of builds with which least is installed.

Builds that save nothing alone can save together: if two projects require the same heavy distribution, only replacing
both removes it. To resolve every set of builds would take too long. So each is resolved alone, what it changes in the
dependency graph is combined for sets of builds, and the best set is found by branch and bound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

from msgspec import Struct

from deadweight.graph import Edges, Graph, Node, base

_MOST_SETS = 1 << 12  # that are examined; enough for all sets of 11 builds
_LARGEST_GROUP = 3


class Installation(Struct, frozen=True, kw_only=True):
    """What is installed.

    roots: the nodes that the requirements name
    edges: node → nodes
    own:   key → bytes
    """

    roots: frozenset[Node]
    edges: Edges
    own: Mapping[str, int]


def installation_of(graph: Graph) -> Installation:
    """Return the installation that a graph describes."""
    roots = frozenset(node for root in graph.roots for node in root.nodes())
    return Installation(roots=roots, edges=graph.edges, own=graph.own)


def lightest(before: Installation, after: Sequence[Installation]) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of the builds to use, in an order in which each group saves; most groups are one build.

    Of several sets that install as little, the one with the fewest builds is returned, then the first.

    after: the installation with each build alone
    """
    sizes = _Sizes(before, after)
    return tuple(_groups(sizes, _best_set(sizes)))


class _Change(Struct, frozen=True, kw_only=True):
    """What a build changes.

    gone, new: roots
    removed:   keys that are no longer installed, although a requirement or something that stays the same names them
    edges:     of distributions that are new or have another size, and of new extras
    own:       key → bytes of these distributions
    """

    gone: frozenset[Node]
    new: frozenset[Node]
    removed: frozenset[str]
    edges: Edges
    own: Mapping[str, int]


def _change(before: Installation, after: Installation) -> _Change:
    own = {key: size for key, size in after.own.items() if before.own.get(key) != size}
    same = [node for node in before.edges if base(node) in after.own and base(node) not in own]
    required = {base(target) for node in same for target in before.edges[node]}
    gone = before.roots - after.roots
    return _Change(
        gone=gone,
        new=after.roots - before.roots,
        removed=frozenset(required.union(map(base, gone)) - after.own.keys()),
        edges={node: each for node, each in after.edges.items() if base(node) in own or node not in before.edges},
        own=own,
    )


class _Sizes:
    """The bytes that sets of builds install."""

    def __init__(self, before: Installation, after: Sequence[Installation]) -> None:
        self._before = before
        self._changes = [_change(before, each) for each in after]
        self.count = len(after)

    def of(self, builds: Collection[int]) -> int:
        """Return the bytes that are installed with some builds."""
        return self.least(builds, ())

    def least(self, builds: Collection[int], undecided: Collection[int]) -> int:
        """Return the bytes that are installed at least with some builds, whichever others are added to them."""
        taken, others = ([self._changes[number] for number in sorted(each)] for each in (builds, undecided))
        both = [*taken, *others]
        own, edges = dict(self._before.own), dict[Node, Collection[Node]]()
        for change in reversed(taken):  # of two that change one distribution, the first counts
            own |= change.own
            edges |= change.edges
        unsure = {key for change in others for key in change.own}
        for key in unsure:
            own[key] = min(change[key] for change in (own, *(each.own for each in others)) if key in change)
        removed = {key for change in both for key in change.removed}
        pending = list(self._before.roots.difference(*(change.gone for change in both)))
        pending += (node for change in taken for node in change.new)
        seen: set[Node] = set()
        while pending:
            node = pending.pop()
            if node in seen or base(node) in removed:
                continue
            seen.add(node)
            if base(node) not in unsure:
                pending += edges.get(node) or self._before.edges.get(node, ())
        return sum(own[node] for node in seen if isinstance(node, str))


def _best_set(sizes: _Sizes) -> tuple[int, ...]:
    """Return the set of builds that installs least: of those that were examined if there are too many."""
    best = min(_candidate(sizes, each) for each in ((), _greedy(sizes), tuple(range(sizes.count))))
    pending: list[tuple[tuple[int, ...], int]] = [((), 0)]
    for _ in range(_MOST_SETS):
        if not pending:
            break
        chosen, number = pending.pop()
        if (sizes.least(chosen, range(number, sizes.count)), len(chosen)) > best[:2]:
            continue
        if number == sizes.count:
            best = min(best, _candidate(sizes, chosen))
        else:
            pending += ((chosen, number + 1), ((*chosen, number), number + 1))
    return best[2]


def _candidate(sizes: _Sizes, builds: tuple[int, ...]) -> tuple[int, int, tuple[int, ...]]:
    return sizes.of(builds), len(builds), builds


def _greedy(sizes: _Sizes) -> tuple[int, ...]:
    """Return the builds that save on top of those before them."""
    chosen: tuple[int, ...] = ()
    for number in range(sizes.count):
        if sizes.of((*chosen, number)) < sizes.of(chosen):
            chosen = (*chosen, number)
    return chosen


def _groups(sizes: _Sizes, builds: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield small groups of builds, each of which saves on top of those before it."""
    done: tuple[int, ...] = ()
    while left := [number for number in builds if number not in done]:
        group = _next_group(sizes, done, left)
        yield group
        done = (*done, *group)


def _next_group(sizes: _Sizes, done: tuple[int, ...], left: Sequence[int]) -> tuple[int, ...]:
    for count in range(1, min(len(left), _LARGEST_GROUP) + 1):
        size, group = min((sizes.of((*done, *group)), group) for group in combinations(left, count))
        if size < sizes.of(done):
            return group
    return tuple(left)
