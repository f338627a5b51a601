"""The documents and layers of an image in an archive or a directory.

source: OCI image-spec, image-layout.md; what ``docker save`` and ``podman save`` write
"""

from __future__ import annotations

import contextlib
import os
import stat
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import TarEntry, entries, pass_over
from deadweight.formats.images.image_reference import is_digest
from deadweight.sources.images.blobs import LARGEST_JSON, Blobs, is_a_root, target_of
from deadweight.sources.images.blobs.packed import LayerFile, are_worth_sharing, read_shared
from deadweight.sources.images.blocks import Span
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.compression import is_packed
from deadweight.sources.images.digests import Checked, digest_in, mismatch
from deadweight.sources.images.layers import entries_of, layer_on_disk
from deadweight.sources.images.manifests import LayerPart
from deadweight.sources.images.tables.cached import by_table, lie_in, table_key

_SPAN = 200  # bytes of memory for the position of a file


class _BlobsOnDisk(Blobs):
    """Parts in files, which several processes can read."""

    @abstractmethod
    def locate(self, name: str) -> LayerFile:
        """Return the location of a layer; raises BadInput if it is missing."""

    def compressed(self, layer: LayerPart) -> int | None:
        if not layer.name:
            return layer.compressed
        file = self.locate(layer.name)
        return file.length if _is_packed(file) else None

    def digest(self, layer: LayerPart) -> str:
        """Return the digest that the bytes of a layer must match: that in its name, else its diff_id."""
        if named := digest_in(layer.name):
            return f"sha256:{named}"
        return layer.diff_id if is_digest(layer.diff_id) and not _is_packed(self.locate(layer.name)) else ""

    def keep(self, layer: LayerPart) -> None:
        file = self.locate(layer.name)
        with _opened(file) as opened:
            blocks = Span(opened.fileno(), file.start, file.length)
            self.verified(blocks, self.digest(layer), is_packed=_is_packed(file), mismatch=mismatch(layer.name))

    def cached(self, layers: Mapping[str, LayerPart]) -> dict[str, list[TarEntry]]:
        """Return the entries of the layers that are in the cache."""
        if not self.cache.keeps:
            return {}
        found = {name: self._cached(layer) for name, layer in layers.items()}
        return {name: entries for name, entries in found.items() if entries is not None}

    def _cached(self, layer: LayerPart) -> list[TarEntry] | None:
        """Return the entries of a layer, None if they are not in the cache or not worth it.

        Unless the cache says otherwise, its digest is checked, as when it is read; but not that of a layer that was
        read by its table of contents. The headers of an uncompressed layer are read in less time than its digest takes.
        """
        self.warn(lie_in(layer, self.cache))
        if self.cache.reads_once:
            return self.cache.find(self.keys(layer), self.room)
        file, expected = self.locate(layer.name), digest_in(layer.name)
        if expected is None or not _is_packed(file):
            return None
        entries = self.cache.find(self.keys(layer), self.room)
        if entries is None:
            return self.cache.find((table_key(layer),), self.room)
        _check_file(file, expected)
        return entries

    def read(self, layers: Sequence[LayerPart]) -> Iterator[Iterable[TarEntry]]:
        files = {layer.name: self.locate(layer.name) for layer in layers}
        packed = {name: file for name, file in files.items() if _is_packed(file)}
        listed: dict[str, Iterable[TarEntry]] = {}
        for layer in layers:
            if (entries := self._listed(layer, packed)) is not None:
                listed[layer.name] = entries
        packed = {name: file for name, file in packed.items() if name not in listed}

        def read(name: str) -> Iterable[TarEntry]:
            return listed.pop(name) if name in listed else self.layer(name)

        if not are_worth_sharing(list(packed.values())):
            yield from (self._kept(name, read(name)) if name in packed else read(name) for name in files)
            return
        with contextlib.closing(read_shared(list(packed.values()))) as shared:
            for name in files:
                yield self._decoded(name, next(shared)) if name in packed else read(name)

    def _listed(self, layer: LayerPart, packed: Mapping[str, LayerFile]) -> list[TarEntry] | None:
        """Return the entries of a compressed layer by its table of contents, None if it must be read."""
        if layer.toc is None or layer.name not in packed:
            return None
        file = packed[layer.name]
        with _opened(file) as opened:
            fetch = partial(_part, opened.fileno(), file)
            entries, warning = by_table(layer, file.length, fetch, self.cache, self.room)
        self.warn(warning)
        return entries

    def _kept(self, name: str, entries: Iterable[TarEntry]) -> Iterable[TarEntry]:
        """Return the entries of a compressed layer, and put them into the cache if its digest was checked."""
        digest = digest_in(name)
        if digest is None or not self.cache.keeps:
            return entries
        return self.cache.recorded((f"sha256:{digest}",), entries)

    def _decoded(self, name: str, data: bytes) -> list[TarEntry]:
        entries = entries_of(data, self.room)
        if digest := digest_in(name):
            self.cache.put((f"sha256:{digest}",), data)
        return entries


