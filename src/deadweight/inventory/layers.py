"""Inventory and the layers of an image → which layer holds which distribution, and what is shipped in vain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from deadweight.formats.metadata import parse_metadata
from deadweight.formats.overlay import Overlay, wasted
from deadweight.formats.record import below, record_paths
from deadweight.model import ImageFacts, Inventory, Layer


def image_facts(inventory: Inventory, layers: tuple[Layer, ...], overlay: Overlay) -> ImageFacts:
    """Return what the layers tell of the distributions."""
    where: dict[str, set[int]] = defaultdict(set)
    for path, number in inventory.owner.items():
        where[inventory.distributions[number].key].add(overlay.files[path].layer)
    by_layer = [0] * len(layers)
    by_project: dict[str, int] = defaultdict(int)
    former = _former_owners(overlay)
    for path, layer, size in wasted(overlay):
        by_layer[layer] += size
        owner = inventory.owner.get(path)
        by_project[former.get(path, "") if owner is None else inventory.distributions[owner].name] += size
    return ImageFacts(
        layers=tuple(replace(layer, wasted=size) for layer, size in zip(layers, by_layer, strict=True)),
        where={key: tuple(sorted(found)) for key, found in sorted(where.items())},
        wasted=dict(sorted(by_project.items(), key=lambda item: (-item[1], item[0]))),
    )


def _former_owners(overlay: Overlay) -> Mapping[str, str]:
    """Return path → project, of the distributions that later layers removed: by the RECORDs that went with them."""
    found: dict[str, str] = {}
    for path, placed in overlay.hidden:
        folder, _, name = path.rpartition("/")
        if name != "RECORD" or not folder.endswith(".dist-info"):
            continue
        site, _, info = folder.rpartition("/")
        metadata = parse_metadata(b"", info)
        for recorded in record_paths(placed.entry.start) if metadata else ():
            inside = below(site, recorded)
            if inside is not None and metadata is not None:
                found.setdefault(inside, metadata.name)
    return found
