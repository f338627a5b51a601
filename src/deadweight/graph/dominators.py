"""Graph → its dominator tree: the last vertex that all paths from the top to a vertex pass.

source: Lengauer, Tarjan, "A Fast Algorithm for Finding Dominators in a Flowgraph", 1979; the simple version, which
        takes O(m log n) for every shape. Iterating until nothing changes is quadratic for long chains.
"""

from __future__ import annotations

from collections.abc import Sequence

_NONE = -1


def dominator_tree(targets: Sequence[Sequence[int]], top: int) -> tuple[list[int], list[int]]:
    """Return the vertices that ``top`` reaches in an order in which dominators come first, and vertex → its dominator.

    targets: vertex → the vertices that its edges lead to
    returns: -1 as the dominator of ``top`` and of vertices that cannot be reached
    """
    order, number, parent = _depth_first(targets, top)
    before: list[list[int]] = [[] for _ in order]
    for place, vertex in enumerate(order):
        for target in targets[vertex]:
            before[number[target]].append(place)
    above = _immediate(before, parent)
    dominator = [_NONE] * len(targets)
    for place in range(1, len(order)):
        dominator[order[place]] = order[above[place]]
    return order, dominator


def _depth_first(targets: Sequence[Sequence[int]], top: int) -> tuple[list[int], list[int], list[int]]:
    """Return the vertices in preorder, vertex → its place there, and place → the place of its parent."""
    order, parent = [top], [_NONE]
    number = [_NONE] * len(targets)
    number[top] = 0
    path = [(0, iter(targets[top]))]
    while path:
        place, left = path[-1]
        for target in left:
            if number[target] == _NONE:
                number[target] = len(order)
                path.append((len(order), iter(targets[target])))
                order.append(target)
                parent.append(place)
                break
        else:
            path.pop()
    return order, number, parent


def _immediate(before: Sequence[Sequence[int]], parent: Sequence[int]) -> list[int]:
    """Return place → place of its immediate dominator; vertices are called by their places in preorder."""
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
    """Return the vertex with the least semidominator on the way up from ``vertex``, and shorten that way."""
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
