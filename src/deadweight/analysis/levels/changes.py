"""Profile → what to drop and to replace for the next level, and what the code rules out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting.judgement import places_of
from deadweight.model import Application, Mention, Requirement
from deadweight.model.report.levels import Step
from deadweight.planning.duplicates import duplicates_among
from deadweight.planning.lighter import Lighter
from deadweight.planning.splits import Split
from deadweight.untrusted import without_credentials
from deadweight.usage.locations import is_for_production

_FEATURES = {"gpu": "a GPU", "windows": "windows on a screen"}


class Change(Struct, frozen=True, kw_only=True):
    """What leads from one level to the next.

    drops:    requirements to leave out
    keys:     of the distributions that they name
    swaps:    values of ``--swap``
    torch:    the build of PyTorch; "" for no change
    platform: the platform tag; "" for no change
    rejected: steps that the code or the target rules out
    """

    steps: tuple[Step, ...] = ()
    rejected: tuple[Step, ...] = ()
    drops: tuple[Requirement, ...] = ()
    keys: tuple[str, ...] = ()
    swaps: tuple[str, ...] = ()
    torch: str = ""
    platform: str = ""

    def and_then(self, other: Change) -> Change:
        """Return both changes as one."""
        return Change(
            steps=self.steps + other.steps,
            rejected=self.rejected + other.rejected,
            drops=self.drops + other.drops,
            keys=self.keys + other.keys,
            swaps=self.swaps + other.swaps,
            torch=other.torch or self.torch,
            platform=other.platform or self.platform,
        )

    @property
    def code_lines(self) -> int:
        """The lines of code that must change."""
        return len({(place.file, place.cell, place.line) for step in self.steps for place in step.locations})


def split_change(profile: Profile, split: str, before: Collection[str] = ()) -> Change:
    """Return the change that leads to a split.

    before: keys of what earlier levels have dropped, if the profile still has it
    """
    chosen = profile.split(split)
    kept = set(chosen.kept)
    drops = tuple(each for each in _requirements(profile) if each not in kept)
    reasons = {
        each.name: (without_credentials(each.evidence.reason), each.locations if split == "minimal" else ())
        for each in chosen.dropped
    }
    change = _dropping(profile, drops, before=before, reasons=reasons)
    if split != "production":
        return change
    return change.and_then(Change(rejected=_unsure(profile, chosen, (*before, *change.keys))))


def _unsure(profile: Profile, production: Split, before: Collection[str]) -> tuple[Step, ...]:
    """Return a step for each requirement that is perhaps only for development.

    Each step has the bytes that it saves after those before it: what another of them requires saves nothing alone.
    """
    alone = {each.name: each.freed_bytes for each in production.unsure if each.group == "dev"}
    drops = tuple(each for each in _requirements(profile) if each.name in alone)
    steps = _dropping(profile, drops, before=before, reasons={}).steps
    return tuple(
        replace(
            step,
            reason=f"perhaps only for development; --drop {step.name} removes it"
            + (" after those above" if step.saves_bytes != alone[step.name] else ""),
        )
        for step in steps
    )


def dropping(profile: Profile, names: Collection[str]) -> Change:
    """Return the change that drops the requirements of the user's choice."""
    drops = tuple(each for each in _requirements(profile) if each.name in names)
    return _dropping(profile, drops, reasons=dict.fromkeys(names, ("your choice", ())))


def deduplicating(profile: Profile, application: Application | None, before: Collection[str] = ()) -> Change:
    """Return the change that drops distributions which contain the same library as another one.

    before: as for ``split_change``
    """
    graph, prefix = profile.dependencies, profile.inventory.environment.prefix
    gone = graph.freed_by_dropping(before)
    here = (d for d in profile.inventory.distributions if d.prefix == prefix and d.key not in gone)
    installed = {d.name: d.key for d in here}
    direct = {root.key for root in graph.direct}
    needed = {name for name, key in installed.items() if graph.required_by.get(key) or key not in direct}
    required = needed.union(profile.settings.policy.keep)
    change = Change()
    for each in duplicates_among(installed, required):
        name, other, reason = each.name, each.keep, each.reason
        found = uses_of(each.needs, application)
        if found and each.keep in required:
            action = f"drop {name}, since {other} is installed too"
            change = change.and_then(Change(rejected=(_ruled_out(name, action, each.needs, found),)))
            continue
        if found:
            name, other = other, name
            reason = f"your code uses {_FEATURES[each.needs]}, which {name} lacks"
        drops = tuple(requirement for requirement in _requirements(profile) if requirement.name == name)
        step = Step(
            kind="drop",
            name=name,
            action=f"drop {name}, since {other} is installed too",
            reason=reason,
            saves_bytes=_bytes_of_dropping(profile, (*before, installed[name])) - _bytes_of_dropping(profile, before),
        )
        change = change.and_then(Change(steps=(step,), drops=drops, keys=(installed[name],)))
    return change


