"""The levels of a target → the cheapest steps to a target size, measured, or the floor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from deadweight import reaching
from deadweight.analysis.levels.changes import Change, deduplicating, split_change
from deadweight.analysis.levels.goal import Options, apart, freed_in_turn, held_by, problem_of, shared_by
from deadweight.errors import DeadweightError
from deadweight.model.report.levels import Goal, Step

if TYPE_CHECKING:
    from deadweight.analysis.profile import Profile
    from deadweight.operations.planning.levels import Levels

_LIMITS = reaching.Limits(seconds=5)
_TRIES = 3  # versions can move, so that the measured size is larger than the counted one


class _Result(Struct, frozen=True, kw_only=True):
    """What some steps leave.

    profile: None if they could not be resolved, so that ``size`` is counted in the graph
    """

    names: tuple[str, ...]
    size: int
    profile: Profile | None = None


class _Search:
    """The steps that can be taken from a level, and what sets of them leave."""

    def __init__(self, levels: Levels) -> None:
        self._levels, self._start = levels, levels.variants[levels.start_name]
        self.whole = levels.start
        # Of what cannot be resolved again, the profile still has what the user's own changes have dropped.
        self._given = frozenset() if self._start.file else self._start.dropped
        graph = self.whole.dependencies
        self._own = self.whole.inventory.total.apparent - graph.bytes_of(graph.freed_by_dropping(self._given))
        self.changes, steps, chunks = problem_of(self.whole, _options(levels, self._given))
        self.steps, self.chunks = steps, tuple(_left(chunks, {f"drop {key}" for key in self._given}))

    def solved(self, least: int, missing: int) -> reaching.Solution:
        """Return the cheapest steps that leave at most ``least`` bytes by the graph, or all that free anything."""
        solution = reaching.solve(self.steps.values(), self.chunks, self._own - least + missing, _LIMITS)
        if solution.reached:
            return solution
        floor = reaching.solve(self.steps.values(), self.chunks, solution.most, _LIMITS)
        return replace(floor, reached=False)

    def result(self, names: Iterable[str]) -> _Result:
        """Resolve and measure what steps leave; count it in the graph if it cannot be resolved."""
        chosen = tuple(names)
        change, kinds = Change(), set()
        for name in chosen:
            step = self.changes[name]
            if isinstance(step, Step):
                kinds.add(step.name)
            else:
                change = change.and_then(step)
        counted = self._own - sum(freed_in_turn(self.chunks, chosen))
        variant = self._start.changed(change)
        if variant.file is None:
            return _Result(names=chosen, size=counted)
        try:
            profile = self._levels.measured(variant, "the target size")[1] if change.steps else self.whole
        except DeadweightError:
            return _Result(names=chosen, size=counted)
        trimmed = sum(each.apparent_bytes or 0 for each in self._levels.trimmable(profile) if each.kind.name in kinds)
        return _Result(names=chosen, size=profile.inventory.total.apparent - trimmed, profile=profile)

    def steps_of(self, names: tuple[str, ...]) -> Iterator[Step]:
        """Yield steps, each with the bytes that it frees after those before it, by the graph."""
        for name, freed in zip(names, freed_in_turn(self.chunks, names), strict=True):
            change = self.changes[name]
            first, *others = (change,) if isinstance(change, Step) else change.steps
            yield replace(first, saves_bytes=freed)
            yield from others  # that save only together with the first

    def dropped_by(self, names: Iterable[str]) -> set[str]:
        """Return the keys that steps drop, and those that were dropped before."""
        changes = (self.changes[name] for name in names)
        return {key for each in changes if isinstance(each, Change) for key in each.keys} | self._given


def goal_of(levels: Levels, least: int, base: int) -> Goal:
    """Return the cheapest steps after which the target takes at most ``least`` bytes without the base.

    The steps are found in the dependency graph, with proof, then resolved and measured. If the result is larger than
    counted, because versions moved, the search is repeated with more to free. Only if all steps together leave too
    much is there a floor.
    """
    search = _Search(levels)
    missing, solution = 0, search.solved(least, 0)
    result = search.result(solution.steps)
    proven = solution.optimal
    for _ in range(_TRIES - 1):
        if result.size <= least or not solution.reached:
            break
        proven, missing = False, missing + result.size - least
        solution = search.solved(least, missing)
        if solution.steps == result.names:
            break
        result = search.result(solution.steps)
    if result.size > least and set(result.names) != set(search.steps):
        everything = search.result(sorted(search.steps))
        result, proven = (everything, False) if everything.size < result.size else (result, proven)
    reached = result.size <= least
    remaining = result.profile or search.whole
    dropped = set() if result.profile else search.dropped_by(result.names)
    holding = () if reached else held_by(remaining, dropped)
    return Goal(
        target_bytes=least + base,
        steps=tuple(search.steps_of(result.names)),
        apparent_bytes=result.size + base,
        reached=reached,
        optimal=reached and proven,
        cost=sum(search.steps[name].cost for name in result.names),
        measured=result.profile is not None,
        held_by=holding,
        shared_bytes=0 if reached else shared_by(remaining, holding, dropped),
    )


def _options(levels: Levels, given: Iterable[str]) -> Options:
    """Return what can be done from the first level of the user, each requirement once."""
    whole, before = levels.start, frozenset(given)
    production = split_change(whole, "production", before)
    twice = deduplicating(whole, levels.application, before)
    # What the code imports when it starts is not dropped: the application would not start.
    later = [each for each in apart(split_change(whole, "minimal", before), whole) if not _is_needed(each.steps[0])]
    drops: dict[tuple[str, ...], Change] = {}
    for change in (*apart(production, whole), *apart(twice, whole), *later):
        drops.setdefault(change.keys, change)
    kinds = (each for each in levels.trimmable(whole) if each.apparent_bytes and each.kind.risk != "high")
    return Options(drops=tuple(drops.values()), builds=tuple(levels.builds), kinds=tuple(kinds), given=before)


def _is_needed(step: Step) -> bool:
    return any(place.role == "application" and place.how == "start" for place in step.locations)


def _left(chunks: Iterable[reaching.Chunk], done: set[str]) -> Iterator[reaching.Chunk]:
    """Yield the chunks that steps which are taken already do not free."""
    for chunk in chunks:
        clauses = frozenset(clause for clause in chunk.clauses if not clause & done)
        if clauses or not chunk.clauses:
            yield replace(chunk, clauses=clauses)
