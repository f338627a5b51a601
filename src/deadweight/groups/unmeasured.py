"""Requirements of which nothing was measured → their groups, by names, what an index says, and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deadweight.graph import build_graph
from deadweight.groups import assign_groups
from deadweight.groups.names import Names
from deadweight.model import Assignment, Distribution, Environment, Inventory, Metadata, Sizes, Source, Wanted
from deadweight.usage import uses_of


def groups_of_requirements(
    wanted: Iterable[Wanted],
    config: Names,
    *,
    known: Mapping[str, Metadata] | None = None,
    source: Source | None = None,
) -> dict[str, Assignment]:
    """Return name → group of every requirement that has a name, in alphabetical order.

    known:  name → what an index says of it; what is not in there is judged by its name alone
    source: the application's; None where there is none
    """
    lines = tuple(want for want in wanted if want.name)
    declared: dict[str, frozenset[str]] = {}
    for want in lines:
        if want.name and want.groups:
            declared[want.name] = declared.get(want.name, frozenset()) | want.groups
    inventory = _by_names(sorted({want.name for want in lines if want.name}), known or {})
    uses = None if source is None else uses_of(source, {}, [d.name for d in inventory.distributions])
    return assign_groups(inventory, build_graph(inventory, lines), config, declared, uses)


def _by_names(names: Iterable[str], known: Mapping[str, Metadata]) -> Inventory:
    """Return an inventory of which only names and metadata are known."""
    unmeasured = Sizes(disk=None)
    found = tuple(
        Distribution(key=name, metadata=known.get(name, Metadata(name=name, version=None)), sizes=unmeasured)
        for name in names
    )
    return Inventory(environments=(Environment(),), distributions=found, unowned=unmeasured, total=unmeasured)