def lighter_changes(
    profile: Profile, application: Application | None, before: Collection[str] = ()
) -> Iterator[Change]:
    """Yield one change for each lighter build: a step to measure, or one that the code rules out.

    before: as for ``split_change``
    """
    gone = profile.dependencies.freed_by_dropping(before)
    for build in profile.lighter():
        if build.key in gone:
            continue
        action = f"use {build.lighter}"
        if build.key in profile.settings.policy.keep:
            kept = Step(kind="swap", name=build.key, action=action, reason=f"you keep {build.key}")
            yield Change(rejected=(kept,))
            continue
        found = uses_of(build.needs, application)
        if found:
            yield Change(rejected=(_ruled_out(build.key, action, build.needs, found),))
            continue
        step = Step(
            kind="torch" if build.torch else "swap",
            name=build.key,
            action=action,
            reason=_condition(build, application),
        )
        yield Change(steps=(step,), swaps=(build.swap,) if build.swap else (), torch=build.torch)


def uses_of(feature: str, application: Application | None) -> tuple[Mention, ...]:
    """Return where production uses a feature that a lighter build lacks."""
    if not feature or application is None:
        return ()
    return tuple(each for each in application.features if each.name == feature and is_for_production(each))


def _condition(build: Lighter, application: Application | None) -> str:
    """Return under which condition a lighter build is enough."""
    if not build.needs:
        return f"it lacks {build.loses}"
    if application is None:
        return f"it lacks {build.loses}; check that your code does not use {_FEATURES[build.needs]}"
    return f"it lacks {build.loses}, and your code does not use {_FEATURES[build.needs]}"


def _ruled_out(name: str, action: str, feature: str, found: tuple[Mention, ...]) -> Step:
    return Step(
        kind="swap",
        name=name,
        action=action,
        reason=f"your code uses {_FEATURES[feature]}",
        locations=places_of(found),
    )


def _dropping(
    profile: Profile,
    drops: tuple[Requirement, ...],
    *,
    reasons: Mapping[str, tuple[str, tuple[Mention, ...]]],
    before: Collection[str] = (),
) -> Change:
    """Return the change that drops requirements; each step has the bytes that it saves after those before it."""
    keys = profile.dependencies.keys_of(drops)
    left = tuple(requirement for requirement in drops if keys[requirement] not in before)
    steps: dict[str, Step] = {}
    dropped, freed = [*before], _bytes_of_dropping(profile, before)
    for requirement in left:
        name = requirement.name or without_credentials(requirement.url)
        if name in steps:  # another line of the same project
            continue
        key, saved = keys[requirement], None
        if key is not None:
            dropped.append(key)
            now = _bytes_of_dropping(profile, dropped)
            saved, freed = now - freed, now
        reason, mentions = reasons.get(name, ("nothing that stays needs it", ()))
        steps[name] = Step(
            kind="drop",
            name=name,
            action=f"drop {name}",
            reason=reason,
            saves_bytes=saved,
            locations=places_of(mentions),
        )
    return Change(steps=tuple(steps.values()), drops=left, keys=tuple(dropped[len(before) :]))


def _bytes_of_dropping(profile: Profile, keys: Collection[str]) -> int:
    return profile.dependencies.bytes_of(profile.dependencies.freed_by_dropping(keys))


def _requirements(profile: Profile) -> Iterable[Requirement]:
    """Return the requirements: of the user's file, else of the direct distributions."""
    if profile.requirements is not None:
        return tuple(profile.requirements.all_requirements())
    from deadweight.planning.lines import requirements_of

    return requirements_of(profile.inventory, profile.dependencies)
