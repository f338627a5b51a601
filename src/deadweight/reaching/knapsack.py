"""Steps that free bytes each on its own → the best set, exactly.

Branch and bound is slow if the bytes per cost of many steps are nearly equal. Dynamic programming is not: of the sets
with the same cost it keeps only the best one.
source: Nemhauser, Ullmann, "Discrete Dynamic Programming and Capital Allocation", 1969
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from msgspec import Struct


class Item(Struct, frozen=True):
    """A step with its cost and the bytes that it frees."""

    step: int
    cost: int
    bytes: int


def best_of(items: Iterable[Item], missing: int, budget: float, deadline: float) -> int | None:
    """Return the best set of steps that frees ``missing`` bytes within ``budget``; None if there is none.

    deadline: on the clock of time.monotonic()
    raises:   TimeoutError after the deadline
    """
    left = _Left(sorted(items, key=lambda item: (-item.bytes / item.cost, -item.step)))
    ranks = _Ranks(max((item.step for item in left.items), default=0) + 1)
    sets = [(0, 0)]  # cost and rank of each set; both grow
    for number, item in enumerate(left.items, start=1):
        if time.monotonic() > deadline:
            raise TimeoutError
        rank = ranks.of(item)
        kept: list[tuple[int, int]] = []
        most = -1
        for cost, total in sorted(sets + [(cost + item.cost, total + rank) for cost, total in sets]):
            if cost > budget:
                break
            size = ranks.bytes(total)
            if kept and kept[-1][0] == cost:
                kept.pop()  # of the same cost, the last one has the highest rank
            elif size <= most:
                continue
            if size >= missing:
                budget = cost
            elif cost + left.least_cost(number, missing - size) > budget:
                continue
            kept.append((cost, total))
            most = size
        sets = kept
    return next((ranks.steps(total) for _, total in sets if ranks.bytes(total) >= missing), None)


class _Ranks:
    """Sets of steps as integers that add up: more bytes rank higher, then fewer steps, then first names."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._shift = steps + steps.bit_length() + 2

    def of(self, item: Item) -> int:
        return (item.bytes << self._shift) - (1 << self._steps) + (1 << item.step)

    def bytes(self, rank: int) -> int:
        # The steps subtract less than half of what one byte adds.
        return (rank + (1 << self._shift - 1)) >> self._shift

    def steps(self, rank: int) -> int:
        return rank & ((1 << self._steps) - 1)


class _Left:
    """The items, best bytes per cost first, and what the last of them can free."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self._bytes = [*accumulate((item.bytes for item in items), initial=0)]
        self._costs = [*accumulate((item.cost for item in items), initial=0)]

    def least_cost(self, first: int, missing: int) -> float:
        """Return a lower bound on the cost to free ``missing`` bytes with the items from ``first`` on."""
        needed = self._bytes[first] + missing
        at = bisect_left(self._bytes, needed, first)
        if at == len(self._bytes):
            return math.inf
        if at == first:
            return 0
        item = self.items[at - 1]
        part = -(-(needed - self._bytes[at - 1]) * item.cost // item.bytes)
        return self._costs[at - 1] - self._costs[first] + part
