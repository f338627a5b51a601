"""What the rules about files read: the files of an image, with the layer and the owner of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.formats.images.overlay import Hidden, Overlay, wasted
from deadweight.model import Inventory, Layer, Need, Reader, Start

if TYPE_CHECKING:
    from deadweight.codescan.dockerfiles.stages import Instruction


class Case(Struct, frozen=True, kw_only=True, dict=True):
    """The files of an image.

    reader: reads small files
    start:  how a container starts
    needs:  the libraries that distributions need from the system
    former: path of a hidden file → the distribution or system package that owned it
    base:   the number of layers of the base image; 0 if it is unknown
    made_by: number of a layer → the instruction of the user's Dockerfile that made it
    homes:  key of a distribution → number of the layer with most of its bytes
    """

    inventory: Inventory
    overlay: Overlay
    layers: tuple[Layer, ...]
    reader: Reader
    start: Start = Start()
    needs: tuple[Need, ...] = ()
    former: Mapping[str, str] = {}
    base: int = 0
    made_by: Mapping[int, Instruction] = {}
    homes: Mapping[str, int] = {}

    @cached_property
    def unowned(self) -> Sequence[str]:
        """The paths that neither a distribution nor a system package contains."""
        owner, packages = self.inventory.owner, self.inventory.package_of
        return [path for path in self.inventory.entries if path not in owner and path not in packages]

    @cached_property
    def links(self) -> Mapping[tuple[int, int], int]:
        """Inode → the number of its names, for files with several names."""
        return Counter(entry.inode for entry in self.inventory.entries.values() if entry.inode is not None)

    @cached_property
    def wasted(self) -> Sequence[Hidden]:
        """The files that no container sees."""
        return list(wasted(self.overlay))

    @cached_property
    def _origins(self) -> Mapping[str, int]:
        """Path → the lowest layer with the same file, for files that a later layer writes again, as ``chown`` does."""
        origins: dict[str, int] = {}
        for path, placed, _ in self.overlay.hidden:
            current = self.overlay.files.get(path)
            if current is not None and current.size == placed.size:
                origins[path] = min(placed.layer, origins.get(path, placed.layer))
        return origins

    def layer_of(self, path: str) -> int:
        """Return the layer that a file comes from."""
        # Most images have no such files.
        origin = self._origins.get(path) if self._origins else None
        return self.overlay.files[path].layer if origin is None else origin

    def command(self, layer: int) -> str:
        """Return the build step that made a layer."""
        return self.layers[layer].command

    def is_base(self, layer: int) -> bool:
        """Return whether a layer belongs to the base image, as far as that is known."""
        return layer < self.base

    def copied(self, layer: int) -> bool:
        """Return whether COPY or ADD made a layer from the build context, as far as that is known."""
        instruction = self.made_by.get(layer)
        if instruction is not None:
            return instruction.name in ("COPY", "ADD") and not instruction.origin
        name, *words = self.command(layer).split() or ("",)
        # Histories do not contain --from. Sources with absolute paths are nearly always from another stage.
        sources = [word for word in words if not word.startswith("--")]
        from_context = not sources[:1] or not sources[0].startswith("/")
        return name in ("COPY", "ADD") and from_context and not self.is_base(layer)
