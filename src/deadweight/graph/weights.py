"""Graph → the bytes that hang on each distribution.

closures.py      closure bytes of all distributions     dominators.py    the dominator tree
condensation.py  cycles as one vertex
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from deadweight.graph.closures import closure_bytes
from deadweight.graph.dominators import dominator_tree
from deadweight.graph.nodes import Node, base
from deadweight.graph.value import Graph


class Weight(Struct, frozen=True):
    """Apparent bytes that hang on one distribution.

    closure:  it and all that it reaches, with the extras it is asked for
    retained: what leaves when it is taken out, wherever it comes from: it, and what only it holds up
    freed:    what leaves when the user's requirements no longer name it; less than ``retained``, often 0, where
              another requirement needs it too; None for what they do not name
    """

    closure: int
    retained: int
    freed: int | None


def weigh(graph: Graph) -> dict[str, Weight]:
    """Return key → what hangs on it."""
    closures = closure_bytes(graph, graph.own)
    retained, freed = retained_and_freed(graph)
    return {key: Weight(closure=closures[key], retained=retained[key], freed=freed.get(key)) for key in graph.own}


def retained_and_freed(graph: Graph) -> tuple[dict[str, int], dict[str, int]]:
    """Return key → bytes of ``retained_by(key)``, and root → bytes of ``freed_by_dropping({root})``, all at once.

    What leaves with a vertex is what it dominates: the bytes of its subtree in the dominator tree. Each root's line
    is a vertex of its own, above the distribution that it names: what leaves with the line is what it dominates.
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
        retained[key] = sums[first] if first is not None else flow.left_without(vertices)
    return retained, {key: sums[line] for key, line in flow.lines.items()}


def _dominating(vertices: Sequence[int], dominator: Sequence[int]) -> int | None:
    """Return the one of the vertices that all paths to the others pass last; None where no such one exists.

    Without it, the others are out of reach too. So it is where all ask for a distribution with one and the same extra.
    """
    for first in vertices:
        if all(dominator[other] == first for other in vertices if other != first):
            return first
    return None


_TOP = 0


class _Flow:
    """The graph in numbers: 0 is the top, then a vertex for each root's line, then the nodes.

    An edge to a distribution is left out beside one to an extra of it, which leads there too: it changes neither what
    is reached nor what a distribution retains, since a distribution goes with its extras.
    """

    def __init__(self, graph: Graph) -> None:
        roots = graph.roots
        names = dict.fromkeys((*graph.own, *graph.edges, *(node for root in roots for node in root.nodes())))
        self.lines = {root.key: number for number, root in enumerate(roots, 1)}
        first = len(roots) + 1
        number = {name: place for place, name in enumerate(names, first)}
        self.targets: list[list[int]] = [[*self.lines.values()]]
        self.targets += (_numbers(root.nodes(), number) for root in roots)
        self.targets += (_numbers(graph.edges.get(name, ()), number, base(name)) for name in names)
        self.own = [0] * first + [graph.own.get(name, 0) if isinstance(name, str) else 0 for name in names]
        self._graph, self._number = graph, number
        self._sources: list[list[int]] = []

    def vertices(self, reached: Iterable[int]) -> Iterator[tuple[str, list[int]]]:
        """Yield each distribution with its vertex and those of its extras that are reached."""
        there = set(reached)
        for key in self._graph.own:
            yield key, [v for node in self._graph.nodes_of(key) if (v := self._number[node]) in there]

    def left_without(self, vertices: Sequence[int]) -> int:
        """Return the bytes that no root reaches without some vertices: the definition, within what these reach.

        What they reach and something else leads to stays, and so does all that it reaches.
        """
        region = _reached(self.targets, vertices)
        taken = set(vertices)
        sources = self._sources_of_all()
        entries = (v for v in region - taken if any(source not in region for source in sources[v]))
        stays = _reached(self.targets, entries, without=taken)
        return sum(self.own[v] for v in region - stays)

    def _sources_of_all(self) -> list[list[int]]:
        if not self._sources:
            self._sources = [[] for _ in self.targets]
            for vertex in _reached(self.targets, [_TOP]):
                for target in self.targets[vertex]:
                    self._sources[target].append(vertex)
        return self._sources


def _numbers(nodes: Iterable[Node], number: Mapping[Node, int], source: str = "") -> list[int]:
    found = list(nodes)
    # Extras of one distribution may lead to each other alone: all that leads from them to it is an edge of their own.
    with_extras = {base(node) for node in found if not isinstance(node, str)} - {source}
    return [number[node] for node in found if node not in with_extras]


def _reached(targets: Sequence[Sequence[int]], start: Iterable[int], without: Collection[int] = ()) -> set[int]:
    seen: set[int] = set()
    stack = list(start)
    while stack:
        vertex = stack.pop()
        if vertex not in seen:
            seen.add(vertex)
            stack += (target for target in targets[vertex] if target not in without)
    return seen
