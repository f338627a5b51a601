"""The levels of a target → the cheapest steps to a target size, measured, or the floor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from deadweight import reaching
from deadweight.analysis.levels.changes import Change, deduplicating, split_change
from deadweight.analysis.levels.goal import Options, apart, held_by, problem_of
from deadweight.errors import DeadweightError
from deadweight.model.report.levels import Goal, Step
from deadweight.trim import Trimmable, trimmable

if TYPE_CHECKING:
    from deadweight.analysis.profile import Profile
    from deadweight.operations.planning.levels import Levels

_LIMITS = reaching.Limits(seconds=5)
_TRIES = 3  # versions can move, so that the measured size is larger than the counted one


def goal_of(levels: Levels, least: int, base: int) -> Goal:
    """Return the cheapest steps after which the target takes at most ``least`` bytes without the base.

    The steps are found in the dependency graph, with proof, then resolved and measured. If the result is larger than
    counted, because versions moved, the search is repeated with more to free.
    """
    whole, application = levels.start, levels.application
    drops = split_change(whole, "production")
    minimal = split_change(whole, "minimal")
    named = {step.name for step in drops.steps}
    later = tuple(each for each in apart(minimal, whole) if each.steps[0].name not in named)
    twice = tuple(each for each in apart(deduplicating(whole, application), whole) if each.steps[0].name not in named)
    options = Options(
        drops=(*apart(drops, whole), *twice, *(each for each in later if each.keys[0] not in _keys(twice))),
        builds=tuple(levels.builds),
        kinds=tuple(each for each in trimmable(whole.inventory) if each.apparent_bytes and each.kind.risk != "high"),
    )
    changes, steps, chunks = problem_of(whole, options)
    size = whole.inventory.total.apparent
    missing, found = 0, None
    for _ in range(_TRIES):
        solution = reaching.solve(steps.values(), chunks, size - least + missing, _LIMITS)
        reached = solution.reached
        if not reached:
            solution = reaching.solve(steps.values(), chunks, solution.most, _LIMITS)
        chosen = [changes[name] for name in solution.steps]
        counted = size - solution.bytes
        after, measured = _measured(levels, chosen, counted)
        found = Goal(
            target_bytes=least + base,
            steps=tuple(_step_of(each) for each in chosen),
            apparent_bytes=after + base,
            reached=after <= least,
            optimal=solution.optimal and not missing,
            cost=solution.cost,
            measured=measured is not None,
            held_by=() if after <= least else held_by(measured or whole),
        )
        if found.reached or not reached:
            return found
        missing += after - least
    assert found is not None
    return found


def _keys(changes: Iterable[Change]) -> set[str]:
    return {key for change in changes for key in change.keys}


def _step_of(what: Step | Change) -> Step:
    return what if isinstance(what, Step) else what.steps[0]


def _measured(levels: Levels, chosen: Iterable[Step | Change], counted: int) -> tuple[int, Profile | None]:
    """Return the bytes after the chosen steps, and the profile if they could be resolved and measured."""
    chosen = list(chosen)
    change = Change()
    for each in chosen:
        change = change.and_then(each) if isinstance(each, Change) else change
    kinds = {each.name for each in chosen if isinstance(each, Step)}
    variant = levels.variants[levels.start_name].changed(change)
    if variant.file is None:
        return counted, None
    try:
        profile = levels.measured(variant, "the target size") if change.steps else levels.start
    except DeadweightError:
        return counted, None
    trimmed = [each for each in trimmable(profile.inventory) if each.kind.name in kinds]
    return profile.inventory.total.apparent - sum(_known(each) for each in trimmed), profile


def _known(trimmed: Trimmable) -> int:
    return trimmed.apparent_bytes or 0
