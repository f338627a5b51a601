"""Profile of a whole system → where its bytes are, in about ten rows."""

from __future__ import annotations

from collections.abc import Iterator

from deadweight.analysis.profile import Profile
from deadweight.model import GROUPS, Area, Group, ImageFacts, Part
from deadweight.model import report as document

_LARGEST = 5
WASTE, OUTSIDE = "waste", "files outside of the root"


def breakdown(profile: Profile) -> Iterator[document.BreakdownRow]:
    """Yield the rows, the largest first. They sum to what an image ships, or to all files of another whole system."""
    rows = [row for row in _rows(profile) if row[0].size]
    whole = sum(area.size for area, _ in rows)
    for area, group in sorted(rows, key=lambda row: (-row[0].size, row[0].name)):
        yield document.BreakdownRow(
            name=area.name,
            group=group,
            apparent_bytes=area.size,
            share=area.size / whole,
            largest=tuple(map(part_size, area.largest)),
        )


def part_size(part: Part) -> document.PartSize:
    """Return a part as it is reported, with an absolute path."""
    name = f"/{part.name}" if part.kind == "path" else part.name
    return document.PartSize(kind=part.kind, name=name, apparent_bytes=part.size)


def _rows(profile: Profile) -> Iterator[tuple[Area, Group | None]]:
    """Yield each row, with the group of the distributions in it."""
    yield from ((area, None) for area in (profile.system.areas if profile.system else ()))
    yield from ((_distributions(group, profile), group) for group in GROUPS)
    if profile.image is not None:
        yield from ((area, None) for area in _unseen(profile.image, profile.inventory.total.apparent))


def _distributions(group: Group, profile: Profile) -> Area:
    members = [each for each in profile.inventory.distributions if profile.groups[each.key].group == group]
    members.sort(key=lambda each: (-each.sizes.apparent, each.key))
    return Area(
        name=f"{group} distributions",
        size=sum(each.sizes.apparent for each in members),
        largest=tuple(
            Part(kind="distribution", name=each.key, size=each.sizes.apparent) for each in members[:_LARGEST]
        ),
    )


def _unseen(image: ImageFacts, seen: int) -> Iterator[Area]:
    """Yield what an image ships and no container sees.

    Paths that leave the root of an image are not waste, because no layer hides them.
    """
    yield Area(name=WASTE, size=image.wasted_size, largest=image.largest_waste)
    yield Area(name=OUTSIDE, size=image.shipped - image.wasted_size - seen)
