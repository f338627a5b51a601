"""Groups → the lines that each split keeps, and how much it saves.

A split removes a line if the group of its distribution is certainly not one of the split's groups and nothing that
stays needs it. So a line that production needs stays, whatever its group. In a full freeze, the lines that only dev
requirements need are removed with them. Lines that stay only because their group is uncertain are listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from deadweight.graph import Graph
from deadweight.graph.closures import closure_bytes
from deadweight.model import Evidence, Group, Mention, Requirement
from deadweight.planning.judging import Judged, Plan, is_chosen, is_direct, judged_later
from deadweight.usage.locations import changing
from deadweight.wording import listed

_PRODUCTION: tuple[Group, ...] = ("core", "data", "ml")
_MINIMAL: tuple[Group, ...] = ("core", "data")


class Dropped(Struct, frozen=True, kw_only=True):
    """A requirement that a split removes, and why.

    brought_bytes: the part of everything that the split removes that this requirement reaches. Shared dependencies
                   count for each, so these do not add up. None if it is not installed
    freed_bytes:   what removing this requirement alone would free
    locations:        the mentions outside of development, which would have to change
    """

    name: str
    group: Group
    evidence: Evidence
    brought_bytes: int | None
    freed_bytes: int | None
    locations: tuple[Mention, ...] = ()


class Unsure(Struct, frozen=True, kw_only=True):
    """A requirement that stays only because its group is uncertain, for the user to review.

    freed_bytes: what removing it would free; None if it is not installed
    """

    name: str
    group: Group
    evidence: Evidence
    freed_bytes: int | None


class Split(Struct, frozen=True, kw_only=True):
    """One smaller set of requirements.

    kept:          the user's requirements that stay, in their order
    unsure:        those that weak evidence puts into a group that the split removes
    distributions: keys of everything that ``kept`` installs
    saved_bytes:   apparent bytes that the requirements install and this split does not
    saved_groups:  the same by group; they sum to ``saved_bytes``
    """

    name: str
    groups: tuple[str, ...]
    kept: tuple[Requirement, ...]
    dropped: tuple[Dropped, ...]
    distributions: tuple[str, ...]
    apparent_bytes: int
    saved_bytes: int
    saved_groups: Mapping[Group, int] = {}
    unsure: tuple[Unsure, ...] = ()
    warnings: tuple[str, ...] = ()


def make_splits(plan: Plan) -> tuple[Split, ...]:
    """Return production (without dev) and minimal (the groups of the settings).

    By default, minimal is core and data. If the code was read, it also removes what the application never imports at
    start. Without code it keeps ml, because ml may be the purpose of the application.
    """
    production = _make("production", _PRODUCTION, plan.judged, plan)
    groups = plan.policy.minimal_groups
    if groups is None:
        groups = _MINIMAL if plan.with_code else _PRODUCTION
    minimal = _make("minimal", groups, [judged_later(each, plan) for each in plan.judged], plan)
    if plan.policy.minimal_groups is None and not plan.with_code:
        minimal = replace(minimal, warnings=(*minimal.warnings, *_why_ml_stays(minimal, plan)))
    return replace(production, warnings=(*production.warnings, *_unknown(plan))), minimal


def _why_ml_stays(split: Split, plan: Plan) -> Iterator[str]:
    kept = set(split.kept)
    ml = {each.key for each in plan.judged if each.key and plan.groups[each.key].group == "ml"}
    names = [each.name for each in plan.judged if each.key in ml and each.requirement in kept] if ml else []
    if names:
        yield (
            f"minimal keeps {listed(names, 3)} (ml): without your code, it is unknown whether the application"
            " needs them; use --source DIR to read your code, or --minimal-groups core,data to remove them"
        )


def _unknown(plan: Plan) -> Iterator[str]:
    """Yield a warning for each name in keep or drop without a requirement, since it is probably misspelled."""
    keep, drop = plan.policy.keep, plan.policy.drop
    if not keep and not drop:
        return
    known = {requirement.name for requirement in plan.requirements} | plan.unmeasured
    for option, names in (("keep", keep), ("drop", drop)):
        for name in names:
            if name not in known:
                yield f"{option}: {name} is not in your requirements"
    yield from (f"{name} is in both keep and drop: it is dropped" for name in keep if name in drop)


def _make(name: str, allowed: Sequence[str], judged: Sequence[Judged], plan: Plan) -> Split:
    """Return the split that keeps the requirements whose group is ``allowed``, and everything they need."""
    kept, gone = _separated(allowed, judged, plan)
    distributions = _closure(kept, plan) if gone else plan.required
    leaving = plan.required - distributions
    brought = closure_bytes(plan.graph, {key: plan.graph.own[key] for key in leaving}) if gone else {}
    return Split(
        name=name,
        groups=tuple(allowed),
        kept=tuple(each.requirement for each in kept),
        dropped=tuple(_dropped(each, brought, plan) for each in gone),
        distributions=tuple(sorted(distributions)),
        apparent_bytes=plan.graph.bytes_of(distributions),
        saved_bytes=plan.graph.bytes_of(leaving),
        saved_groups=_by_group(leaving, plan),
        unsure=tuple(_unsure(kept, allowed, plan)),
        warnings=tuple(_still_installed(name, gone, distributions, plan.graph)),
    )


def _separated(allowed: Sequence[str], judged: Sequence[Judged], plan: Plan) -> tuple[list[Judged], list[Judged]]:
    """Return the requirements to keep and to remove."""
    chosen = [is_chosen(each, allowed, plan) for each in judged]
    roots = (each for each, own in zip(judged, chosen, strict=True) if own and is_direct(each, plan))
    needed = _closure(roots, plan)
    kept: list[Judged] = []
    gone: list[Judged] = []
    for each, own in zip(judged, chosen, strict=True):
        if each.key is not None and each.requirement.name not in plan.policy.drop:
            own = each.key in needed or each.requirement.name in plan.policy.keep
        (kept if own else gone).append(each)
    return kept, gone


def _closure(judged: Iterable[Judged], plan: Plan) -> set[str]:
    return plan.graph.closure(each.root(plan.graph) for each in judged if each.key)


def _by_group(keys: Iterable[str], plan: Plan) -> dict[Group, int]:
    sizes: dict[Group, int] = {}
    for key in sorted(keys):
        group = plan.groups[key].group
        sizes[group] = sizes.get(group, 0) + plan.graph.own[key]
    return sizes


def _dropped(each: Judged, brought: Mapping[str, int], plan: Plan) -> Dropped:
    return Dropped(
        name=each.name,
        group=each.assignment.group,
        evidence=each.assignment.evidence[0],
        brought_bytes=None if each.key is None else brought[each.key],
        freed_bytes=each.freed(plan),
        locations=changing(plan.uses_of(each.requirement)),
    )


def _unsure(kept: Iterable[Judged], allowed: Collection[str], plan: Plan) -> Iterator[Unsure]:
    """Yield the requirements that stay only because their group is uncertain."""
    for each in kept:
        assignment = each.assignment
        if each.is_uncertain and assignment.group not in allowed and each.requirement.name not in plan.policy.keep:
            yield Unsure(
                name=each.name, group=assignment.group, evidence=assignment.evidence[0], freed_bytes=each.freed(plan)
            )


def _still_installed(name: str, gone: Iterable[Judged], distributions: Collection[str], graph: Graph) -> Iterator[str]:
    """Yield a warning for each removed requirement whose distribution stays because another one requires it."""
    for each in gone:
        if each.key in distributions and each.key:
            users = graph.required_by.get(each.key, ())[:3]
            verb = "requires" if len(users) == 1 else "require"
            yield f"{each.requirement.name} is not in {name}, but is still installed: {', '.join(users)} {verb} it"
