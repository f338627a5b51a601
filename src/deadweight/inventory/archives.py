"""Inventory, facts on archives and swaps → the inventory with them applied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from msgspec.structs import replace

from deadweight.formats.distributions.metadata import normalize
from deadweight.inventory import add_up
from deadweight.model import ArchiveFacts, Inventory

_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")


def with_archives(inventory: Inventory, facts: Mapping[str, ArchiveFacts], warnings: tuple[str, ...] = ()) -> Inventory:
    """Return the inventory with the archive of each distribution.

    facts:    project → facts on the archive from which it was measured
    warnings: to add to those of the inventory
    """
    return replace(
        inventory,
        distributions=tuple(replace(d, archive=facts.get(d.name)) for d in inventory.distributions),
        warnings=(*inventory.warnings, *warnings),
    )


def joined(parts: Sequence[tuple[Inventory, Set[str]]]) -> Inventory:
    """Return one inventory of parts of several, without the paths of files.

    parts: (inventory, the projects of it), at least one; no project is in two parts, and they share no files
    """
    inventories = [inventory for inventory, _ in parts]
    distributions = [d for inventory, names in parts for d in inventory.distributions if d.name in names]
    distributions.sort(key=lambda d: d.key)
    return Inventory(
        environments=inventories[0].environments,
        distributions=tuple(distributions),
        unowned=inventories[0].unowned,
        total=add_up([*(d.sizes for d in distributions), inventories[0].unowned]),
        skipped=tuple(each for inventory, names in parts for each in inventory.skipped if each.name in names),
        conflicts=tuple(each for inventory, names in parts for each in inventory.conflicts if names >= set(each.names)),
        warnings=tuple(dict.fromkeys(warning for inventory in inventories for warning in inventory.warnings)),
    )


def is_required(name: str, inventory: Inventory) -> bool:
    """Return whether any distribution names a project in its requirements."""
    lines = (line for d in inventory.distributions for line in d.metadata.requires)
    return any((match := _NAME.match(line)) and normalize(match[1]) == name for line in lines)


def with_swaps(inventory: Inventory, swaps: Mapping[str, str]) -> Inventory:
    """Return the inventory with projects replaced in all requirements.

    swaps: normalized name → the name that replaces it; "" removes the requirements
    """
    if not swaps:
        return inventory
    distributions = tuple(
        replace(d, metadata=replace(d.metadata, requires=_swapped(d.metadata.requires, swaps)))
        for d in inventory.distributions
    )
    return replace(inventory, distributions=distributions)


def _swapped(requires: tuple[str, ...], swaps: Mapping[str, str]) -> tuple[str, ...]:
    lines = []
    for line in requires:
        match = _NAME.match(line)
        new = swaps.get(normalize(match[1])) if match else None
        if new is None:
            lines.append(line)
        elif new:
            marker = line.partition(";")[2].strip()
            lines.append(f"{new} ; {marker}" if marker else new)
    return tuple(lines)
