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
from typing import BinaryIO

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks, TarEntry, entries, pass_over
from deadweight.progress import Observer, Progress, silent
from deadweight.sources.images.blocks import Part, Pipe, Pushed, Span, TooMuch, is_packed, opened
from deadweight.sources.images.digests import check
from deadweight.sources.images.layers import Room, kept_entry, layer_on_disk, layer_passing
from deadweight.sources.images.manifests import LayerPart, Parts, find_parts
from deadweight.sources.images.packed import LayerFile, are_worth_sharing, read_shared

_LARGEST_JSON = 1 << 24
_SPAN = 200  # bytes of memory for the position of a file


class Blobs(ABC):
    """The parts of an image by name: documents and layers."""

    def __init__(self) -> None:
        self.room = Room()

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

    def layers(self, names: Sequence[str]) -> Iterator[Iterable[TarEntry]]:
        """Yield the entries of each layer, in order; a repeated layer is read once; raises BadInput."""
        return self._each(names, map(self.layer, dict.fromkeys(names)))

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

    def layers(self, names: Sequence[str]) -> Iterator[Iterable[TarEntry]]:
        files = {name: self.locate(name) for name in names}
        packed = {name: file for name, file in files.items() if _is_packed(file)}
        if not are_worth_sharing(list(packed.values())):
            return super().layers(names)
        return self._each(names, self._shared(files, packed))

    def _shared(self, files: Mapping[str, LayerFile], packed: Mapping[str, LayerFile]) -> Iterator[Iterable[TarEntry]]:
        with contextlib.closing(read_shared(list(packed.values()), self.room)) as shared:
            for name in files:
                yield next(shared) if name in packed else self.layer(name)


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

    def __init__(self, path: str, file: BinaryIO) -> None:
        super().__init__()
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
            if (target := _target(link)) in self._spans:
                self._spans[link.path] = self._spans[target]

    def text(self, name: str) -> bytes | None:
        if name not in self._spans:
            return None
        start, length = self._spans[name]
        return Span(self._descriptor, start, length).read(_LARGEST_JSON)

    def locate(self, name: str) -> LayerFile:
        if name not in self._spans:
            raise BadInput(f"layer {name} is missing from the archive")
        return LayerFile(name, self._path, *self._spans[name])

    def layer(self, name: str) -> Iterable[TarEntry]:
        location = self.locate(name)
        return layer_on_disk(name, Span(self._descriptor, location.start, location.length), self.room)

    def files(self) -> Iterable[TarEntry] | None:
        if not _is_a_root(self._spans):
            return None
        return layer_on_disk("", Span(self._descriptor, 0, os.fstat(self._descriptor).st_size), self.room)


class DirectoryBlobs(_BlobsOnDisk):
    """The directory of an OCI layout."""

    def __init__(self, path: str, closing: contextlib.ExitStack) -> None:
        super().__init__()
        self._path, self._closing = path, closing

    def _inside(self, name: str) -> str:
        if ".." in name.split("/") or os.path.isabs(name):
            raise BadInput(f"{name} is outside the directory of the image")
        return os.path.abspath(os.path.join(self._path, name))

    def text(self, name: str) -> bytes | None:
        if not os.path.lexists(self._inside(name)):
            return None
        with _opened(self.locate(name)) as file:
            return file.read(_LARGEST_JSON)

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


class StreamedBlobs(Blobs):
    """A tar archive that is read once, sequentially: whatever looks like a layer is read as one.

    It may be compressed, and it may hold a root file system instead of an image.
    """

    def __init__(self, stream: BinaryIO, observe: Observer = silent) -> None:
        super().__init__()
        self._texts: dict[str, bytes] = {}
        self._layers: dict[str, list[TarEntry]] = {}
        self._compressed: dict[str, int] = {}
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
        for link in links:
            if (target := _target(link)) in self._layers:
                self._layers[link.path] = self._layers[target]
                if target in self._compressed:
                    self._compressed[link.path] = self._compressed[target]

    def _part(self, entry: TarEntry, outer: Blocks) -> None:
        """Read a file that may be a layer, a document, or neither."""
        part = Part(outer, entry.stored)
        front = part.read(512)
        if _is_layer(front):
            self._observe(Progress("reading", f"layer {len(self._layers) + 1}"))
            if is_packed(front):
                self._compressed[entry.path] = entry.stored
            try:
                self._layers[entry.path] = list(layer_passing(entry.path, Pushed(front, part), self.room))
            except TooMuch:
                raise
            except BadInput as error:
                self._broken[entry.path] = error  # raised only if it turns out to be a layer
            self._files.append(entry)
        elif front.lstrip()[:1] in (b"{", b"[") and entry.stored <= _LARGEST_JSON:
            self._texts[entry.path] = text = front + part.read(_LARGEST_JSON)
            self.room.take(entries=1, text=len(text))
            self._files.append(entry)
        else:
            self._files.append(kept_entry(entry, Pushed(front, outer), self.room))
            return
        pass_over(outer, entry.stored, entry.stored - part.left)

    def text(self, name: str) -> bytes | None:
        return self._texts.get(name)

    def compressed(self, layer: LayerPart) -> int | None:
        return self._compressed.get(layer.name) if layer.name else layer.compressed

    def layer(self, name: str) -> Iterable[TarEntry]:
        if name in self._broken:
            raise self._broken[name]
        if name not in self._layers:
            raise BadInput(f"layer {name} is missing from the archive")
        return self._layers[name]

    def files(self) -> Iterable[TarEntry] | None:
        return self._files if _is_a_root(entry.path for entry in self._files) else None


def _may_be_part(path: str) -> bool:
    """Return whether a file of an archive may be a part of an image; files of a root file system are deeper."""
    return path.count("/") < 2 or path.startswith("blobs/")


def _is_a_root(paths: Iterable[str]) -> bool:
    """Return whether the paths are those of a root file system."""
    return any(path.startswith(("usr/", "etc/", "bin/", "opt/", "/usr/", "/etc/")) for path in paths)


def _target(link: TarEntry) -> str:
    """Return the target of a link: older engines save a repeated layer as a link to the first."""
    return os.path.normpath(os.path.join(os.path.dirname(link.path) if link.kind == "symlink" else "", link.target))


def _is_layer(front: bytes) -> bool:
    """Return whether the first bytes are those of a tar archive, compressed or not, or of an empty one."""
    return is_packed(front) or front[257:262] == b"ustar" or (bool(front) and not front.strip(b"\0"))
