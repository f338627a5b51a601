"""Requirements and where the source uses them → what is worth a look beside the splits, each with its places."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from deadweight.graph import Graph, Weight
from deadweight.model import Assignment, Inventory, Mention, Source, Use
from deadweight.proof import is_foreign
from deadweight.usage import matched, provided
from deadweight.usage.places import DEVELOPMENT, only_later

Kind = Literal["unused", "missing", "transitive", "tests-only", "lazy", "one-place", "dev-in-production"]
_STRONG = ("DW101", "DW102", "DW103")
_WORTH_IT = 1_000_000  # bytes: to be rid of less is no reason to change code


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing worth a look.

    name:        of a project; of a module where no project is known for it
    says:        a sentence
    places:      where the source names it
    freed_bytes: what dropping the requirement would save; None where it is none, or nothing is known
    """

    kind: Kind
    name: str
    says: str
    places: tuple[Mention, ...] = ()
    freed_bytes: int | None = None


def remarks_of(
    source: Source,
    inventory: Inventory,
    graph: Graph,
    weights: Mapping[str, Weight],
    groups: Mapping[str, Assignment],
    uses: Mapping[str, tuple[Use, ...]],
) -> tuple[Remark, ...]:
    """Return what is worth a look, by kind and then by what it would save."""
    names = {d.key: d.name for d in inventory.distributions if d.prefix == inventory.environment.prefix}
    direct = [root.key for root in graph.direct if root.key in names]
    found = [
        *_missing(source, inventory),
        *_transitive(graph, uses, names, direct),
        *(
            r
            for key in direct
            if (r := _of_requirement(names[key], weights[key].freed or 0, groups[key], uses.get(names[key], ())))
        ),
    ]
    order = ("missing", "transitive", "dev-in-production", "unused", "tests-only", "lazy", "one-place")
    return tuple(sorted(found, key=lambda r: (order.index(r.kind), -(r.freed_bytes or 0), r.name)))


def _missing(source: Source, inventory: Inventory) -> Iterator[Remark]:
    """Imports of the application that nothing measured provides."""
    places: dict[str, list[Mention]] = {}
    names = {d.name for d in inventory.distributions}
    for mention, matches in matched(source, provided(inventory.distributions), names):
        counts = mention.role not in DEVELOPMENT and mention.how not in ("types", "optional")
        if counts and not matches and is_foreign(mention, source):
            places.setdefault(mention.name.partition(".")[0], []).append(mention)
    for module, mentions in places.items():
        says = "is imported, and nothing that is asked for provides it"
        yield Remark(kind="missing", name=module, says=says, places=tuple(mentions))


def _transitive(
    graph: Graph, uses: Mapping[str, tuple[Use, ...]], names: Mapping[str, str], direct: Collection[str]
) -> Iterator[Remark]:
    """What the application imports, and is there only because something else needs it."""
    wanted = {names[key] for key in direct}
    told = {use.mention.name for name in wanted for use in uses.get(name, ())}  # a module that several bring is no lack
    for key, name in names.items():
        places = tuple(place for place in _imports(uses.get(name, ()), "application") if place.name not in told)
        if name not in wanted and places:
            users = graph.required_by.get(key, ())[:3]
            verb = "needs" if len(users) == 1 else "need"
            says = f"is imported, but only there because {', '.join(users)} {verb} it"
            says = says if users else "is imported, and nothing asks for it"
            yield Remark(kind="transitive", name=name, says=says, places=places)


def _of_requirement(name: str, freed: int, group: Assignment, uses: Sequence[Use]) -> Remark | None:
    """Return what is worth a look of one requirement, the first that holds."""
    rules = {evidence.rule for evidence in group.evidence}
    places = tuple(use.mention for use in uses)
    if group.group == "dev" or "DW201" in rules:
        return _dev(name, group, uses, freed) or _one_place(name, uses, freed)
    if not uses:
        if rules & {"DW205", "DW302"}:
            return None  # something loads it on demand, or needs it
        says = "nothing in the source names it"
        return Remark(kind="unused", name=name, says=says, freed_bytes=freed)
    if all(place.role in DEVELOPMENT for place in places):
        says = "only tests, docs and builds use it"
        return Remark(kind="tests-only", name=name, says=says, places=places, freed_bytes=freed)
    if only_later(uses):
        says = "is never imported when the application starts"
        return Remark(kind="lazy", name=name, says=says, places=places, freed_bytes=freed)
    return _one_place(name, uses, freed)


def _dev(name: str, group: Assignment, uses: Sequence[Use], freed: int) -> Remark | None:
    """What is known as a tool for development, and the application imports all the same."""
    known = any(e.rule in _STRONG and e.group == "dev" for e in group.evidence)
    places = _imports(uses, "application")
    if not known or not places:
        return None
    says = "is a tool for development, and the application imports it"
    return Remark(kind="dev-in-production", name=name, says=says, places=places, freed_bytes=freed)


def _one_place(name: str, uses: Sequence[Use], freed: int) -> Remark | None:
    places = tuple(use.mention for use in uses if use.mention.role not in DEVELOPMENT)
    if len({place.file for place in places}) != 1 or len(places) > 1 or freed < _WORTH_IT:
        return None
    return Remark(kind="one-place", name=name, says="is used in one place alone", places=places, freed_bytes=freed)


def _imports(uses: Sequence[Use], role: str) -> tuple[Mention, ...]:
    mentions = (use.mention for use in uses)
    return tuple(m for m in mentions if m.kind == "import" and m.role == role and m.how in ("start", "lazy"))
