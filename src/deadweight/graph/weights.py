"""Graph → the bytes that hang on each distribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deadweight.graph.value import Graph


@dataclass(frozen=True, slots=True)
class Weight:
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
    roots = {root.key for root in graph.roots}
    return {
        key: Weight(
            closure=graph.bytes_of(graph.closure_of(key)),
            retained=retained,
            freed=graph.bytes_of(graph.freed_by_dropping({key})) if key in roots else None,
        )
        for key, retained in retained_bytes(graph).items()
    }


def retained_bytes(graph: Graph) -> dict[str, int]:
    """Return key → bytes of ``retained_by(key)``, of all keys at once.

    What leaves with a node is what it dominates: the bytes of its subtree in the dominator tree. Of a distribution
    with extras several nodes are taken out at once, of which no tree knows; so those few are left to the definition.
    """
    order = _reverse_postorder(graph)
    above = _immediate_dominators(graph, order)
    sums = {node: graph.own.get(node, 0) for node in order}
    for node in reversed(order):
        parent = above[node]
        if parent is not None:
            sums[parent] += sums[node]
    return {
        key: graph.bytes_of(graph.retained_by(key)) if graph.extras.get(key) or key not in sums else sums[key]
        for key in graph.own
    }


_TOP = ""  # above all roots


def _reverse_postorder(graph: Graph) -> list[str]:
    edges = {**graph.edges, _TOP: tuple(node for root in graph.roots for node in root.nodes())}
    order: list[str] = []
    seen = {_TOP}
    stack: list[tuple[str, Iterator[str]]] = [(_TOP, iter(edges[_TOP]))]
    while stack:
        node, targets = stack[-1]
        target = next((t for t in targets if t not in seen), None)
        if target is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(target)
            stack.append((target, iter(edges.get(target, ()))))
    return order[::-1]


def _immediate_dominators(graph: Graph, order: list[str]) -> dict[str, str | None]:
    """Return node → the last node that all ways from the top to it pass.

    source: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm", 2001
    """
    number = {node: n for n, node in enumerate(order)}
    before: dict[str, list[str]] = {node: [] for node in order}
    for node in order[1:]:
        for target in graph.edges.get(node, ()):
            before[target].append(node)
    for root in graph.roots:
        for node in root.nodes():
            before[node].append(_TOP)
    above: dict[str, str | None] = {_TOP: None}
    changed = True
    while changed:
        changed = False
        for node in order[1:]:
            found: str | None = None
            for other in before[node]:
                if other in above:
                    found = other if found is None else _meet(found, other, above, number)
            if above.get(node, node) != found:
                above[node], changed = found, True
    return above


def _meet(one: str, other: str, above: Mapping[str, str | None], number: Mapping[str, int]) -> str:
    while one != other:
        if number[one] > number[other]:
            one = above[one] or _TOP
        else:
            other = above[other] or _TOP
    return one
