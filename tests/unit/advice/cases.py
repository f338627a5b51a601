"""Builds the case of an image from layers, each a dict of paths, without an archive."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from deadweight.advice.case import Case
from deadweight.formats.images.overlay import Overlay
from deadweight.inventory import take_inventory
from deadweight.inventory.systems.layers import hidden_owners, image_facts
from deadweight.inventory.systems.libraries import libraries_of
from deadweight.model import Layer
from deadweight.sources.images.blocks import Pipe
from deadweight.sources.images.image import Image, tree_of
from deadweight.sources.images.layers import Room, read_layer
from tests.images import Content, make_tar


def case_of(
    *layers: Mapping[str, Content],
    commands: Sequence[str] = (),
    base: int = 0,
    variables: Mapping[str, str] | None = None,
) -> Case:
    """Return the case of an image whose layers were made by these commands.

    variables: of the environment in which a container starts
    """
    overlay = Overlay()
    for number, layer in enumerate(layers):
        overlay.add(number, read_layer(Pipe(io.BytesIO(make_tar(layer))), Room()))
    tree = tree_of(Image(layers=(), overlay=overlay), "app.tar")
    inventory = take_inventory(tree)
    owners = hidden_owners(inventory, overlay)
    facts = image_facts(inventory, tuple(Layer(digest=str(n)) for n in range(len(layers))), overlay, owners)
    named = [*commands, *[""] * (len(layers) - len(commands))]
    return Case(
        inventory=inventory,
        overlay=overlay,
        reader=tree.reader,
        start=tree.start._replace(variables=variables or {}),
        needs=libraries_of(tree, inventory)[0],
        layers=tuple(Layer(digest=f"sha256:{n}", command=command) for n, command in enumerate(named)),
        former={**owners.packages, **owners.projects},
        base=base,
        homes=facts.homes,
    )
