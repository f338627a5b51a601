"""A service today and with the proposed files → the versions that change, and what makes it larger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deadweight.analysis.services.today import MeasuredService
from deadweight.model import Inventory
from deadweight.model.report.services import LargerService, NamedSize, VersionChange


def version_changes(service: MeasuredService, proposed: Inventory) -> Iterator[VersionChange]:
    """Yield the distributions whose versions change, by name."""
    old = service.versions
    new = {each.name: each.version for each in proposed.distributions}
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield VersionChange(service=service.name, name=name, old=old.get(name), new=new.get(name))


def larger_service(service: MeasuredService, proposed: Inventory, gained: Sequence[str]) -> LargerService | None:
    """Return by how much a service becomes larger, and because of what; None if it does not.

    gained: the lines of shared files that it does not ask for today
    """
    old, new = _bytes_by_name(service.profile.inventory), _bytes_by_name(proposed)
    added = sum(new.values()) - sum(old.values())
    if added <= 0:
        return None
    larger = [(size - old.get(name, 0), name) for name, size in new.items() if size > old.get(name, 0)]
    return LargerService(
        service=service.name,
        today_bytes=sum(old.values()),
        proposed_bytes=sum(new.values()),
        added_bytes=added,
        requirements=tuple(gained),
        distributions=tuple(
            NamedSize(name=name, apparent_bytes=size)
            for size, name in sorted(larger, key=lambda each: (-each[0], each[1]))
        ),
    )


def _bytes_by_name(inventory: Inventory) -> dict[str, int]:
    return {each.name: each.sizes.apparent for each in inventory.distributions}
