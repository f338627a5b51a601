"""Graph → the closure bytes of all distributions.

No known algorithm sums closures in linear time if paths join. So each closure is a set, stored as the bits of an
integer: one machine operation handles 64 members. Blocks of components are processed one at a time to bound the memory.
"""

from __future__ import annotations

from collections.abc import Mapping

from deadweight.graph.condensation import Condensation
from deadweight.graph.nodes import joined
from deadweight.graph.value import Graph

_BLOCK = 1 << 13  # components per block
_FEW = 12  # up to this many bits, summing them one by one is faster


def closure_bytes(graph: Graph, own: Mapping[str, int], *, block: int = _BLOCK) -> dict[str, int]:
    """Return key → the bytes of everything it reaches, including itself and its requested extras.

    own: key → bytes; a missing key counts as 0
    """
    condensed = graph.condensed
    weights = [sum(own.get(node, 0) for node in members if isinstance(node, str)) for members in condensed.members]
    sums = _sums(condensed, weights, block)
    return {key: sums[condensed.number[joined(key) if graph.extras.get(key) else key]] for key in graph.own}


def _sums(condensed: Condensation, weights: list[int], block: int) -> list[int]:
    """Return component → the total weight of everything it reaches, including itself."""
    sums = [0] * len(weights)
    for start in range(0, len(weights), block):
        _add_block(sums, condensed, weights, range(start, min(start + block, len(weights))))
    return sums


def _add_block(sums: list[int], condensed: Condensation, weights: list[int], block: range) -> None:
    """Add to each sum the weights that the component reaches in one block. Edges lead only to lower numbers."""
    slices = _slices([weights[index] for index in block])
    bits = [0] * len(weights)
    added = [0] * len(weights)
    for index in range(block.start, len(weights)):
        reached = 1 << (index - block.start) if index < block.stop else 0
        largest, most = 0, 0
        for target in condensed.targets[index]:
            reached |= bits[target]
            if added[target] > most:
                largest, most = bits[target], added[target]
        bits[index] = reached
        added[index] = most + _weight(reached ^ largest, slices, weights, block.start)
        sums[index] += added[index]


def _slices(weights: list[int]) -> list[int]:
    """Return bit number → the set of members whose weight has that bit."""
    slices = []
    for power in range(max(weights, default=0).bit_length()):
        digits = "".join("1" if weight >> power & 1 else "0" for weight in reversed(weights))
        slices.append(int(digits, 2))
    return slices


def _weight(members: int, slices: list[int], weights: list[int], first: int) -> int:
    """Return the total weight of a set of members."""
    if members.bit_count() > _FEW:
        return sum((members & each).bit_count() << power for power, each in enumerate(slices))
    total = 0
    while members:
        highest = members.bit_length() - 1
        total += weights[first + highest]
        members ^= 1 << highest
    return total
