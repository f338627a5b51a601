"""Graph → its strongly connected components, in topological order.

source: Tarjan, "Depth-First Search and Linear Graph Algorithms", 1972. It is iterative, because long
        dependency chains would exceed the recursion limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from deadweight.graph.nodes import Edges, Node


class Condensation(Struct, frozen=True):
    """A graph in which each strongly connected component is one vertex.

    members: component → its nodes; edges lead only from higher to lower component numbers
    number:  node → component
    targets: component → the components that its edges lead to, except itself
    """

    members: list[list[Node]]
    number: Mapping[Node, int]
    targets: list[tuple[int, ...]]


def condense(edges: Edges, nodes: Iterable[Node]) -> Condensation:
    """Return the components of ``nodes`` and of everything they reach."""
    members: list[list[Node]] = []
    number: dict[Node, int] = {}
    for component in _components(edges, nodes):
        number.update(dict.fromkeys(component, len(members)))
        members.append(component)
    targets = [
        tuple({number[target] for node in component for target in edges.get(node, ())} - {index})
        for index, component in enumerate(members)
    ]
    return Condensation(members, number, targets)


def _components(edges: Edges, nodes: Iterable[Node]) -> Iterator[list[Node]]:
    """Yield the components, each after the components that it leads to."""
    low: dict[Node, int] = {}
    open_nodes: list[Node] = []
    done: set[Node] = set()
    for start in nodes:
        if start in low:
            continue
        low[start] = first = len(low)
        open_nodes.append(start)
        path: list[tuple[Node, int, Iterator[Node]]] = [(start, first, iter(edges.get(start, ())))]
        while path:
            node, index, targets = path[-1]
            for target in targets:
                if target not in low:
                    low[target] = count = len(low)
                    open_nodes.append(target)
                    path.append((target, count, iter(edges.get(target, ()))))
                    break
                if target not in done and low[target] < low[node]:
                    low[node] = low[target]
            else:
                path.pop()
                if path and low[node] < low[path[-1][0]]:
                    low[path[-1][0]] = low[node]
                if low[node] == index:
                    at = _position(open_nodes, node)
                    component = open_nodes[at:]
                    del open_nodes[at:]
                    done.update(component)
                    yield component


def _position(open_nodes: list[Node], node: Node) -> int:
    """Return the index of ``node``. Its component, which the caller removes next, is the rest of the list."""
    at = len(open_nodes) - 1
    while open_nodes[at] != node:
        at -= 1
    return at
