"""Inventory and the layers of an image → the layers of each distribution, and the wasted bytes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from deadweight.formats.images.history import base_layers
from deadweight.formats.images.overlay import Hidden, Overlay, wasted
from deadweight.inventory.systems.former import former_owners, former_packages
from deadweight.inventory.systems.waste import wasted_paths
from deadweight.model import ImageFacts, Inventory, Layer

_LIBRARY = re.compile(r"(?:^|/)lib/(?:python|pypy)\d[^/]*/os\.pyc?\Z")


class HiddenOwners(NamedTuple):
    """Path of a wasted file → the project that owned it, and path → the system package."""

    projects: Mapping[str, str] = {}
    packages: Mapping[str, str] = {}


def image_facts(inventory: Inventory, layers: tuple[Layer, ...], overlay: Overlay, owners: HiddenOwners) -> ImageFacts:
    """Return the facts on the layers of an image."""
    where: dict[str, set[int]] = defaultdict(set)
    for path, number in inventory.owner.items():
        where[inventory.distributions[number].key].add(overlay.files[path].layer)
    wasted_files = list(wasted(overlay))
    wasted_bytes, hides = [0] * len(layers), [0] * len(layers)
    for hidden in wasted_files:
        wasted_bytes[hidden.placed.layer] += hidden.placed.size
        hides[hidden.by] += hidden.placed.size
    by_project, by_package = _by_owner(wasted_files, owners)
    counted = (replace(layer, wasted=wasted_bytes[number], hides=hides[number]) for number, layer in enumerate(layers))
    return ImageFacts(
        layers=tuple(counted),
        where={key: tuple(sorted(numbers)) for key, numbers in sorted(where.items())},
        wasted=_descending(by_project),
        wasted_packages=_descending(by_package),
        paths=tuple(wasted_paths(wasted_files)),
    )


def base_of(overlay: Overlay, possible: Sequence[int]) -> int | None:
    """Return the number of layers of the base image; None if it is unknown.

    possible: the possible numbers
    """
    libraries = (placed.layer for path, placed in overlay.files.items() if _LIBRARY.search(path))
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


def _by_owner(hidden_files: Iterable[Hidden], owners: HiddenOwners) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return (project → wasted bytes, with "" for no project; system package → wasted bytes)."""
    projects: dict[str, int] = defaultdict(int)
    packages: dict[str, int] = defaultdict(int)
    for hidden in hidden_files:
        package = owners.packages.get(hidden.path)
        if package is None:
            projects[owners.projects.get(hidden.path, "")] += hidden.placed.size
        else:
            packages[package] += hidden.placed.size
    return projects, packages


def _descending(sizes: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0])))
