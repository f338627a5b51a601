"""Groups → which of the user's lines each split keeps, and what that saves.

A line goes when its distribution's group is surely not one of the split's and nothing that stays needs it. So a line
that production needs stays, whatever it looks like; and of a full freeze, what only dev requirements pull in goes with
them. What stays for want of certainty is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from deadweight.graph import Graph, Root, Weight
from deadweight.graph.closures import closure_bytes
from deadweight.groups import by_name
from deadweight.groups.names import Names
from deadweight.model import Assignment, Evidence, Group, Inventory, Mention, Metadata, Use, Wanted
from deadweight.settings import Settings
from deadweight.usage.places import changing, only_later

LATER = "DW305"
_PRODUCTION: tuple[Group, ...] = ("core", "data", "ml")
_MINIMAL: tuple[Group, ...] = ("core", "data")
# What ``pip freeze`` leaves out too, for the same reason.
_IN_EVERY_ENVIRONMENT = frozenset(("pip", "setuptools", "wheel"))


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


class Plan(Struct, frozen=True, kw_only=True):
    """What splits are made from: the requirements, each with the distribution that it names."""

    wanted: Sequence[Wanted]
    keys: Mapping[Wanted, str | None]  # None: not installed here (its marker is false) or nowhere to be found
    graph: Graph
    weights: Mapping[str, Weight]
    groups: Mapping[str, Assignment]
    config: Names
    uses: Mapping[str, tuple[Use, ...]] = {}  # name → where the source uses it
    with_source: bool = False
    by_marks: bool = False  # nobody wrote the requirements: they are what an environment's marks tell
    unmeasured: frozenset[str] = frozenset()  # names and URLs of what could not be measured


def make_splits(plan: Plan, settings: Settings) -> tuple[Split, ...]:
    """Return production (without dev) and minimal (the groups that the settings name; never dev unless named).

    By default, minimal is core and data. Where there is source, it leaves out too what the application never imports
    when it starts; without source it keeps ml, since for all that is known the application is nothing but that.
    """
    first = make_split("production", _PRODUCTION, plan, settings)
    groups = settings.minimal_groups
    by_default = groups is None
    if groups is None:
        groups = _MINIMAL if plan.with_source else _PRODUCTION
    second = make_split("minimal", groups, plan, settings)
    kept = [want.name or want.url for want in second.kept if _group_of(want, plan) == "ml"]
    if kept and by_default and not plan.with_source:
        second = replace(second, warnings=(*second.warnings, _why_ml_stays(kept)))
    return replace(first, warnings=(*first.warnings, *_unknown(plan, settings))), second


def _group_of(want: Wanted, plan: Plan) -> Group | None:
    key = plan.keys[want]
    return plan.groups[key].group if key else None


def _why_ml_stays(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (
        f"minimal keeps {', '.join(names[:3])}{more} (ml): without source, nothing shows whether the application can do"
        " without (--source DIR reads it, --minimal-groups core,data leaves ml out)"
    )


def _unknown(plan: Plan, settings: Settings) -> Iterator[str]:
    """Tell of names to keep or to leave out that no requirement has; most likely they are misspelled."""
    there = {want.name for want in plan.wanted} | plan.unmeasured
    for option, names in (("keep", settings.keep), ("drop", settings.drop)):
        for name in names:
            if name not in there:
                yield f"{option} names {name}, which is no requirement here"
    yield from (f"keep and drop both name {name}: it is left out" for name in settings.keep if name in settings.drop)


def make_split(name: str, allowed: Sequence[str], plan: Plan, settings: Settings) -> Split:
    """Return the split that keeps the requirements whose group is ``allowed``, and what those need."""
    judged = {want: _judge(want, plan, settings) for want in plan.wanted}
    if name == "minimal":
        judged = {want: _later(want, found, plan, settings) for want, found in judged.items()}
    direct = {root.key for root in plan.graph.direct}
    asked = {w for w in plan.wanted if _is_asked(w, plan, direct) and _chosen(w, judged[w], allowed, plan, settings)}
    needed = plan.graph.closure(_roots(asked, plan))
    stays = {w: w in asked or _stays(w, plan, needed, judged[w], allowed, settings) for w in plan.wanted}
    kept = [w for w in plan.wanted if stays[w]]
    gone = [w for w in plan.wanted if not stays[w]]
    everything = plan.graph.closure(_roots(plan.wanted, plan))
    distributions = plan.graph.closure(_roots(kept, plan))
    brought = _bytes_among(everything - distributions, plan.graph) if gone else {}
    staying = [(w, plan.graph.required_by.get(key, ())) for w in gone if (key := plan.keys[w]) in distributions and key]
    unsure = [w for w in kept if _is_held(judged[w]) and judged[w].group not in allowed and w.name not in settings.keep]
    warnings = [f"{w.name} is left out of {name}, but stays: {', '.join(users[:3])} needs it" for w, users in staying]
    return Split(
        name=name,
        groups=tuple(allowed),
        kept=tuple(kept),
        dropped=tuple(_dropped(w, judged[w], brought, plan) for w in gone),
        distributions=tuple(sorted(distributions)),
        apparent_bytes=plan.graph.bytes_of(distributions),
        saved_bytes=plan.graph.bytes_of(everything - distributions),
        saved_groups=_by_group(everything - distributions, plan),
        unsure=tuple(_unsure(w, judged[w], plan) for w in unsure),
        warnings=tuple(warnings),
    )


def _judge(want: Wanted, plan: Plan, settings: Settings) -> Assignment:
    """Return a requirement's group with its evidence; by the name alone where nothing was measured."""
    key = plan.keys[want]
    found = by_name(Metadata(name=want.name or "", version=None), plan.config) if key is None else plan.groups[key]
    if want.name in settings.drop:
        said = Evidence("DW003", found.group, "you said to leave it out (drop)")
        return replace(found, evidence=(said, *found.evidence), sure=True)
    if plan.by_marks and want.name in _IN_EVERY_ENVIRONMENT and not changing(plan.uses.get(want.name, ())):
        said = Evidence("DW107", "dev", "new environments have it, whoever asked for what")
        return replace(found, group="dev", evidence=(said, *found.evidence), sure=True)
    return found


