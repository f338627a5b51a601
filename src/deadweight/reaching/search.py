"""A problem → its best solution, by branch and bound."""

from __future__ import annotations

import heapq
import time
from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct

from deadweight.reaching.bounds import Worth, worth_of
from deadweight.reaching.knapsack import Item, best_of
from deadweight.reaching.problem import Problem, Rest, bits, problem_of
from deadweight.reaching.values import Chunk, Limits, Solution, Step

_ROUND_EVERY = 8  # nodes


def solve(steps: Collection[Step], chunks: Iterable[Chunk], need: int, limits: Limits | None = None) -> Solution:
    """Return the cheapest set of steps that frees at least ``need`` bytes.

    Of several, the one that frees most is returned, then the one with the fewest steps, then with the first names.
    If a limit is reached, the best one found is returned; ``optimal`` and ``bound`` say what is proven about it.

    raises: ValueError if a cost is not positive, a name occurs twice, or a clause names an unknown step
    """
    problem = problem_of(steps, chunks)
    most = problem.freed((1 << len(problem.names)) - 1)
    if most < need:
        return Solution(most=most, reached=False)
    return _Search(problem, need, most).run(limits or Limits())


class _Found(NamedTuple):
    """A set of steps that frees enough; the least one is best."""

    cost: int
    shortage: int  # minus the freed bytes
    steps: int
    names: int  # minus the steps as bits
    chosen: int


class _Node(Struct, frozen=True):
    """A subproblem: some steps are chosen, others are refused."""

    chosen: int
    refused: int

    @property
    def undecided(self) -> int:
        return ~(self.chosen | self.refused)


class _Search:
    """Branch and bound, the subproblem with the least bound first.

    A node's key is its bound on the cost, and minus its bound on the freed bytes at that cost. Nodes that can only be
    more expensive than the best set found so far, or as expensive but free less, are never opened. So the least cost is
    proven first, then the ties.
    """

    def __init__(self, problem: Problem, need: int, most: int) -> None:
        self._problem, self._need, self._most = problem, need, most
        useless = ((1 << len(problem.names)) - 1) & ~problem.useful
        self._open: list[tuple[float, int, int, int, int]] = []
        self._start = _Node(0, useless)
        self._best = self._greedy()

    def run(self, limits: Limits) -> Solution:
        deadline = time.monotonic() + limits.seconds
        self._push(self._start, 0, self._most)
        nodes = 0
        while self._open:
            node = heapq.heappop(self._open)
            bound, shortage, _, chosen, refused = node
            if (bound, shortage) > self._best[:2]:
                break
            if nodes >= limits.nodes or time.monotonic() > deadline:
                return self._solution(min(bound, self._best.cost), settled=False)
            nodes += 1
            try:
                self._expand(_Node(chosen, refused), nodes, deadline)
            except TimeoutError:
                return self._solution(min(bound, self._best.cost), settled=False)
        return self._solution(self._best.cost, settled=True)

    def _expand(self, node: _Node, number: int, deadline: float) -> None:
        problem = self._problem
        rest = problem.rest(node.chosen, node.refused)
        if rest.freed >= self._need:
            self._offer(node.chosen)  # any other step only adds to the cost
            return
        cost = problem.cost(node.chosen)
        missing = self._need - rest.freed
        if rest.exact:
            items = [Item(s, problem.costs[s], size) for s, size in enumerate(rest.alone) if size]
            best = best_of(items, missing, self._best.cost - cost, deadline)
            if best is not None:
                self._offer(node.chosen | best)
            return
        worth = worth_of(rest, problem.costs, self._most)
        least = worth.least_cost(missing)
        if not self._may_win(node, cost, rest, worth):
            return
        if number % _ROUND_EVERY == 1:
            self._round(node, worth)
        step = 1 << self._branching(worth)
        bound, size = cost + least, rest.freed + worth.most_bytes(least)
        self._push(_Node(node.chosen | step, node.refused), bound, size)
        self._push(_Node(node.chosen, node.refused | step), bound, size)

    def _may_win(self, node: _Node, cost: int, rest: Rest, worth: Worth) -> bool:
        """Return whether a solution of a node could be better than the best one found so far."""
        missing = self._need - rest.freed
        bound = cost + worth.least_cost(missing)
        if bound != self._best.cost:
            return bound < self._best.cost
        size = rest.freed + worth.most_bytes(bound - cost)
        if size != -self._best.shortage:
            return size > -self._best.shortage
        decided = node.chosen.bit_count()
        count = decided + worth.fewest_steps(-self._best.shortage - rest.freed)
        if count != self._best.steps:
            return count < self._best.steps
        first = sorted(worth.steps, reverse=True)[: self._best.steps - decided]
        return -(node.chosen | sum(1 << step for step in first)) < self._best.names

    def _branching(self, worth: Worth) -> int:
        """Return the step to decide next: the one that is worth most, then the first by name."""
        sizes = [after - before for before, after in pairwise(worth.bytes)]
        return max(zip(sizes, worth.steps, strict=True))[1]

    def _push(self, node: _Node, bound: float, size: int) -> None:
        decided = (node.chosen | node.refused).bit_count()
        heapq.heappush(self._open, (bound, -size, -decided, node.chosen, node.refused))

    def _offer(self, chosen: int) -> None:
        found = self._found(chosen)
        if found < self._best:
            self._best = found

    def _found(self, chosen: int) -> _Found:
        freed = self._problem.freed(chosen)
        return _Found(self._problem.cost(chosen), -freed, chosen.bit_count(), -chosen, chosen)

    def _greedy(self) -> _Found:
        """Return a first set: the steps with the most bytes per cost, weighed again after each one."""
        chosen = 0
        while (rest := self._problem.rest(chosen, self._start.refused)).freed < self._need:
            worth = worth_of(rest, self._problem.costs, self._most)
            chosen |= 1 << worth.steps[0]
        return self._found(self._without_superfluous(chosen))

    def _round(self, node: _Node, worth: Worth) -> None:
        """Offer the steps of a node and as many of the best undecided ones as are needed."""
        low, high = 0, len(worth.steps)
        if self._problem.freed(node.chosen | _set(worth.steps)) < self._need:
            return
        while low < high:
            middle = (low + high) // 2
            if self._problem.freed(node.chosen | _set(worth.steps[:middle])) < self._need:
                low = middle + 1
            else:
                high = middle
        self._offer(self._without_superfluous(node.chosen | _set(worth.steps[:low])))

    def _without_superfluous(self, chosen: int) -> int:
        """Leave out each step, the most expensive first, without which the others still free enough."""
        for step in sorted(bits(chosen), key=lambda step: (-self._problem.costs[step], step)):
            if self._problem.freed(chosen & ~(1 << step)) >= self._need:
                chosen &= ~(1 << step)
        return chosen

    def _solution(self, bound: float, *, settled: bool) -> Solution:
        problem, best = self._problem, self._best
        return Solution(
            steps=tuple(sorted(problem.names[step] for step in bits(best.chosen))),
            cost=best.cost * problem.unit,
            bytes=-best.shortage,
            most=self._most,
            bound=int(bound) * problem.unit,
            settled=settled,
        )


def _set(steps: Iterable[int]) -> int:
    return sum(1 << step for step in steps)
