"""Inventory and the layers of an image → what each layer holds and hides, and the wasted bytes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from deadweight.formats.images.history import base_layers
from deadweight.formats.images.overlay import Hidden, Overlay, Placed, wasted
from deadweight.inventory.systems.classification import directory_of
from deadweight.inventory.systems.contents import largest_parts
from deadweight.inventory.systems.former import former_owners, former_packages
from deadweight.inventory.systems.waste import wasted_paths
from deadweight.model import ImageFacts, Inventory, Layer, PartKind

_LIBRARY = re.compile(r"(?:^|/)lib(?:64)?/(?:python|pypy)\d[^/]*/os\.pyc?\Z")

_Part = tuple[PartKind, str]
_Sizes = dict[_Part, int]


class HiddenOwners(NamedTuple):
    """Path of a wasted file → the project that owned it, and path → the system package."""

    projects: Mapping[str, str] = {}
    packages: Mapping[str, str] = {}


class _Wasted(NamedTuple):
    """A wasted file, and the distribution, the system package or the directory that it was part of."""

    file: Hidden
    part: _Part


def image_facts(inventory: Inventory, layers: tuple[Layer, ...], overlay: Overlay, owners: HiddenOwners) -> ImageFacts:
    """Return the facts on the layers of an image."""
    wasted_files = [_Wasted(hidden, _former_part(hidden.path, owners)) for hidden in wasted(overlay)]
    holds = _holds(inventory, overlay, len(layers))
    where = _where(holds)
    waste: _Sizes = defaultdict(int)
    for each in wasted_files:
        holds[each.file.placed.layer][each.part] += each.file.placed.size
        waste[each.part] += each.file.placed.size
    return ImageFacts(
        homes=_homes(inventory, holds, overlay),
        layers=tuple(_completed(layers, holds, wasted_files)),
        where=where,
        wasted=_by_name(wasted_files, "distribution", "path"),
        wasted_packages=_by_name(wasted_files, "system package"),
        paths=tuple(wasted_paths(each.file for each in wasted_files)),
        largest_waste=largest_parts(waste),
    )


def base_of(overlay: Overlay, possible: Sequence[int]) -> int | None:
    """Return the number of layers of the base image; None if it is unknown.

    possible: the possible numbers
    """
    libraries = (
        placed.layer
        for path, placed in overlay.files.items()
        if path.endswith(("/os.py", "/os.pyc")) and _LIBRARY.search(path)
    )
    return base_layers(possible, min(libraries, default=None))


def in_base(overlay: Overlay, base: int | None) -> Callable[[str], bool] | None:
    """Return a function that tests whether a path is from the base image; None if the base image is unknown."""
    return None if base is None else lambda path: overlay.files[path].layer < base


def hidden_owners(inventory: Inventory, overlay: Overlay) -> HiddenOwners:
    """Return who owned the wasted files."""
    projects: dict[str, str] = {}
    unknown: set[str] = set()
    for hidden in wasted(overlay):
        owner = inventory.owner.get(hidden.path)
        if owner is None:
            unknown.add(hidden.path)
        else:
            projects[hidden.path] = inventory.distributions[owner].name
    if unknown:
        projects |= former_owners(unknown, overlay)
        unknown -= projects.keys()
    return HiddenOwners(projects=projects, packages=former_packages(unknown, overlay) if unknown else {})


def _completed(layers: Sequence[Layer], holds: Sequence[_Sizes], wasted_files: Sequence[_Wasted]) -> Iterator[Layer]:
    """Yield the layers with what they hold and hide, and by whom they are hidden."""
    hidden_by: list[dict[int, int]] = [defaultdict(int) for _ in layers]
    hidden: list[_Sizes] = [defaultdict(int) for _ in layers]
    for (_, placed, by), part in wasted_files:
        hidden_by[placed.layer][by] += placed.size
        hidden[by][part] += placed.size
    for number, layer in enumerate(layers):
        yield replace(
            layer,
            wasted=sum(hidden_by[number].values()),
            hides=sum(hidden[number].values()),
            largest=largest_parts(holds[number]),
            hidden=largest_parts(hidden[number]),
            hidden_by=tuple(sorted(hidden_by[number].items())),
        )


def _holds(inventory: Inventory, overlay: Overlay, layers: int) -> list[_Sizes]:
    """Return for each layer the bytes of the distributions, system packages and directories that a container sees.

    A file with several names counts once, in the lowest layer that has it.
    """
    parts: list[_Part] = [("distribution", distribution.key) for distribution in inventory.distributions]
    owner, package_of = inventory.owner, inventory.package_of
    holds: list[_Sizes] = [defaultdict(int) for _ in range(layers)]
    linked: dict[int, tuple[int, str, _Part]] = {}
    lowest: dict[int, Placed] = {}
    for path, placed in overlay.files.items():
        number = owner.get(path, len(parts))
        if number < len(parts):
            part = parts[number]
        elif path in package_of:
            part = "system package", package_of[path]
        else:
            part = "path", directory_of(path, 2)
        if placed.inode:
            holds[placed.layer][part] += 0  # a name in this layer, of bytes that may be in another one
            linked[placed.inode] = min((number, path, part), linked.get(placed.inode, (number, path, part)))
            lowest[placed.inode] = min(placed, lowest.get(placed.inode, placed), key=_layer)
        else:
            holds[placed.layer][part] += placed.size
    for hidden in overlay.hidden:
        inode = hidden.placed.inode
        if inode in lowest:
            lowest[inode] = min(hidden.placed, lowest[inode], key=_layer)
    for inode, (_, _, part) in linked.items():
        holds[lowest[inode].layer][part] += lowest[inode].size
    return holds


def _layer(placed: Placed) -> int:
    return placed.layer


def _where(holds: Sequence[_Sizes]) -> dict[str, tuple[int, ...]]:
    """Return key → the layers with files of the distribution that a container sees."""
    where: dict[str, list[int]] = defaultdict(list)
    for number, sizes in enumerate(holds):
        for kind, name in sizes:
            if kind == "distribution":
                where[name].append(number)
    return {key: tuple(numbers) for key, numbers in sorted(where.items())}


def _homes(inventory: Inventory, holds: Sequence[_Sizes], overlay: Overlay) -> dict[str, int]:
    """Return key → the layer with most bytes of the distribution, and of equal ones the lowest.

    Files that a layer only writes again, as ``chown -R`` does, come from an earlier one.
    """
    sizes: dict[str, dict[int, int]] = {each.key: {} for each in inventory.distributions}
    for number, parts in enumerate(holds):
        for (kind, name), size in parts.items():
            if kind == "distribution" and name in sizes:
                sizes[name][number] = size
    again = {path: placed for path, placed, _ in overlay.hidden if path in inventory.owner}
    for path, placed in again.items():
        current = overlay.files[path]
        if current.size == placed.size:
            sizes[inventory.distributions[inventory.owner[path]].key][current.layer] -= current.size
    return {key: max(own, key=lambda number: (own[number], -number)) for key, own in sizes.items() if own}


def _former_part(path: str, owners: HiddenOwners) -> _Part:
    """Return what a wasted file is or was part of."""
    if path in owners.projects:
        return "distribution", owners.projects[path]
    if path in owners.packages:
        return "system package", owners.packages[path]
    return "path", directory_of(path, 2)


def _by_name(wasted_files: Sequence[_Wasted], *kinds: PartKind) -> dict[str, int]:
    """Return name → wasted bytes of parts of some kinds, the largest first; files of no owner have the name ""."""
    sizes: dict[str, int] = defaultdict(int)
    for each in wasted_files:
        kind, name = each.part
        if kind in kinds:
            sizes["" if kind == "path" else name] += each.file.placed.size
    return dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0])))
