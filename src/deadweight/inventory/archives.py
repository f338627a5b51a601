"""Inventory, facts on archives and swaps → the inventory with them applied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

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


def restricted(inventory: Inventory, names: Set[str]) -> Inventory:
    """Return the part of an inventory that some projects make up, without the paths of files.

    names: of projects that own no file together with another one
    """
    distributions = tuple(d for d in inventory.distributions if d.name in names)
    return replace(
        inventory,
        distributions=distributions,
        total=add_up([*(d.sizes for d in distributions), inventory.unowned]),
        skipped=tuple(each for each in inventory.skipped if each.name in names),
        conflicts=tuple(each for each in inventory.conflicts if names >= set(each.names)),
        native=(),
        owner={},
        entries={},
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
