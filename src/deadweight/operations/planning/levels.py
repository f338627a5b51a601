"""Levels of saving, each measured on top of the one before it, in one session."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from deadweight.analysis.concluding import conclude
from deadweight.analysis.levels.changes import Change, deduplicating, dropping, lighter_changes, split_change
from deadweight.analysis.levels.goal import shrinking, without_dropped
from deadweight.analysis.levels.levels import (
    counted_level,
    measured_level,
    today,
    trimmed_level,
    unchanged,
    unreachable,
    without_wheel,
)
from deadweight.analysis.levels.variant import Variant
from deadweight.analysis.verdict import Original, original_of
from deadweight.errors import BadInput, DeadweightError, InstallFailed, UnusedBuild
from deadweight.formats.builds import swap_of
from deadweight.model.report.levels import Level, LevelName, Step
from deadweight.operations.measure import measure
from deadweight.operations.planning.lighter import Reached, lighter_of
from deadweight.operations.session import Session
from deadweight.progress import Progress
from deadweight.settings import Settings
from deadweight.targets.types import REQUIRING, Environment, Lock
from deadweight.trimming import Facts, Trimmable, facts_of, trimmable
from deadweight.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from deadweight.analysis.profile import Profile
    from deadweight.model import Application
    from deadweight.platforms.selection import Chosen
    from deadweight.targets.types import Target

_MOST_NAMED = 5


class Levels:
    """Measures one level after another."""

    def __init__(self, target: Target, settings: Settings, session: Session) -> None:
        self._target, self._settings, self._session = target, settings, session
        plain = settings.replacing(swap=(), torch="", platform="", drop=())
        if isinstance(target, REQUIRING):
            plain = plain.replacing(no_install=True)
        measurement = measure(target, plain, session)
        self.application: Application | None = session.application(target, measurement.settings)
        self.whole = self._profile = conclude(measurement, self.application)
        resolvable = isinstance(target, REQUIRING) and not isinstance(target, Lock)
        self._variant = Variant(settings=measurement.settings, file=measurement.file if resolvable else None)
        file = measurement.file
        self.original = original_of(file, measurement.inventory.environment) if file else Original()
        self._reached: Reached | None = None  # what was measured to find the lighter builds
        self._facts = _facts(target, self.whole)
        self.levels: list[Level] = [today(self._profile, self.original)]
        self.variants, self.profiles = {"today": self._variant}, {"today": self._profile}
        self.builds: list[tuple[Change, Mapping[str, int]]] = []

    def measure_all(self) -> None:
        """Measure every level."""
        self._add("what-if", self._what_if())
        self._add("production", split_change(self._profile, "production", self._given))
        self._add("deduplicated", deduplicating(self._profile, self.application, self._given))
        self._add_lighter()
        self._add_alpine()
        self._add("minimal", split_change(self._profile, "minimal", self._given))
        self._add_trimmed()
        self.levels = [level for level in self.levels if level.name != "what-if" or level.changes]

    def trimmable(self, profile: Profile) -> tuple[Trimmable, ...]:
        """Return what can be trimmed of what a level installs."""
        return trimmable(profile.inventory, self._facts)

    @property
    def start_name(self) -> Literal["today", "what-if"]:
        """The level that a target size is reached from: with the user's own changes, if there are any."""
        return "what-if" if "what-if" in self.variants else "today"

    @property
    def start(self) -> Profile:
        """The profile of that level."""
        return self.profiles[self.start_name]

    @property
    def _given(self) -> frozenset[str]:
        """What earlier levels have dropped, but the profile still has, since it cannot be resolved again."""
        return frozenset() if self._variant.file else self._variant.dropped

    @property
    def _before(self) -> Level:
        """The last level that can be reached."""
        return next(level for level in reversed(self.levels) if not level.not_taken)

    def _add(self, name: LevelName, change: Change) -> None:
        """Measure a level, and go on from it if it can be reached."""
        if not change.steps:
            self.levels.append(unchanged(name, self._before, change))
            self._reach(name, self._variant, self._profile)
            return
        variant = self._variant.changed(change)
        if variant.file is None:
            self.levels.append(counted_level(name, change, self._before, self.whole, variant.dropped))
            self._reach(name, variant, self._profile)
            return
        try:
            variant, profile = self.measured(variant, name)
        except DeadweightError as error:
            if name == "what-if":  # what the user asked for
                raise
            self.levels.append(unreachable(name, change, error.summary))
            return
        self.levels.append(measured_level(name, change, self._before, profile, self.original))
        self._reach(name, variant, profile)

    def _reach(self, name: str, variant: Variant, profile: Profile) -> None:
        self._variant, self._profile = variant, profile
        self.variants[name], self.profiles[name] = variant, profile

    def measured(
        self, variant: Variant, what: str, accept: Callable[[Collection[Chosen]], None] | None = None
    ) -> tuple[Variant, Profile]:
        """Resolve and measure a variant; nothing is installed.

        accept:  as ``measure_archives`` takes it
        returns: the variant, without the builds of what it no longer needs, and its profile
        """
        from deadweight.operations.measuring.from_archives import measure_archives
        from deadweight.operations.measuring.reading import Read

        if self._reached and self._reached.variant == variant and not accept:
            return variant, self._reached.profile
        self._session.observe(Progress("measuring", what))
        read = Read(variant.requirements, variant.settings)
        try:
            measurement = measure_archives(self._target, variant.settings, self._session, read, accept)
        except UnusedBuild as error:  # what it was for has been dropped
            if what == "what-if":
                raise
            return self.measured(variant.without_build(error.swap), what, accept)
        return variant, conclude(measurement, self.application)

    def _with_wheels(self, variant: Variant, before: Profile, what: str) -> tuple[Variant, Profile]:
        """Return a variant and its profile; raises InstallFailed if it lacks wheels that the profile before has."""
        from deadweight.platforms import selection

        already = without_wheel(before)

        def accept(choices: Collection[Chosen]) -> None:
            if names := sorted(selection.without_wheel(choices) - already):
                target = " for musl" if variant.settings.request.platform.startswith("musl") else ""
                raise InstallFailed(f"no wheel{target}: {listed(names, _MOST_NAMED)}")

        variant, profile = self.measured(variant, what, accept)
        if unread := sorted({each.name for each in profile.skipped} - already):
            raise InstallFailed(f"cannot read the wheels of {listed(unread, _MOST_NAMED)}")
        return variant, profile

    def _what_if(self) -> Change:
        """Return the change that the user's options ask for."""
        request, policy = self._settings.request, self._settings.policy
        change = dropping(self._profile, policy.drop)
        if unknown := sorted(set(policy.drop) - {step.name for step in change.steps}):
            raise BadInput(f"--drop {unknown[0]}: {self._target.label} has no requirement of that name")
        for swap in request.swap:
            old, new = swap_of(swap)
            step = Step(kind="swap", name=old, action=f"replace {old} with {new}", reason="your choice")
            change = change.and_then(Change(steps=(step,), swaps=(swap,)))
        if request.torch:
            step = Step(kind="torch", name="torch", action=f"use PyTorch's {request.torch} build", reason="your choice")
            change = change.and_then(Change(steps=(step,), torch=request.torch))
        if request.platform:
            step = Step(kind="platform", name=request.platform, action=f"for {request.platform}", reason="your choice")
            change = change.and_then(Change(steps=(step,), platform=request.platform))
        return change

    def _add_lighter(self) -> None:
        """Measure the lighter builds; what cannot be resolved again has none to measure."""
        if self._variant.file is None:
            reason = "only requirements can be resolved with other builds"
            self.levels.append(unreachable("lighter", Change(), reason))
            return
        self._add("lighter", self._lighter())

    def _lighter(self) -> Change:
        """Return the lighter builds with which least is installed."""
        changes = lighter_changes(self._profile, self.application, self._given)
        lighter = lighter_of(Reached(variant=self._variant, profile=self._profile), changes, self._with_wheels)
        self.builds += lighter.builds
        self._reached = lighter.reached
        return lighter.change

    def _add_alpine(self) -> None:
        """Measure the wheels for musl; the level can be reached only if every distribution has one."""
        from deadweight.operations.measuring.reading import machine_of

        here = machine_of(self._variant.settings.request)
        alpine = here.with_musl()
        step = Step(
            kind="platform",
            name="alpine",
            action="use an Alpine base image",
            reason="musl differs from glibc: test performance, DNS and locales",
        )
        change = Change(steps=(step,), platform=alpine.platform if alpine else "")
        try:
            if self._variant.file is None:
                raise BadInput("only requirements can be resolved for another platform")
            if alpine is None:
                musl = "already uses musl" if "musl" in here.shown else "is not Linux"
                raise BadInput(f"{here.shown} {musl}")
            variant, profile = self._with_wheels(self._variant.changed(change), self._profile, "wheels for Alpine")
        except DeadweightError as error:
            self.levels.append(unreachable("alpine", change, error.summary))
            return
        level = measured_level("alpine", change, self._before, profile, self.original)
        saved = level.saved_bytes or 0
        if saved <= 0:
            # Whether a smaller base image makes up for it is for the user to say.
            reason = "its wheels are larger than those for glibc" if saved else "its wheels save nothing"
            self.levels.append(replace(level, not_taken=reason))
            return
        self.levels.append(level)
        step = replace(step, saves_bytes=saved)
        self.builds.append((replace(change, steps=(step,)), shrinking(self._profile, profile, "")))
        self._reach("alpine", variant, profile)

    def _add_trimmed(self) -> None:
        kinds = self.trimmable(self._profile)
        self.levels.append(trimmed_level(self._before, without_dropped(kinds, self._profile, self._given)))
        self._reach("trimmed", self._variant, self._profile)


def _facts(target: Target, profile: Profile) -> Facts:
    """Return what the code of an application and of an environment says about the files that they need.

    Only the code of an environment can be read: of wheels, only the lists of their files are known.
    """
    facts = facts_of(profile.application)
    if not isinstance(target, Environment):
        return facts
    from deadweight.operations.trimming.measuring import with_imports
    from deadweight.sources.disk.environment import DiskReader

    return with_imports(profile.inventory, facts, DiskReader(os.path.realpath(target.location)))
