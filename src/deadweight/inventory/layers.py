"""Inventory and the layers of an image → which layer holds which distribution, and what is shipped in vain."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from deadweight.formats.image_history import base_layers
from deadweight.formats.metadata import parse_metadata
from deadweight.formats.overlay import Hidden, Overlay, Placed, wasted
from deadweight.formats.record import MOST_PATHS, CondaPackage, below, record_paths
from deadweight.inventory.ownership import complete
from deadweight.inventory.waste import wasted_paths
from deadweight.model import ImageFacts, Inventory, Layer

_LIBRARY = re.compile(r"(?:^|/)lib/(?:python|pypy)\d[^/]*/os\.pyc?\Z")
_MOST_LINES = 2 << 20  # of all the lists that tell whose a removed file was


def image_facts(inventory: Inventory, layers: tuple[Layer, ...], overlay: Overlay) -> ImageFacts:
    """Return what the layers tell of the distributions."""
    where: dict[str, set[int]] = defaultdict(set)
    for path, number in inventory.owner.items():
        where[inventory.distributions[number].key].add(overlay.files[path].layer)
    vain = list(wasted(overlay))
    in_vain, hides = [0] * len(layers), [0] * len(layers)
    for hidden in vain:
        in_vain[hidden.placed.layer] += hidden.placed.size
        hides[hidden.by] += hidden.placed.size
    counted = (replace(layer, wasted=in_vain[number], hides=hides[number]) for number, layer in enumerate(layers))
    return ImageFacts(
        layers=tuple(counted),
        where={key: tuple(sorted(found)) for key, found in sorted(where.items())},
        wasted=_by_project(vain, inventory, overlay),
        paths=tuple(wasted_paths(vain)),
    )


def in_base(overlay: Overlay, possible: Sequence[int]) -> Callable[[str], bool] | None:
    """Return what says of a path whether it is from the image that this one was built on; None where nobody knows.

    possible: how many layers that image may have
    """
    libraries = (placed.layer for path, placed in overlay.files.items() if _LIBRARY.search(path))
    count = base_layers(possible, min(libraries, default=None))
    return None if count is None else lambda path: overlay.files[path].layer < count


def _by_project(vain: Iterable[Hidden], inventory: Inventory, overlay: Overlay) -> Mapping[str, int]:
    """Return project → bytes of it that are shipped in vain, the most first; "" for what belongs to none."""
    found: dict[str, int] = defaultdict(int)
    unknown: list[Hidden] = []
    for hidden in vain:
        owner = inventory.owner.get(hidden.path)
        if owner is None:
            unknown.append(hidden)
        else:
            found[inventory.distributions[owner].name] += hidden.placed.size
    former = _former_owners({hidden.path for hidden in unknown}, overlay) if unknown else {}
    for hidden in unknown:
        found[former.get(hidden.path, "")] += hidden.placed.size
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _former_owners(paths: Collection[str], overlay: Overlay) -> Mapping[str, str]:
    """Return path → project, of files that are no longer seen: by the lists that name them, hidden or not.

    A list may be left behind where its files were removed (``rm -rf …/numpy`` leaves the .dist-info).
    """
    projects: dict[str, int] = {}
    owner: dict[str, int] = {}
    sites: set[str] = set()
    for site, project, listed in _lists(overlay):
        sites.add(site)
        number = projects.setdefault(project, len(projects))
        for recorded in listed:
            inside = below(site, recorded)
            if inside is not None:
                owner.setdefault(inside, number)
    complete(owner, [path for path in paths if path not in owner], sites)
    names = list(projects)
    return {path: names[owner[path]] for path in paths if path in owner}


def _lists(overlay: Overlay) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (folder that the paths are relative to, project, paths) of each list, of those that went first."""
    left = _MOST_LINES
    for path, placed in _texts(overlay):
        folder = path.rpartition("/")[0]
        if not folder.endswith((".dist-info", "conda-meta")) or placed.entry is None:
            continue
        site, _, info = folder.rpartition("/")
        data = placed.entry.text()
        lines = data.count(b"\n")
        left -= lines
        if left < 0 or lines > MOST_PATHS:
            return
        if info == "conda-meta":
            try:
                package = CondaPackage(data)
            except (ValueError, RecursionError):
                continue
            yield site, package.name, package.files
        elif metadata := parse_metadata(b"", info):
            yield site, metadata.name, record_paths(data)


def _texts(overlay: Overlay) -> Iterator[tuple[str, Placed]]:
    for path, placed, _ in overlay.hidden:
        if path.endswith(("/RECORD", ".json")):
            yield path, placed
    for path, placed in overlay.files.items():
        if path.endswith(("/RECORD", ".json")):
            yield path, placed
