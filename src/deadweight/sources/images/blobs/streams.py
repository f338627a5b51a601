"""The archive of an image that can only be read once, from its start to its end → its documents and layers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, NamedTuple

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks, TarEntry, entries, pass_over
from deadweight.formats.images.layer_entries import encoded
from deadweight.progress import Observer, Progress, silent
from deadweight.sources.images.blobs import LARGEST_JSON, Blobs, is_a_root, target_of
from deadweight.sources.images.blocks import Part, Pipe, Pushed
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.compression import TooMuch, is_packed, opened
from deadweight.sources.images.digests import Checked, check, digest_in, mismatch
from deadweight.sources.images.layers import kept_entry, read_layer
from deadweight.sources.images.manifests import LayerPart, Parts

_MOST_DOCUMENTS = 100  # of an archive, to cache; an image for ten platforms has forty


class _Layer(NamedTuple):
    """A layer that has passed.

    digest:     of its bytes; "" if they were not hashed
    compressed: its bytes, if they are compressed
    is_cached:  whether the cache has its entries
    """

    entries: list[TarEntry]
    digest: str
    compressed: int | None
    is_cached: bool = False


class StreamedBlobs(Blobs):
    """A tar archive that is read once, sequentially: whatever looks like a layer is read as one.

    It may be compressed, and it may hold a root file system instead of an image.
    """

    def __init__(self, stream: BinaryIO, cache: LayerCache, observe: Observer = silent) -> None:
        super().__init__(cache)
        self._texts: dict[str, bytes] = {}
        self._layers: dict[str, _Layer] = {}
        self._broken: dict[str, BadInput] = {}
        self._files: list[TarEntry] = []
        self._observe = observe
        outer = opened(Pipe(stream), self.room.allowance, what="the archive")
        for entry in entries(outer):
            if entry.kind == "file" and _may_be_part(entry.path):
                self._part(entry, outer)
            else:
                self._files.append(kept_entry(entry, outer, self.room))
        links = (entry for entry in self._files if entry.kind in ("link", "symlink"))
        self._layers |= {link.path: self._layers[target_of(link)] for link in links if target_of(link) in self._layers}

    def _part(self, entry: TarEntry, outer: Blocks) -> None:
        """Read a file that may be a layer, a document, or neither."""
        part = Part(outer, entry.stored)
        front = part.read(512)
        if _is_layer(front):
            self._observe(Progress("reading", f"layer {len(self._layers) + 1}"))
            compressed = entry.stored if is_packed(front) else None
            try:
                self._layers[entry.path] = self._layer(entry.path, Pushed(front, part), compressed)
            except TooMuch:
                raise
            except BadInput as error:
                self._broken[entry.path] = error  # raised only if it turns out to be a layer
            self._files.append(entry)
        elif front.lstrip()[:1] in (b"{", b"[") and entry.stored <= LARGEST_JSON:
            self._texts[entry.path] = text = front + part.read(LARGEST_JSON)
            self.room.take(entries=1, text=len(text))
            self._files.append(entry)
        else:
            self._files.append(kept_entry(entry, Pushed(front, outer), self.room))
            return
        pass_over(outer, entry.stored, entry.stored - part.left)

    def _layer(self, name: str, blocks: Blocks, compressed: int | None) -> _Layer:
        """Read a layer, or only compare it to its digest if the cache has its entries; raises BadInput."""
        expected = digest_in(name)
        if expected is None and not self.cache.keeps:
            return _Layer(list(read_layer(blocks, self.room)), "", compressed)
        cached = self.cache.find((f"sha256:{expected}",), self.room) if expected else None
        with Checked(blocks, expected, mismatch(name)) as checked:
            found = list(read_layer(checked, self.room)) if cached is None else cached
        return _Layer(found, f"sha256:{checked.found}", compressed, is_cached=cached is not None)

    def parts(self, name: str, platform: str) -> Parts | None:
        found = super().parts(name, platform)
        # Engines with containerd's image store know an image by its index or manifest. Here, docker's manifest.json
        # replaces them.
        documents = ((path, text) for path, text in self._texts.items() if digest_in(path))
        for path, text in islice(documents, _MOST_DOCUMENTS):
            with contextlib.suppress(BadInput):
                self.cache.put_document(check(path, text))
        return found

    def document(self, name: str) -> bytes | None:
        data = super().document(name)
        if data is not None:
            self.cache.put_document(data)
        return data

    def text(self, name: str) -> bytes | None:
        return self._texts.get(name)

    def compressed(self, layer: LayerPart) -> int | None:
        return self._layers[layer.name].compressed if layer.name else layer.compressed

    def layer(self, name: str) -> list[TarEntry]:
        if name in self._broken:
            raise self._broken[name]
        if name not in self._layers:
            raise BadInput(f"layer {name} is missing from the archive")
        return self._layers[name].entries

    def read(self, layers: Sequence[LayerPart]) -> Iterator[Iterable[TarEntry]]:
        for layer in layers:
            found = self.layer(layer.name)
            passed = self._layers[layer.name]
            if self.cache.keeps and not passed.is_cached:
                self.cache.put((passed.digest,), encoded(found))
            yield found

    def files(self) -> Iterable[TarEntry] | None:
        return self._files if is_a_root(entry.path for entry in self._files) else None


def _may_be_part(path: str) -> bool:
    """Return whether a file of an archive may be a part of an image; files of a root file system are deeper."""
    return path.count("/") < 2 or path.startswith("blobs/")


def _is_layer(front: bytes) -> bool:
    """Return whether the first bytes are those of a tar archive, compressed or not, or of an empty one."""
    return is_packed(front) or front[257:262] == b"ustar" or (bool(front) and not front.strip(b"\0"))
