"""Inventory and what is known of the archives, or what is to be thought away → the inventory with it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from deadweight.formats.distributions.metadata import normalize
from deadweight.model import ArchiveFacts, Inventory

_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")


def with_archives(inventory: Inventory, facts: Mapping[str, ArchiveFacts], told: tuple[str, ...] = ()) -> Inventory:
    """Return the inventory with each distribution's archive.

    facts: project → what is known of the archive that it was measured from
    told:  warnings to be added
    """
    return replace(
        inventory,
        distributions=tuple(replace(d, archive=facts.get(d.name)) for d in inventory.distributions),
        warnings=(*inventory.warnings, *told),
    )


def is_required(name: str, inventory: Inventory) -> bool:
    """Say whether any distribution speaks of a project in its requirements."""
    lines = (line for d in inventory.distributions for line in d.metadata.requires)
    return any((match := _NAME.match(line)) and normalize(match[1]) == name for line in lines)


def with_swaps(inventory: Inventory, swaps: Mapping[str, str]) -> Inventory:
    """Return the inventory as if what asks for one project asked for another.

    swaps: normalized name → the name in its place; "" for nothing, as if nobody asked
    """
    if not swaps:
        return inventory
    distributions = tuple(
        replace(d, metadata=replace(d.metadata, requires=_swapped(d.metadata.requires, swaps)))
        for d in inventory.distributions
    )
    return replace(inventory, distributions=distributions)


def _swapped(requires: tuple[str, ...], swaps: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    for line in requires:
        match = _NAME.match(line)
        new = swaps.get(normalize(match[1])) if match else None
        if new is None:
            found.append(line)
        elif new:
            marker = line.partition(";")[2].strip()
            found.append(f"{new} ; {marker}" if marker else new)
    return tuple(found)
