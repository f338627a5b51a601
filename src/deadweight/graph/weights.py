"""Graph → closure, retained and freed bytes of each distribution, and what is removed with it.

closures.py      closure bytes of all distributions     dominators.py    the dominator tree
condensation.py  cycles as one vertex
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct

from deadweight.graph.closures import closure_bytes
from deadweight.graph.dominators import dominator_tree
from deadweight.graph.nodes import Node, base
from deadweight.graph.value import Graph


class Weight(Struct, frozen=True):
    """Apparent bytes that depend on one distribution.

    closure:  the distribution and everything it reaches, including its requested extras
    retained: what removing the distribution frees: itself, and what only it requires
    freed:    what dropping it from the user's requirements frees; less than ``retained``, often 0, if another
              requirement also needs it; None if it is not direct
    """

    closure: int
    retained: int
    freed: int | None


def weigh(graph: Graph) -> dict[str, Weight]:
    """Return key → its weight."""
    closures = closure_bytes(graph, graph.own)
    retained, freed = retained_and_freed(graph)
    return {key: Weight(closure=closures[key], retained=retained[key], freed=freed.get(key)) for key in graph.own}


def retained_and_freed(graph: Graph) -> tuple[dict[str, int], dict[str, int]]:
    """Return key → bytes of ``retained_by(key)``, and root → bytes of ``freed_by_dropping({root})``.

    Removing a vertex removes what it dominates: its subtree in the dominator tree. The line of each root is a vertex of
    its own above the distribution that it names, so dropping the line removes what that vertex dominates.
    """
    flow = _Flow(graph)
    order, dominator = dominator_tree(flow.targets, _TOP)
    sums = list(flow.own)
    for vertex in reversed(order):
        if dominator[vertex] >= 0:
            sums[dominator[vertex]] += sums[vertex]
    retained = dict(graph.own)
    for key, vertices in flow.vertices(order):
        first = _dominating(vertices, dominator)
        retained[key] = sums[first] if first is not None else sum(flow.own[v] for v in flow.removed_with(vertices))
    return retained, {key: sums[line] for key, line in flow.lines.items()}


class Leaves(Struct, frozen=True):
    """What is removed with a distribution, other than itself.

    keys:  of the first, the largest first
    count: how many are removed with it
    """

    keys: tuple[str, ...] = ()
    count: int = 0


def leaves(graph: Graph, keys: Collection[str], most: int) -> dict[str, Leaves]:
    """Return key → what ``retained_by(key)`` contains besides ``key``. Distributions without leaves are left out.

    keys: whose leaves to find; where a distribution and its extras have no common dominator, each takes a walk
    most: leaves to keep per distribution, because the total is quadratic for a long chain
    """
    flow = _Flow(graph)
    order, dominator = dominator_tree(flow.targets, _TOP)
    ordered = sorted(graph.own, key=lambda key: (-graph.own[key], key))
    ranks = flow.ranks(ordered)
    first, counts = _subtrees(order, dominator, ranks, most + 1)  # one more, as the distribution itself is among them
    leaves_of: dict[str, Leaves] = {}
    for key, vertices in flow.vertices(order):
        if key not in keys:
            continue
        top = _dominating(vertices, dominator)
        if top is not None:
            removed, count = first[top], counts[top]
        else:
            removed = sorted(rank for v in flow.removed_with(vertices) if (rank := ranks[v]) is not None)
            count = len(removed)
        if count > 1:
            others = (name for rank in removed if (name := ordered[rank]) != key)
            leaves_of[key] = Leaves(tuple(islice(others, most)), count - 1)
    return leaves_of


def _subtrees(
    order: Sequence[int], dominator: Sequence[int], ranks: Sequence[int | None], most: int
) -> tuple[list[list[int]], list[int]]:
    """Return vertex → the lowest ranks in its subtree of the dominator tree, and vertex → how many it has."""
    first: list[list[int]] = [[] for _ in dominator]
    counts = [0] * len(dominator)
    for vertex in reversed(order):
        if (rank := ranks[vertex]) is not None:
            first[vertex].append(rank)
            counts[vertex] += 1
        # The lowest ranks of a subtree are among the lowest of the subtrees below it.
        first[vertex] = sorted(first[vertex])[:most]
        if (above := dominator[vertex]) >= 0:
            first[above] += first[vertex]
            counts[above] += counts[vertex]
    return first, counts


def _dominating(vertices: Sequence[int], dominator: Sequence[int]) -> int | None:
    """Return the vertex that immediately dominates all the others; None if none does.

    It exists if all requirements request a distribution with the same extra. Removing it removes the others too.
    """
    for first in vertices:
        if all(dominator[other] == first for other in vertices if other != first):
            return first
    return None


_TOP = 0


class _Flow:
    """The graph with numbered vertices: 0 is the top, then one vertex for the line of each root, then the nodes.

    If a vertex has an edge to an extra, its edge to the distribution of that extra is left out, because the extra leads
    there. This changes neither reachability nor retained bytes, because a distribution is removed with its extras.
    """

    def __init__(self, graph: Graph) -> None:
        roots = graph.roots
        names = dict.fromkeys((*graph.own, *graph.edges, *(node for root in roots for node in root.nodes())))
        self.lines = {root.key: number for number, root in enumerate(roots, 1)}
        first = len(roots) + 1
        number = {name: index for index, name in enumerate(names, first)}
        self.targets: list[list[int]] = [[*self.lines.values()]]
        self.targets += (_numbers(root.nodes(), number) for root in roots)
        self.targets += (_numbers(graph.edges.get(name, ()), number, base(name)) for name in names)
        self.own = [0] * first + [graph.own.get(name, 0) if isinstance(name, str) else 0 for name in names]
        self._graph, self._number = graph, number
        self._sources: list[list[int]] = []

    def vertices(self, reached: Iterable[int]) -> Iterator[tuple[str, list[int]]]:
        """Yield each distribution with the reached vertices of itself and its extras."""
        reached_vertices = set(reached)
        for key in self._graph.own:
            yield key, [v for node in self._graph.nodes_of(key) if (v := self._number[node]) in reached_vertices]

    def ranks(self, keys: Sequence[str]) -> list[int | None]:
        """Return vertex → the index of its distribution in ``keys``; None for extras, lines and the top."""
        ranks: list[int | None] = [None] * len(self.targets)
        for rank, key in enumerate(keys):
            ranks[self._number[key]] = rank
        return ranks

    def removed_with(self, vertices: Sequence[int]) -> set[int]:
        """Return the vertices that no root reaches without some vertices, including these.

        This applies the definition within the region that the vertices reach: whatever has an edge from outside the
        region stays, with everything it reaches.
        """
        region = _reached(self.targets, vertices)
        taken = set(vertices)
        sources = self._sources_of_all()
        entries = (v for v in region - taken if any(source not in region for source in sources[v]))
        stays = _reached(self.targets, entries, without=taken)
        return region - stays

    def _sources_of_all(self) -> list[list[int]]:
        if not self._sources:
            self._sources = [[] for _ in self.targets]
            for vertex in _reached(self.targets, [_TOP]):
                for target in self.targets[vertex]:
                    self._sources[target].append(vertex)
        return self._sources


def _numbers(nodes: Iterable[Node], number: Mapping[Node, int], source: str = "") -> list[int]:
    all_nodes = list(nodes)
    # Extras of the same distribution keep their edges to it: otherwise they might lead only to each other.
    with_extras = {base(node) for node in all_nodes if not isinstance(node, str)} - {source}
    return [number[node] for node in all_nodes if node not in with_extras]


def _reached(targets: Sequence[Sequence[int]], start: Iterable[int], without: Collection[int] = ()) -> set[int]:
    seen: set[int] = set()
    stack = list(start)
    while stack:
        vertex = stack.pop()
        if vertex not in seen:
            seen.add(vertex)
            stack += (target for target in targets[vertex] if target not in without)
    return seen