def _later(want: Wanted, found: Assignment, plan: Plan, settings: Settings) -> Assignment:
    """Say of what the application never imports when it starts that this is why it is left out."""
    uses = plan.uses.get(want.name or "", ())
    settled = found.evidence[0].rule in ("DW001", "DW003") or any(e.rule == "DW205" for e in found.evidence)
    if settled or want.name in settings.keep or not only_later(uses):
        return found
    first, *others = changing(uses)
    more = f" and {len(others)} more" if others else ""
    says = f"never imported at start, only by {first.file}:{first.line}{more}"
    return replace(found, evidence=(Evidence(LATER, found.group, says), *found.evidence))


def _is_asked(want: Wanted, plan: Plan, direct: Collection[str]) -> bool:
    """Say whether a requirement is asked for by itself; in a full freeze most lines are only pulled in."""
    key = plan.keys[want]
    return key is None or not plan.graph.frozen or key in direct


def _chosen(want: Wanted, found: Assignment, allowed: Collection[str], plan: Plan, settings: Settings) -> bool:
    if want.name in settings.drop:
        return False
    if want.name in settings.keep or _is_unmeasured(want, plan):
        return True
    return found.evidence[0].rule != LATER and (found.group in allowed or _is_held(found))


def _is_unmeasured(want: Wanted, plan: Plan) -> bool:
    """Say whether a requirement could not be measured, so that nobody can tell whether it may go."""
    return want.name in plan.unmeasured or want.url in plan.unmeasured


def _is_held(found: Assignment) -> bool:
    """Say whether a group is no reason to leave anything out; core, which is what nobody knows, always is one."""
    return not found.sure and found.group != "core"


def _stays(
    want: Wanted,
    plan: Plan,
    needed: Collection[str],
    found: Assignment,
    allowed: Collection[str],
    settings: Settings,
) -> bool:
    if want.name in settings.drop:
        return False
    key = plan.keys[want]
    if key is None:
        return _chosen(want, found, allowed, plan, settings)
    return key in needed or want.name in settings.keep


def _roots(wanted: Iterable[Wanted], plan: Plan) -> list[Root]:
    return [Root(key, w.extras & plan.graph.extras.get(key, frozenset())) for w in wanted if (key := plan.keys[w])]


def _by_group(keys: Iterable[str], plan: Plan) -> dict[Group, int]:
    found: dict[Group, int] = {}
    for key in sorted(keys):
        group = plan.groups[key].group
        found[group] = found.get(group, 0) + plan.graph.own[key]
    return found


def _bytes_among(leaving: Collection[str], graph: Graph) -> Mapping[str, int]:
    """Return key → the bytes of what it reaches among what leaves."""
    return closure_bytes(graph, {key: graph.own[key] for key in leaving})


def _dropped(want: Wanted, found: Assignment, brought: Mapping[str, int], plan: Plan) -> Dropped:
    key = plan.keys[want]
    return Dropped(
        name=want.name or want.url,
        group=found.group,
        evidence=found.evidence[0],
        brought_bytes=None if key is None else brought[key],
        freed_bytes=_freed(key, plan),
        places=changing(plan.uses.get(want.name or "", ())),
    )


def _unsure(want: Wanted, found: Assignment, plan: Plan) -> Unsure:
    key = plan.keys[want]
    return Unsure(
        name=want.name or want.url, group=found.group, evidence=found.evidence[0], freed_bytes=_freed(key, plan)
    )


def _freed(key: str | None, plan: Plan) -> int | None:
    return None if key is None else plan.weights[key].freed or 0


def kept_transitives(names: Iterable[str], wanted: Sequence[Wanted], inventory: Inventory) -> tuple[Wanted, ...]:
    """Return requirements for transitive distributions that the user keeps by name, so that splits can hold them.

    names: normalized; those that the requirements name already, and those that are not there, are left out
    """
    named = {want.name for want in wanted}
    there = {d.name: d for d in inventory.distributions if d.prefix == inventory.environment.prefix}
    # In a file of pins every line is one.
    pins = bool(wanted) and all(want.url or want.specifier.startswith("==") for want in wanted)
    found = [there[name] for name in dict.fromkeys(names) if name in there and name not in named]
    return tuple(Wanted(name=d.name, specifier=f"=={d.version}" if pins and d.version else "") for d in found)


def wanted_of(inventory: Inventory, graph: Graph) -> tuple[Wanted, ...]:
    """Return the requirements that the first environment's direct distributions amount to, at the versions there."""
    there = {d.key: d for d in inventory.distributions if d.prefix == inventory.environment.prefix}
    return tuple(
        Wanted(
            name=there[root.key].name,
            extras=root.extras,
            specifier=f"=={there[root.key].version}" if there[root.key].version else "",
            number=number,
        )
        for number, root in enumerate((root for root in graph.direct if root.key in there), 1)
    )


def requirement_text(wanted: Wanted) -> str:
    """Return the PEP 508 spelling of a requirement, for a file that is written anew."""
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    marker = f" ; {wanted.marker}" if wanted.marker else ""
    if wanted.editable:
        return f"-e {wanted.url}{extras}"
    if wanted.url:
        return f"{wanted.name}{extras} @ {wanted.url}{marker}" if wanted.name else f"{wanted.url}{marker}"
    return f"{wanted.name}{extras}{wanted.specifier}{marker}"
