"""Groups → which of the user's lines each split keeps, and what that saves.

A line goes when its distribution's group is surely not one of the split's and nothing that stays needs it. So a line
that production needs stays, whatever it looks like; and of a full freeze, what only dev requirements pull in goes with
them. What stays for want of certainty is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from deadweight.graph import Graph
from deadweight.graph.closures import closure_bytes
from deadweight.model import Evidence, Group, Mention, Wanted
from deadweight.plan.judging import Judged, Plan, is_asked, is_chosen, judged_later
from deadweight.usage.places import changing

_PRODUCTION: tuple[Group, ...] = ("core", "data", "ml")
_MINIMAL: tuple[Group, ...] = ("core", "data")


class Dropped(Struct, frozen=True, kw_only=True):
    """A requirement that a split leaves out, and why.

    brought_bytes: of all that leaves in this split, what this requirement reaches; what several of them reach counts
                   for each, so these do not add up. None where nothing of that name is installed
    freed_bytes:   what would leave if this one alone went
    places:        where the source names it for more than development: what would have to change
    """

    name: str
    group: Group
    evidence: Evidence
    brought_bytes: int | None
    freed_bytes: int | None
    places: tuple[Mention, ...] = ()


class Unsure(Struct, frozen=True, kw_only=True):
    """A requirement that stays only because nobody can be sure of its group: for a person to judge.

    freed_bytes: what would leave if it went; None where nothing of that name is installed
    """

    name: str
    group: Group
    evidence: Evidence
    freed_bytes: int | None


class Split(Struct, frozen=True, kw_only=True):
    """One smaller set of requirements.

    kept:          the user's requirements that stay, in their order
    unsure:        those of them that look like a group that is left out, by weak evidence
    distributions: keys of all that those bring in
    saved_bytes:   apparent bytes of what the requirements bring in and not this split
    saved_groups:  the same, by the group of what leaves; they sum to ``saved_bytes``
    """

    name: str
    groups: tuple[str, ...]
    kept: tuple[Wanted, ...]
    dropped: tuple[Dropped, ...]
    distributions: tuple[str, ...]
    apparent_bytes: int
    saved_bytes: int
    saved_groups: Mapping[Group, int] = {}
    unsure: tuple[Unsure, ...] = ()
    warnings: tuple[str, ...] = ()


def make_splits(plan: Plan) -> tuple[Split, ...]:
    """Return production (without dev) and minimal (the groups that the settings name; never dev unless named).

    By default, minimal is core and data. Where there is source, it leaves out too what the application never imports
    when it starts; without source it keeps ml, since for all that is known the application is nothing but that.
    """
    production = _make("production", _PRODUCTION, plan.judged, plan)
    groups = plan.settings.minimal_groups
    if groups is None:
        groups = _MINIMAL if plan.with_source else _PRODUCTION
    minimal = _make("minimal", groups, [judged_later(each, plan) for each in plan.judged], plan)
    if plan.settings.minimal_groups is None and not plan.with_source:
        minimal = replace(minimal, warnings=(*minimal.warnings, *_why_ml_stays(minimal, plan)))
    return replace(production, warnings=(*production.warnings, *_unknown(plan))), minimal


def _why_ml_stays(split: Split, plan: Plan) -> Iterator[str]:
    kept = set(split.kept)
    ml = {each.key for each in plan.judged if each.key and plan.groups[each.key].group == "ml"}
    names = [each.name for each in plan.judged if each.key in ml and each.want in kept] if ml else []
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield (
            f"minimal keeps {', '.join(names[:3])}{more} (ml): without your code, it is unknown whether the application"
            " needs them; use --source DIR to read your code, or --minimal-groups core,data to remove them"
        )


def _unknown(plan: Plan) -> Iterator[str]:
    """Yield a warning for each name to keep or to drop that no requirement has; most likely it is misspelled."""
    keep, drop = plan.settings.keep, plan.settings.drop
    if not keep and not drop:
        return
    known = {want.name for want in plan.wanted} | plan.unmeasured
    for option, names in (("keep", keep), ("drop", drop)):
        for name in names:
            if name not in known:
                yield f"{option}: {name} is not in your requirements"
    yield from (f"{name} is in both keep and drop: it is dropped" for name in keep if name in drop)


def _make(name: str, allowed: Sequence[str], judged: Sequence[Judged], plan: Plan) -> Split:
    """Return the split that keeps the requirements whose group is ``allowed``, and what those need."""
    kept, gone = _parted(allowed, judged, plan)
    distributions = _closure(kept, plan) if gone else plan.required
    leaving = plan.required - distributions
    brought = closure_bytes(plan.graph, {key: plan.graph.own[key] for key in leaving}) if gone else {}
    return Split(
        name=name,
        groups=tuple(allowed),
        kept=tuple(each.want for each in kept),
        dropped=tuple(_dropped(each, brought, plan) for each in gone),
        distributions=tuple(sorted(distributions)),
        apparent_bytes=plan.graph.bytes_of(distributions),
        saved_bytes=plan.graph.bytes_of(leaving),
        saved_groups=_by_group(leaving, plan),
        unsure=tuple(_unsure(kept, allowed, plan)),
        warnings=tuple(_staying(name, gone, distributions, plan.graph)),
    )


def _parted(allowed: Sequence[str], judged: Sequence[Judged], plan: Plan) -> tuple[list[Judged], list[Judged]]:
    """Return the requirements that stay and those that go."""
    chosen = [is_chosen(each, allowed, plan) for each in judged]
    asked = (each for each, own in zip(judged, chosen, strict=True) if own and is_asked(each, plan))
    needed = _closure(asked, plan)
    kept: list[Judged] = []
    gone: list[Judged] = []
    for each, own in zip(judged, chosen, strict=True):
        if each.key is not None and each.want.name not in plan.settings.drop:
            own = each.key in needed or each.want.name in plan.settings.keep
        (kept if own else gone).append(each)
    return kept, gone


def _closure(judged: Iterable[Judged], plan: Plan) -> set[str]:
    return plan.graph.closure(each.root(plan.graph) for each in judged if each.key)


def _by_group(keys: Iterable[str], plan: Plan) -> dict[Group, int]:
    found: dict[Group, int] = {}
    for key in sorted(keys):
        group = plan.groups[key].group
        found[group] = found.get(group, 0) + plan.graph.own[key]
    return found


def _dropped(each: Judged, brought: Mapping[str, int], plan: Plan) -> Dropped:
    return Dropped(
        name=each.name,
        group=each.found.group,
        evidence=each.found.evidence[0],
        brought_bytes=None if each.key is None else brought[each.key],
        freed_bytes=each.freed(plan),
        places=changing(plan.uses_of(each.want)),
    )


def _unsure(kept: Iterable[Judged], allowed: Collection[str], plan: Plan) -> Iterator[Unsure]:
    """Yield what stays only because its group is not sure."""
    for each in kept:
        found = each.found
        if each.is_held and found.group not in allowed and each.want.name not in plan.settings.keep:
            yield Unsure(name=each.name, group=found.group, evidence=found.evidence[0], freed_bytes=each.freed(plan))


def _staying(name: str, gone: Iterable[Judged], distributions: Collection[str], graph: Graph) -> Iterator[str]:
    """Yield a warning for each requirement that goes and whose distribution stays, since another one needs it."""
    for each in gone:
        if each.key in distributions and each.key:
            users = graph.required_by.get(each.key, ())[:3]
            verb = "requires" if len(users) == 1 else "require"
            yield f"{each.want.name} is not in {name}, but is still installed: {', '.join(users)} {verb} it"
