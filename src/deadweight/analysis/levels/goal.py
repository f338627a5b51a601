"""The changes of all levels → the steps to a target size, what each costs and frees, and what holds up the floor."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from deadweight import reaching
from deadweight.analysis.levels.changes import Change
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting.judgement import places_of
from deadweight.model import Requirement
from deadweight.model.report.levels import Holding, Step
from deadweight.trimming import Trimmable
from deadweight.usage.locations import changing

_COSTS = {"drop": 1, "swap": 2, "torch": 2, "trim": 3, "platform": 5}  # effort points of a step
_CODE_LINE = 4  # more for each line of code to change
_TRIM_COSTS = {"low": 1, "medium": 3, "high": 9}  # more by the risk of a kind


class Options(Struct, frozen=True, kw_only=True):
    """What can be done to reach a size.

    drops:  the change for each requirement that may go
    builds: the change for each lighter build, or for those that save only together, and the bytes by which each
            distribution shrinks
    kinds:  files that may be trimmed
    given:  keys of what is dropped in any case
    """

    drops: tuple[Change, ...]
    builds: tuple[tuple[Change, Mapping[str, int]], ...]
    kinds: tuple[Trimmable, ...]
    given: frozenset[str] = frozenset()


def cost_of(step: Step, risk: str = "") -> int:
    """Return the effort points of a step."""
    lines = len({(place.file, place.line) for place in step.locations})
    return _COSTS[step.kind] + _CODE_LINE * lines + _TRIM_COSTS.get(risk, 0)


def apart(change: Change, profile: Profile) -> tuple[Change, ...]:
    """Return one change for each distribution that a change drops, with all lines of its requirement."""
    lines: dict[str, list[Requirement]] = defaultdict(list)
    for requirement, key in profile.dependencies.keys_of(change.drops).items():
        if key is not None:
            lines[key].append(requirement)
    steps = {step.name: step for step in change.steps}
    return tuple(
        Change(steps=(steps[name],), drops=tuple(drops), keys=(key,))
        for key, drops in lines.items()
        if (name := drops[0].name or "") in steps
    )


def shrinking(before: Profile, after: Profile, key: str) -> dict[str, int]:
    """Return by how much a lighter build shrinks each distribution: key → bytes.

    key: of the distribution that has the lighter build. What is new or larger counts against it, then against others,
         so that the savings never add up to more than what was measured
    """
    old = {d.key: d.sizes.apparent for d in before.inventory.distributions}
    new = {d.key: d.sizes.apparent for d in after.inventory.distributions}
    saved = {each: size - new.get(each, 0) for each, size in old.items() if size > new.get(each, 0)}
    grown = sum(max(0, size - old.get(each, 0)) for each, size in new.items())
    for each in sorted(saved, key=lambda name: (name != key, -saved[name])):
        taken = min(grown, saved[each])
        saved[each] -= taken
        grown -= taken
    return {each: size for each, size in saved.items() if size}


def trimmed_bytes(profile: Profile, kinds: Iterable[Trimmable]) -> dict[str, dict[str, int]]:
    """Return key → kind → bytes of its files that may be trimmed."""
    inventory = profile.inventory
    sizes: dict[str, Counter[str]] = defaultdict(Counter)
    seen: set[object] = set()
    for each in kinds:
        for path in each.files:
            entry = inventory.entries[path]
            if entry.inode is not None and entry.inode in seen:
                continue
            seen.add(entry.inode)
            owner = inventory.distributions[inventory.owner[path]]
            sizes[owner.key][each.kind.name] += entry.size
    return {key: dict(counts) for key, counts in sizes.items()}


def without_dropped(kinds: Iterable[Trimmable], profile: Profile, dropped: Collection[str]) -> tuple[Trimmable, ...]:
    """Return what can be trimmed of the distributions that stay if some are dropped; the files are not listed."""
    every = tuple(kinds)
    leaving = profile.dependencies.freed_by_dropping(dropped)
    if not leaving:
        return every
    sizes = trimmed_bytes(profile, every)
    gone = Counter(dict.fromkeys({each.kind.name for each in every}, 0))
    for key in leaving & sizes.keys():
        gone.update(sizes[key])
    return tuple(
        replace(each, files=(), apparent_bytes=each.apparent_bytes - gone[each.kind.name])
        if each.apparent_bytes
        else each
        for each in every
    )


def problem_of(
    profile: Profile, options: Options
) -> tuple[dict[str, Step | Change], dict[str, reaching.Step], tuple[reaching.Chunk, ...]]:
    """Return name → change or step, name → step of the problem, and the chunks that the steps free."""
    steps: dict[str, reaching.Step] = {}
    changes: dict[str, Step | Change] = {}

    def add(name: str, what: Step | Change, cost: int) -> reaching.Step:
        changes[name] = what
        steps[name] = reaching.Step(name, cost)
        return steps[name]

    drops = {
        key: add(f"drop {change.steps[0].name}", change, cost_of(change.steps[0]))
        for change in options.drops
        for key in change.keys
    }
    drops |= {key: reaching.Step(f"drop {key}", 1) for key in options.given}
    swaps: dict[str, dict[reaching.Step, int]] = defaultdict(dict)
    for change, saved in options.builds:
        step = add(" and ".join(each.action for each in change.steps), change, sum(map(cost_of, change.steps)))
        for key, size in saved.items():
            # The build was measured with other versions, if dropping something moved them.
            if key in profile.dependencies.own:
                swaps[key][step] = min(size, profile.dependencies.own[key])
    trims: dict[str, dict[reaching.Step, int]] = defaultdict(dict)
    kinds = {each.kind.name: each for each in options.kinds}
    for key, sizes in trimmed_bytes(profile, options.kinds).items():
        for kind, size in sizes.items():
            name = f"trim {kind}"
            if name not in steps:
                trim = Step(
                    kind="trim",
                    name=kind,
                    action=name,
                    reason=f"you lose {kinds[kind].kind.loses}",
                    saves_bytes=kinds[kind].apparent_bytes,
                )
                add(name, trim, cost_of(trim, kinds[kind].kind.risk))
            trims[key][steps[name]] = size
    return changes, steps, reaching.chunks_of(profile.dependencies, drops, trims, swaps)


def freed_in_turn(chunks: Iterable[reaching.Chunk], names: Iterable[str]) -> list[int]:
    """Return the bytes that each step frees after those before it."""
    left, taken, freed = list(chunks), set(), []
    for name in names:
        taken.add(name)
        gone = [chunk for chunk in left if chunk.also & taken or all(clause & taken for clause in chunk.clauses)]
        left = [chunk for chunk in left if chunk not in gone]
        freed.append(sum(chunk.bytes for chunk in gone))
    return freed


def held_by(profile: Profile, dropped: Collection[str] = ()) -> tuple[Holding, ...]:
    """Return the direct requirements that hold up the size of a profile, the largest first.

    dropped: keys of those that the profile still has, but that are dropped
    """
    rows = (_holding(key, profile, dropped) for key in _kept(profile, dropped))
    return tuple(sorted((row for row in rows if row), key=lambda row: (-(row.freed_bytes or row.own_bytes), row.name)))


def shared_by(profile: Profile, holding: Iterable[Holding], dropped: Collection[str] = ()) -> int:
    """Return the bytes that remain beside what each requirement frees, or is if it frees nothing."""
    graph = profile.dependencies
    whole = profile.inventory.total.apparent - graph.bytes_of(graph.freed_by_dropping(dropped))
    return max(0, whole - sum(each.freed_bytes or each.own_bytes for each in holding))


def _kept(profile: Profile, dropped: Collection[str]) -> set[str]:
    return {root.key for root in profile.dependencies.direct}.difference(dropped)


def _holding(key: str, profile: Profile, dropped: Collection[str]) -> Holding | None:
    """Return what a requirement frees, or what requires it; None if it has left, or takes no room."""
    graph = profile.dependencies
    gone = graph.freed_by_dropping(dropped)
    freed = graph.bytes_of(graph.freed_by_dropping({*dropped, key}) - gone)
    if key in gone or not (freed or graph.own[key]):
        return None
    return Holding(
        name=key,
        freed_bytes=freed,
        own_bytes=graph.own[key],
        required_by=() if freed else tuple(each for each in graph.required_by.get(key, ()) if each not in {key, *gone}),
        locations=places_of(changing(profile.uses.get(key, ()))),
    )
