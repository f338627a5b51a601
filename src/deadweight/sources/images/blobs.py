"""The documents and layers of an image in an archive, a directory or a stream.

source: OCI image-spec, image-layout.md; what ``docker save`` and ``podman save`` write
"""

from __future__ import annotations

import contextlib
import os
import stat
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks, TarEntry, entries, pass_over
from deadweight.formats.images.image_reference import is_digest
from deadweight.formats.images.layer_entries import encoded
from deadweight.sources.images.blocks import Span
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.compression import is_packed
from deadweight.sources.images.digests import Checked, Digest, check, digest_in, mismatch
from deadweight.sources.images.layers import Room, entries_of, layer_on_disk, read_layer
from deadweight.sources.images.manifests import LayerPart, Parts, find_parts
from deadweight.sources.images.packed import LayerFile, are_worth_sharing, read_shared
from deadweight.sources.images.tables.cached import by_table, lie_in, table_key

LARGEST_JSON = 1 << 24
_SPAN = 200  # bytes of memory for the position of a file


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


def is_a_root(paths: Iterable[str]) -> bool:
    """Return whether the paths are those of a root file system."""
    return any(path.startswith(("usr/", "etc/", "bin/", "opt/", "/usr/", "/etc/")) for path in paths)


def target_of(link: TarEntry) -> str:
    """Return the target of a link: older engines save a repeated layer as a link to the first."""
    return os.path.normpath(os.path.join(os.path.dirname(link.path) if link.kind == "symlink" else "", link.target))