def _part(descriptor: int, file: LayerFile, span: range) -> bytes:
    """Return a part of a layer; threads may call it at once."""
    return os.pread(descriptor, min(len(span), file.length - span.start), file.start + span.start)


def _check_file(file: LayerFile, expected: str) -> None:
    """Compare a layer to its digest; raises BadInput."""
    with (
        _opened(file) as opened,
        Checked(Span(opened.fileno(), file.start, file.length), expected, mismatch(file.name)),
    ):
        pass


def _is_packed(layer: LayerFile) -> bool:
    with _opened(layer) as file:
        file.seek(layer.start)
        return is_packed(file.read(6))


def _opened(layer: LayerFile) -> BinaryIO:
    try:
        return open(layer.path, "rb")
    except OSError as error:
        raise BadInput(f"cannot read {layer.name}: {error.strerror}") from error


class ArchiveBlobs(_BlobsOnDisk):
    """A tar archive on the disk; only the headers and the requested parts are read."""

    def __init__(self, path: str, file: BinaryIO, cache: LayerCache) -> None:
        super().__init__(cache)
        self._path, self._descriptor = os.path.abspath(path), file.fileno()
        self._spans: dict[str, tuple[int, int]] = {}
        links: list[TarEntry] = []
        blocks = Span(self._descriptor, 0, os.fstat(self._descriptor).st_size)
        for entry in entries(blocks):
            self.room.take(text=_SPAN + len(entry.path))
            if entry.kind == "file":
                self._spans[entry.path] = (blocks.at, entry.stored)
            elif entry.kind in ("link", "symlink"):
                links.append(entry)
            pass_over(blocks, entry.stored)
        for link in links:
            if (target := target_of(link)) in self._spans:
                self._spans[link.path] = self._spans[target]

    def text(self, name: str) -> bytes | None:
        if name not in self._spans:
            return None
        start, length = self._spans[name]
        return Span(self._descriptor, start, length).read(LARGEST_JSON)

    def locate(self, name: str) -> LayerFile:
        if name not in self._spans:
            raise BadInput(f"layer {name} is missing from the archive")
        return LayerFile(name, self._path, *self._spans[name])

    def layer(self, name: str) -> Iterable[TarEntry]:
        location = self.locate(name)
        return layer_on_disk(name, Span(self._descriptor, location.start, location.length), self.room)

    def files(self) -> Iterable[TarEntry] | None:
        if not is_a_root(self._spans):
            return None
        return layer_on_disk("", Span(self._descriptor, 0, os.fstat(self._descriptor).st_size), self.room)


class DirectoryBlobs(_BlobsOnDisk):
    """The directory of an OCI layout."""

    def __init__(self, path: str, closing: contextlib.ExitStack, cache: LayerCache) -> None:
        super().__init__(cache)
        self._path, self._closing = path, closing

    def _inside(self, name: str) -> str:
        if ".." in name.split("/") or os.path.isabs(name):
            raise BadInput(f"{name} is outside the directory of the image")
        return os.path.abspath(os.path.join(self._path, name))

    def text(self, name: str) -> bytes | None:
        if not os.path.lexists(self._inside(name)):
            return None
        with _opened(self.locate(name)) as file:
            return file.read(LARGEST_JSON)

    def locate(self, name: str) -> LayerFile:
        path = self._inside(name)
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            raise BadInput(f"cannot read {name}: it is not in the directory of the image") from error
        if not stat.S_ISREG(status.st_mode):
            raise BadInput(f"cannot read {name}: it is not a regular file")
        return LayerFile(name, path, 0, status.st_size)

    def layer(self, name: str) -> Iterable[TarEntry]:
        location = self.locate(name)
        file = self._closing.enter_context(_opened(location))  # entries read from it later
        return layer_on_disk(name, Span(file.fileno(), 0, location.length), self.room)
