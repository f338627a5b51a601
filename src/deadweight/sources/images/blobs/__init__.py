"""The documents and layers of an image, wherever they are.

disk.py     in an archive or a directory     packed.py  compressed ones, decompressed by several processes
streams.py  in an archive that is read once, such as standard input
"""

from __future__ import annotations

import contextlib
import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks, TarEntry
from deadweight.formats.images.layer_entries import encoded
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.digests import Checked, Digest, check
from deadweight.sources.images.layers import Room, read_layer
from deadweight.sources.images.manifests import LayerPart, Parts, find_parts

LARGEST_JSON = 1 << 24


class Blobs(ABC):
    """The parts of an image by name: documents and layers.

    warnings: sentences for the user, about the layers that were read
    """

    def __init__(self, cache: LayerCache) -> None:
        self.room, self.cache = Room(), cache
        self.warnings: list[str] = []

    def parts(self, name: str, platform: str) -> Parts | None:
        """Return what the requested image is made of, None if this is not an image; raises BadInput, FetchFailed.

        name, platform: as ``find_parts`` takes them
        """
        return find_parts(self.document, name=name, platform=platform)

    def document(self, name: str) -> bytes | None:
        """Return a document's bytes, checked against its digest; None if no document has that name."""
        data = self.text(name)
        return None if data is None else check(name, data)

    @abstractmethod
    def text(self, name: str) -> bytes | None:
        """Return the bytes of a document, None if no document has that name; raises BadInput."""

    def compressed(self, layer: LayerPart) -> int | None:
        """Return the compressed size of a layer that was read, None if it is not compressed or that is unknown."""
        return layer.compressed

    @abstractmethod
    def layer(self, name: str) -> Iterable[TarEntry]:
        """Return the entries of a layer; raises BadInput if it is missing or malformed, also during the iteration."""

    def files(self) -> Iterable[TarEntry] | None:
        """Return the entries of a root file system that is not an image, as from ``docker export``."""
        return None

    def warn(self, warning: str) -> None:
        """Add a warning, once; "" is none."""
        if warning and warning not in self.warnings:
            self.warnings.append(warning)

    def layers(self, parts: Sequence[LayerPart]) -> Iterator[Iterable[TarEntry]]:
        """Yield the entries of each layer, in order, from the cache if possible.

        A repeated layer is read once; raises BadInput.
        """
        different = {part.name: part for part in parts}
        cached = self.cached(different)
        read = self.read([part for name, part in different.items() if name not in cached])
        entries = (cached.pop(name) if name in cached else next(read) for name in different)
        return self._each([part.name for part in parts], entries)

    def cached(self, layers: Mapping[str, LayerPart]) -> dict[str, list[TarEntry]]:
        """Return the entries of those layers, by their names, that are in the cache."""
        return {}

    def missing(self, layers: Iterable[LayerPart]) -> list[str]:
        """Return the digests of the layers that are not in the cache, and that ``keep`` can put there, each once."""
        different = {digest: layer for layer in layers if layer.name and (digest := self.digest(layer))}
        return [digest for digest, layer in different.items() if not self.cache.has(self.keys(layer))]

    def digest(self, layer: LayerPart) -> str:
        """Return the digest that the bytes of a layer must match, "" if it is unknown."""
        return ""

    def keys(self, layer: LayerPart) -> tuple[str, ...]:
        """Return the digests that the cache may have a layer by."""
        return self.digest(layer), layer.diff_id

    def keep(self, layer: LayerPart) -> None:
        """Read a layer that ``missing`` returned, and put it into the cache; raises BadInput, FetchFailed."""
        raise NotImplementedError

    def read(self, layers: Sequence[LayerPart]) -> Iterator[Iterable[TarEntry]]:
        """Yield the entries of each layer, in order; raises BadInput."""
        return (self.layer(layer.name) for layer in layers)

    def verified(self, blocks: Blocks, digest: str, *, is_packed: bool, mismatch: BadInput) -> list[TarEntry]:
        """Return the entries of a layer that matches its digest, and put them into the cache; raises BadInput.

        mismatch: raised if it does not match
        """
        with contextlib.closing(Digest()) as diff_id:
            wanted = diff_id if self.cache.keeps and is_packed else None
            with Checked(blocks, digest.removeprefix("sha256:"), mismatch) as checked:
                found = list(read_layer(checked, self.room, wanted))
            if self.cache.keeps:
                digests = (f"sha256:{diff_id.hexdigest()}", digest) if wanted else (digest,)
                self.cache.put(digests, encoded(found))
        return found

    def _each(self, names: Sequence[str], different: Iterator[Iterable[TarEntry]]) -> Iterator[Iterable[TarEntry]]:
        """Yield the entries of each layer.

        different: the entries of each distinct name, in the order of first appearance
        """
        repeated = {name for name, count in Counter(names).items() if count > 1}
        held: dict[str, list[TarEntry]] = {}
        for name in names:
            if name in held:
                self.room.take(entries=len(held[name]))  # the overlay may keep the entries that they hide
                yield held[name]
            elif name in repeated:
                held[name] = list(next(different))
                yield held[name]
            else:
                yield next(different)


def is_a_root(paths: Iterable[str]) -> bool:
    """Return whether the paths are those of a root file system."""
    return any(path.startswith(("usr/", "etc/", "bin/", "opt/", "/usr/", "/etc/")) for path in paths)


def target_of(link: TarEntry) -> str:
    """Return the target of a link: older engines save a repeated layer as a link to the first."""
    return os.path.normpath(os.path.join(os.path.dirname(link.path) if link.kind == "symlink" else "", link.target))
