"""What the rules about files read: the files of an image, with the layer and the owner of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from deadweight.codescan.dockerfiles.stages import Instruction
from deadweight.formats.images.overlay import Overlay
from deadweight.model import Inventory, Layer


class Case(Struct, frozen=True, kw_only=True, dict=True):
    """The files of an image.

    former: path of a hidden file → the distribution or system package that owned it
    base:   the number of layers of the base image; 0 if it is unknown
    made_by: number of a layer → the instruction of the user's Dockerfile that made it
    """

    inventory: Inventory
    overlay: Overlay
    layers: tuple[Layer, ...]
    former: Mapping[str, str] = {}
    base: int = 0
    made_by: Mapping[int, Instruction] = {}

    @cached_property
    def packages(self) -> Mapping[str, str]:
        """Path → the system package that contains it."""
        return self.inventory.package_of

    @cached_property
    def links(self) -> Mapping[tuple[int, int], int]:
        """Inode → the number of its names, for files with several names."""
        return Counter(entry.inode for entry in self.inventory.entries.values() if entry.inode is not None)

    def command(self, layer: int) -> str:
        """Return the build step that made a layer."""
        return self.layers[layer].command

    def is_base(self, layer: int) -> bool:
        """Return whether a layer belongs to the base image, as far as that is known."""
        return layer < self.base
