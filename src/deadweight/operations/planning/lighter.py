"""The lighter builds of a variant → those with which least is installed, measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from deadweight.analysis.levels.changes import Change
from deadweight.analysis.levels.goal import shrinking
from deadweight.errors import DeadweightError
from deadweight.model.report.levels import Step
from deadweight.planning.together import installation_of, lightest

if TYPE_CHECKING:
    from deadweight.analysis.levels.variant import Variant
    from deadweight.analysis.profile import Profile

    # Measures a variant that lacks no wheel that the profile has; the text says what it is.
    Measure: TypeAlias = Callable[[Variant, Profile, str], tuple[Variant, Profile]]

_LARGER = "it would not be smaller"
_UNUSED = "the other lighter builds save more without it"


class Reached(Struct, frozen=True, kw_only=True):
    """A variant with lighter builds, and what it installs."""

    variant: Variant
    profile: Profile

    @property
    def size(self) -> int:
        return self.profile.inventory.total.apparent


class Lighter(Struct, frozen=True, kw_only=True):
    """The lighter builds to use.

    change:  all of them, and those that are ruled out or not smaller
    builds:  the change of each build, or of builds that save only together → by how much each distribution shrinks
    reached: what is installed with them
    """

    change: Change
    builds: tuple[tuple[Change, Mapping[str, int]], ...]
    reached: Reached


def lighter_of(start: Reached, changes: Iterable[Change], measure: Measure) -> Lighter:
    """Return the lighter builds with which least is installed.

    changes: one for each lighter build: a step to measure, or one that is ruled out
    """
    change, tried = Change(), list[tuple[Change, Reached]]()
    for each in changes:
        try:
            if each.steps:
                tried.append((each, _measured(start, each, measure)))
            else:
                change = change.and_then(each)
        except DeadweightError as error:
            change = change.and_then(_rejected(each, error.summary))
    before = installation_of(start.profile.dependencies)
    groups = lightest(before, [installation_of(after.profile.dependencies) for _, after in tried])
    used = {number for group in groups for number in group}
    for number, (each, after) in enumerate(tried):
        if number not in used:
            change = change.and_then(_rejected(each, _LARGER if after.size >= start.size else _UNUSED))
    lighter = Lighter(change=change, builds=(), reached=start)
    for group in groups:
        # The first one was measured on top of nothing already.
        known = tried[group[0]][1] if lighter.reached is start and len(group) == 1 else None
        lighter = _added(lighter, reduce(Change.and_then, (tried[number][0] for number in group)), measure, known)
    return lighter


def _added(lighter: Lighter, change: Change, measure: Measure, known: Reached | None) -> Lighter:
    """Return the builds with one more, or with several that save together.

    known: what is reached with it, if that was measured before
    """
    before = lighter.reached
    try:
        after = known or _measured(before, change, measure)
    except DeadweightError as error:
        return replace(lighter, change=lighter.change.and_then(_rejected(change, error.summary)))
    saved = before.size - after.size
    if saved <= 0:  # versions moved
        return replace(lighter, change=lighter.change.and_then(_rejected(change, _LARGER)))
    change = replace(change, steps=_with_saved(change.steps, saved))
    shrinks = shrinking(before.profile, after.profile, change.steps[0].name)
    builds = (*lighter.builds, (change, shrinks))
    return Lighter(change=lighter.change.and_then(change), builds=builds, reached=after)


def _measured(before: Reached, change: Change, measure: Measure) -> Reached:
    what = f"a lighter build: {' and '.join(step.action for step in change.steps)}"
    variant, profile = measure(before.variant.changed(change), before.profile, what)
    return Reached(variant=variant, profile=profile)


def _with_saved(steps: tuple[Step, ...], saved: int) -> tuple[Step, ...]:
    """Return steps with what they save: the first with all of it, if they save only together."""
    first, *others = (replace(step, reason=_together(step, steps)) for step in steps)
    return replace(first, saves_bytes=saved), *others


def _together(step: Step, steps: tuple[Step, ...]) -> str:
    others = [f"you also {each.action}" for each in steps if each is not step]
    return f"{step.reason}; it saves only if {' and '.join(others)}" if others else step.reason


def _rejected(change: Change, reason: str) -> Change:
    return Change(rejected=tuple(replace(step, reason=reason) for step in change.steps))
