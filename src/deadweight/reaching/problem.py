"""Steps and chunks → bit sets, and what is left of them once some steps are decided.

A step is one bit. The last name has bit 0, so of two sets of the same size the greater integer has the first names.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache, cached_property, lru_cache, reduce
from itertools import groupby
from math import gcd
from operator import and_, or_
from typing import TypeAlias

from msgspec import Struct

from deadweight.reaching.values import Chunk, Step

_Key: TypeAlias = tuple[int, tuple[int, ...], bool]  # singles, others and never of a group


class Group(Struct, frozen=True):
    """Chunks that differ only in steps that are in all of their clauses: a distribution's files, its tests, its docs.

    singles: the clauses with one step, as one set
    others:  the clauses with several steps
    parts:   (steps, bytes); a part is freed by any of its steps, or if all clauses contain a chosen step
    never:   whether the clauses cannot all contain a chosen step
    """

    singles: int
    others: tuple[int, ...]
    parts: tuple[tuple[int, int], ...]
    never: bool

    def is_freed(self, chosen: int) -> bool:
        return not self.never and not self.singles & ~chosen and all(clause & chosen for clause in self.others)


class Rest(Struct, frozen=True):
    """What is left of a problem once some steps are decided.

    freed:  bytes that the chosen steps free
    alone:  step → bytes that it frees without any other step
    shared: (bytes, clauses) that several steps free together, or one of several steps
    exact:  whether no byte is in two places. Otherwise the sums are upper bounds.
    """

    freed: int
    alone: list[int]
    shared: list[tuple[int, tuple[int, ...]]]
    exact: bool


class Problem(Struct, frozen=True, dict=True):
    """A problem on bit sets.

    names: of the steps, sorted from last to first
    costs: in units of ``unit``, their greatest common divisor, so that bounds round up as far as possible
    free:  bytes of chunks without a clause
    """

    names: Sequence[str]
    costs: Sequence[int]
    unit: int
    groups: Sequence[Group]
    free: int

    def freed(self, chosen: int) -> int:
        """Return the bytes that a set of steps frees."""
        total = self.free
        for group in self.groups:
            whole = group.is_freed(chosen)
            for steps, size in group.parts:
                if whole or steps & chosen:
                    total += size
        return total

    def cost(self, chosen: int) -> int:
        return sum(self.costs[step] for step in bits(chosen))

    @cached_property
    def useful(self) -> int:
        """The steps that may be part of the best solution.

        A step is of no use if another one that is at least as cheap is in all of its clauses. If both cost the same,
        both may free the same too, and then the first name is preferred.
        """
        inside, covered = _clauses_of(self.groups, len(self.names))
        useful = 0
        for step, clauses in enumerate(inside):
            rank = (self.costs[step], -step)
            if clauses and not any(
                (self.costs[other], -other) < rank and clauses <= others for other, others in enumerate(covered)
            ):
                useful |= 1 << step
        return useful

    def rest(self, chosen: int, refused: int) -> Rest:
        """Return what is left once some steps are chosen and others are refused."""
        freed = self.free
        alone = [0] * len(self.names)
        shared: dict[tuple[int, tuple[int, ...]], int] = {}
        exact = True
        for group in self.groups:
            left = group.singles & ~chosen
            others = tuple([c & ~refused for c in group.others if not c & chosen]) if group.others else ()
            if not left and not others and not group.never:
                freed += sum(size for _, size in group.parts)
                continue
            dead = group.never or bool(left & refused) or 0 in others
            total = 0
            for steps, size in group.parts:
                if steps & chosen:
                    freed += size
                    continue
                total += size
                if steps := steps & ~refused:
                    exact = exact and dead and not steps & (steps - 1)
                    for step in bits(steps):
                        alone[step] += size
            if total and not dead:
                if not others and not left & (left - 1):
                    alone[left.bit_length() - 1] += total
                else:
                    shared[left, others] = shared.get((left, others), 0) + total
        clauses = [(size, (*(1 << s for s in bits(left)), *others)) for (left, others), size in shared.items()]
        return Rest(freed, alone, clauses, exact and not clauses)


def problem_of(steps: Collection[Step], chunks: Iterable[Chunk]) -> Problem:
    """Return the problem on bit sets. Chunks with the same clauses are merged.

    raises: ValueError if a cost is not positive, a name occurs twice, or a clause names an unknown step
    """
    ordered = sorted(steps, key=lambda step: step.name, reverse=True)
    bit = {step.name: 1 << number for number, step in enumerate(ordered)}
    if len(bit) < len(ordered) or any(step.cost <= 0 for step in ordered):
        raise ValueError("steps need unique names and costs above 0")
    sizes: dict[tuple[frozenset[frozenset[str]], frozenset[str]], int] = defaultdict(int)
    for chunk in chunks:
        sizes[chunk.clauses, chunk.also] += chunk.bytes
    clauses_of = {clauses: tuple(_bits_of(clause, bit) for clause in clauses) for clauses, _ in sizes}
    all_of = {clauses: reduce(or_, each, 0) for clauses, each in clauses_of.items()}
    split = cache(_split)  # few chunks have clauses of their own
    parts: dict[_Key, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    free = 0
    for (clauses, names), size in sizes.items():
        also = _bits_of(names, bit)
        if not clauses:
            free += size
        elif size > 0:
            common, key = split(clauses_of[clauses], also & all_of[clauses])
            never = key[-1]
            if common | also or not never:
                parts[key][common | also] += size
    unit = gcd(*(step.cost for step in ordered)) or 1
    return Problem(
        names=[step.name for step in ordered],
        costs=[step.cost // unit for step in ordered],
        unit=unit,
        groups=[Group(singles, others, tuple(p.items()), never) for (singles, others, never), p in parts.items()],
        free=free,
    )


@lru_cache(maxsize=1 << 16)
def bits(steps: int) -> tuple[int, ...]:
    """Return the numbers of the steps in a set, lowest first. The same few sets occur in each subproblem."""
    numbers = []
    while steps:
        lowest = steps & -steps
        numbers.append(lowest.bit_length() - 1)
        steps ^= lowest
    return tuple(numbers)


def _bits_of(clause: frozenset[str], bit: dict[str, int]) -> int:
    unknown = clause - bit.keys()
    if unknown:
        raise ValueError(f"unknown steps: {', '.join(sorted(unknown))}")
    return sum(bit[name] for name in clause)


def _split(clauses: Iterable[int], also: int) -> tuple[int, _Key]:
    """Return the steps that are in all clauses, and the key of the group: the clauses without them.

    also: steps that free the chunk anyway
    """
    minimal = _minimal(clause & ~also for clause in clauses)
    common = reduce(and_, minimal)
    if common in minimal:
        return common, (0, (), True)
    left = [clause & ~common for clause in minimal]
    singles = sum(clause for clause in left if not clause & (clause - 1))
    return common, (singles, tuple(clause for clause in left if clause & (clause - 1)), False)


def _minimal(clauses: Iterable[int]) -> list[int]:
    """Return the clauses that contain no other one. Whatever hits the smaller clause hits the larger one too."""
    minimal: list[int] = []
    for _, same_size in groupby(sorted(set(clauses), key=lambda c: (c.bit_count(), c)), int.bit_count):
        smaller = tuple(minimal)  # clauses of the same size do not contain each other, and usually all have one size
        minimal += [clause for clause in same_size if all(other & ~clause for other in smaller)]
    return minimal


def _clauses_of(groups: Sequence[Group], count: int) -> tuple[list[set[int]], list[set[int]]]:
    """Return step → the numbers of the clauses that contain it, and those that contain it or are freed by it.

    Clauses that the parts of a group share have one number, and each part has one for its own steps.
    """
    inside: list[set[int]] = [set() for _ in range(count)]
    alone: list[set[int]] = [set() for _ in range(count)]
    numbers = itertools.count()
    for group in groups:
        everywhere = reduce(and_, (steps for steps, _ in group.parts))
        clauses = [*(1 << step for step in bits(group.singles)), *group.others]
        for clause, number in zip(clauses, numbers, strict=False):
            for step in bits(clause):
                inside[step].add(number)
            for step in bits(everywhere):
                alone[step].add(number)
        for (steps, _), number in zip(group.parts, numbers, strict=False):
            for step in bits(steps):
                inside[step].add(number)
    return inside, [clauses | more for clauses, more in zip(inside, alone, strict=True)]
