"""Graph → its dominator tree: for each vertex, the last other vertex on all paths from the top to it.

source: Lengauer, Tarjan, "A Fast Algorithm for Finding Dominators in a Flowgraph", 1979. This is the simple
        version, O(m log n) for every graph. Iterating to a fixed point is quadratic for long chains.
"""

from __future__ import annotations

from collections.abc import Sequence

_NONE = -1


def dominator_tree(targets: Sequence[Sequence[int]], top: int) -> tuple[list[int], list[int]]:
    """Return the vertices that ``top`` reaches, dominators first, and vertex → its dominator.

    targets: vertex → the vertices that its edges lead to
    returns: -1 as the dominator of ``top`` and of vertices that cannot be reached
    """
    order, number, parent = _depth_first(targets, top)
    before: list[list[int]] = [[] for _ in order]
    for index, vertex in enumerate(order):
        for target in targets[vertex]:
            before[number[target]].append(index)
    above = _immediate(before, parent)
    dominator = [_NONE] * len(targets)
    for index in range(1, len(order)):
        dominator[order[index]] = order[above[index]]
    return order, dominator


def _depth_first(targets: Sequence[Sequence[int]], top: int) -> tuple[list[int], list[int], list[int]]:
    """Return the vertices in preorder, vertex → its number in that order, and number → number of its parent."""
    order, parent = [top], [_NONE]
    number = [_NONE] * len(targets)
    number[top] = 0
    path = [(0, iter(targets[top]))]
    while path:
        index, targets_left = path[-1]
        for target in targets_left:
            if number[target] == _NONE:
                number[target] = len(order)
                path.append((len(order), iter(targets[target])))
                order.append(target)
                parent.append(index)
                break
        else:
            path.pop()
    return order, number, parent


def _immediate(before: Sequence[Sequence[int]], parent: Sequence[int]) -> list[int]:
    """Return vertex → its immediate dominator. Vertices are preorder numbers here."""
    semi = list(range(len(parent)))
    label = list(range(len(parent)))
    ancestor = [_NONE] * len(parent)
    above = [0] * len(parent)
    bucket: list[list[int]] = [[] for _ in parent]
    for vertex in range(len(parent) - 1, 0, -1):
        semi[vertex] = min(semi[_least(v, ancestor, label, semi)] for v in before[vertex])
        bucket[semi[vertex]].append(vertex)
        ancestor[vertex] = up = parent[vertex]
        for v in bucket[up]:
            least = _least(v, ancestor, label, semi)
            above[v] = least if semi[least] < semi[v] else up
        bucket[up].clear()
    for vertex in range(1, len(parent)):
        if above[vertex] != semi[vertex]:
            above[vertex] = above[above[vertex]]
    return above


def _least(vertex: int, ancestor: list[int], label: list[int], semi: list[int]) -> int:
    """Return the vertex with the least semidominator on the path up from ``vertex``, and compress that path."""
    if ancestor[vertex] == _NONE:
        return vertex
    path = []
    at = vertex
    while ancestor[ancestor[at]] != _NONE:
        path.append(at)
        at = ancestor[at]
    for each in reversed(path):
        up = ancestor[each]
        if semi[label[up]] < semi[label[each]]:
            label[each] = label[up]
        ancestor[each] = ancestor[up]
    return label[vertex]
