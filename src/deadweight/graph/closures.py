"""Graph → the bytes of each distribution's closure, of all at once.

No algorithm is known that sums closures in linear time where paths join, so the sets are made, as bits of integers:
64 members for each step of the machine. Bits are worked out block by block, which bounds memory.
"""

from __future__ import annotations

from collections.abc import Mapping

from deadweight.graph.condensation import Condensation
from deadweight.graph.nodes import joined
from deadweight.graph.value import Graph

_BLOCK = 1 << 13  # components whose bits are worked out at once
_FEW = 12  # bits that are sooner summed one by one


def closure_bytes(graph: Graph, own: Mapping[str, int], *, block: int = _BLOCK) -> dict[str, int]:
    """Return key → the bytes of all that it reaches, itself included, with the extras that it is asked for.

    own: key → bytes; what is not in it counts nothing
    """
    condensed = graph.condensed
    weights = [sum(own.get(node, 0) for node in members if isinstance(node, str)) for members in condensed.members]
    sums = _sums(condensed, weights, block)
    return {key: sums[condensed.number[joined(key) if graph.extras.get(key) else key]] for key in graph.own}


def _sums(condensed: Condensation, weights: list[int], block: int) -> list[int]:
    """Return component → the weights of all that it reaches, itself included."""
    sums = [0] * len(weights)
    for start in range(0, len(weights), block):
        _add_block(sums, condensed, weights, range(start, min(start + block, len(weights))))
    return sums


def _add_block(sums: list[int], condensed: Condensation, weights: list[int], block: range) -> None:
    """Add what each component reaches of one block of components; edges lead to lower numbers only."""
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
    """Return power of two → bits of the members whose weight has it."""
    slices = []
    for power in range(max(weights, default=0).bit_length()):
        digits = "".join("1" if weight >> power & 1 else "0" for weight in reversed(weights))
        slices.append(int(digits, 2))
    return slices


def _weight(members: int, slices: list[int], weights: list[int], first: int) -> int:
    """Return the weights of members, summed."""
    if members.bit_count() > _FEW:
        return sum((members & each).bit_count() << power for power, each in enumerate(slices))
    total = 0
    while members:
        place = members.bit_length() - 1
        total += weights[first + place]
        members ^= 1 << place
    return total
