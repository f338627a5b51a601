"""What is left of a problem → how much each undecided step can free at most, and so the least cost of what is missing.

Each shared chunk is divided among its clauses, in any way. A step is worth the sum of what its clauses receive. The
chunk is freed only if all of its clauses contain a chosen step, so a set of steps never frees more than it is worth.
Then a fractional knapsack bounds the cost from below.

The division decides how tight the bound is. The best one makes the worth per cost of the steps as equal as possible:
water-filling, one chunk at a time. It converges to the dual optimum of the linear relaxation for all needs at once.
source: Fujishige, "Lexicographically Optimal Base of a Polymatroid with Respect to a Weight Vector", 1980
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from msgspec import Struct

from deadweight.reaching.problem import Rest, bits

_PASSES = 2  # more passes tighten the bound by less than they cost
_PARCELS = 4  # parts of a chunk with clauses of several steps


class Worth(Struct, frozen=True):
    """Upper bounds of what undecided steps free, best worth per cost first.

    steps:  their numbers; steps that free nothing are left out
    bytes:  running sums of what the steps are worth; the first is 0
    costs:  running sums of their costs
    slack:  bytes by which rounding may have changed a sum
    """

    steps: Sequence[int]
    bytes: Sequence[float]
    costs: Sequence[int]
    slack: float

    def least_cost(self, missing: int) -> float:
        """Return a lower bound on the cost of steps that free ``missing`` bytes; infinite if they cannot."""
        needed = missing - self.slack
        if needed <= 0:
            return 0
        at = bisect_left(self.bytes, needed)
        if at == len(self.bytes):
            return math.inf
        part = (needed - self.bytes[at - 1]) / (self.bytes[at] - self.bytes[at - 1])
        cost = self.costs[at - 1] + part * (self.costs[at] - self.costs[at - 1])
        return math.ceil(cost - 1e-9 * (1 + cost))

    def most_bytes(self, budget: float) -> int:
        """Return an upper bound on what steps free that cost no more than ``budget``."""
        at = bisect_left(self.costs, budget)
        if at == len(self.costs):
            return math.floor(self.bytes[-1] + self.slack)
        if at == 0:
            return 0
        part = (budget - self.costs[at - 1]) / (self.costs[at] - self.costs[at - 1])
        return math.floor(self.bytes[at - 1] + part * (self.bytes[at] - self.bytes[at - 1]) + self.slack)

    def fewest_steps(self, missing: int) -> int:
        """Return a lower bound on the number of steps that free ``missing`` bytes."""
        worth = sorted((after - before for before, after in pairwise(self.bytes)), reverse=True)
        sums = [*accumulate(worth, initial=0.0)]
        return bisect_left(sums, missing - self.slack)


def worth_of(rest: Rest, costs: Sequence[int], total: int) -> Worth:
    """Return what undecided steps are worth.

    total: the bytes of the whole problem, which decide how much floating-point sums can be off
    """
    per_cost = [size / cost for size, cost in zip(rest.alone, costs, strict=True)]
    _divide(rest.shared, per_cost, costs)
    steps = sorted((s for s in range(len(costs)) if per_cost[s] > 0), key=lambda s: (-per_cost[s], -s))
    return Worth(
        steps=steps,
        bytes=[*accumulate((per_cost[s] * costs[s] for s in steps), initial=0.0)],
        costs=[*accumulate((costs[s] for s in steps), initial=0)],
        slack=1e-10 * total,
    )


def _divide(shared: Iterable[tuple[int, tuple[int, ...]]], per_cost: list[float], costs: Sequence[int]) -> None:
    """Divide chunks among their clauses, and add the shares to the worth per cost of the steps."""
    chunks = []
    for size, clauses in sorted(shared, key=lambda chunk: (len(chunk[1]), -chunk[0], chunk[1])):
        if any(clause & (clause - 1) for clause in clauses):
            _divide_in_parcels(size, [bits(clause) for clause in clauses], per_cost, costs)
        else:
            chunks.append((size, [clause.bit_length() - 1 for clause in clauses]))
    shares: list[list[tuple[int, float]]] = [[] for _ in chunks]
    for _ in range(_PASSES):
        for number, (size, steps) in enumerate(chunks):
            for step, share in shares[number]:
                per_cost[step] -= share
            shares[number] = _level(size, steps, per_cost, costs)


def _level(size: int, steps: Sequence[int], per_cost: list[float], costs: Sequence[int]) -> list[tuple[int, float]]:
    """Raise the lowest of the steps to one level, and return (step, by how much)."""
    order = sorted([(per_cost[step], step) for step in steps])
    level, first = order[0]
    width, missing, count = costs[first], float(size), 1
    for lowest, step in order[1:]:
        volume = (lowest - level) * width
        if volume >= missing:
            break
        missing -= volume
        level = lowest
        width += costs[step]
        count += 1
    level += missing / width
    for _, step in order[:count]:
        per_cost[step] = level
    return [(step, level - before) for before, step in order[:count]]


def _divide_in_parcels(
    size: int, clauses: Sequence[Sequence[int]], per_cost: list[float], costs: Sequence[int]
) -> None:
    """Give each part of a chunk to the clause whose steps are worth least."""
    for _ in range(_PARCELS):
        least = min(clauses, key=lambda steps: sum([per_cost[step] for step in steps]))
        for step in least:
            per_cost[step] += size / _PARCELS / costs[step]
