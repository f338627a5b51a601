"""The documents and layers of an image, wherever they lie: in an archive, in a folder, in a pipe.

source: OCI image-spec, image-layout.md; what ``docker save`` and ``podman save`` write
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from deadweight.errors import BadInput
from deadweight.formats.tar import TarEntry, entries, pass_over
from deadweight.progress import Observer, Progress, silent
from deadweight.sources.blocks import GZIP, ZSTD, Part, Pipe, Pushed, Span
from deadweight.sources.digests import check
from deadweight.sources.layers import Room, layer_on_disk, layer_passing
from deadweight.sources.packed import Place, are_worth_sharing, read_shared

_LARGEST_JSON = 1 << 24


class Blobs(ABC):
    """The parts of an image by name: documents, and layers."""

    def __init__(self) -> None:
        self.room = Room()

    def document(self, name: str) -> Any | None:
        """Return a JSON document, None where there is none of that name; raises BadInput."""
        data = self.text(name)
        if data is None:
            return None
        try:
            return json.loads(check(name, data))
        except ValueError as error:
            raise BadInput(f"{name} in the image is no JSON") from error

    @abstractmethod
    def text(self, name: str) -> bytes | None:
        """Return a document's bytes, None where there is none of that name; raises BadInput."""

    @abstractmethod
    def layer(self, name: str) -> list[TarEntry]:
        """Return the entries of a layer; raises BadInput where it is missing or broken."""

    def layers(self, names: Sequence[str]) -> Iterator[list[TarEntry]]:
        """Yield the entries of each layer, in order; raises BadInput."""
        return map(self.layer, names)


class _BlobsOnDisk(Blobs):
    """Parts in files, which several processes may read."""

    @abstractmethod
    def place(self, name: str) -> Place:
        """Return where a layer lies; raises BadInput where it is missing."""

    def layers(self, names: Sequence[str]) -> Iterator[list[TarEntry]]:
        places = [self.place(name) for name in names]
        packed = [place for place in places if _is_packed(place)]
        if not are_worth_sharing(packed):
            yield from map(self.layer, names)
            return
        shared = read_shared(packed)
        for name, place in zip(names, places, strict=True):
            yield next(shared) if place in packed else self.layer(name)


def _is_packed(place: Place) -> bool:
    with _opened(place) as file:
        file.seek(place.start)
        return file.read(4).startswith((GZIP, ZSTD))


def _opened(place: Place) -> BinaryIO:
    try:
        return open(place.path, "rb")
    except OSError as error:
        raise BadInput(f"cannot read {place.name}: {error.strerror}") from error


class ArchiveBlobs(_BlobsOnDisk):
    """A tar archive on the disk; only what is asked for is read of it."""

    def __init__(self, path: str, closing: contextlib.ExitStack) -> None:
        super().__init__()
        self._path = os.path.abspath(path)
        try:
            file = closing.enter_context(open(path, "rb"))  # noqa: SIM115  the stack is the context
        except OSError as error:
            raise BadInput(f"cannot read {path}: {error.strerror}") from error
        self._descriptor = file.fileno()
        self._spans: dict[str, tuple[int, int]] = {}
        links: list[TarEntry] = []
        blocks = Span(self._descriptor, 0, os.fstat(self._descriptor).st_size)
        for entry in entries(blocks):
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

    def place(self, name: str) -> Place:
        if name not in self._spans:
            raise BadInput(f"the layer {name} is not in the archive")
        return Place(name, self._path, *self._spans[name])

    def layer(self, name: str) -> list[TarEntry]:
        place = self.place(name)
        return layer_on_disk(name, Span(self._descriptor, place.start, place.length), self.room)


class FolderBlobs(_BlobsOnDisk):
    """An OCI layout's folder."""

    def __init__(self, path: str, closing: contextlib.ExitStack) -> None:
        super().__init__()
        self._path, self._closing = path, closing

    def _inside(self, name: str) -> str:
        if ".." in name.split("/") or os.path.isabs(name):
            raise BadInput(f"{name} leads out of the image's folder")
        return os.path.abspath(os.path.join(self._path, name))

    def text(self, name: str) -> bytes | None:
        if not os.path.lexists(self._inside(name)):
            return None
        with _opened(self.place(name)) as file:
            return file.read(_LARGEST_JSON)

    def place(self, name: str) -> Place:
        path = self._inside(name)
        try:
            found = os.stat(path)
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            raise BadInput(f"cannot read {name}: it is not in the image's folder") from error
        if not stat.S_ISREG(found.st_mode):
            raise BadInput(f"cannot read {name}: it is no regular file")
        return Place(name, path, 0, found.st_size)

    def layer(self, name: str) -> list[TarEntry]:
        place = self.place(name)
        file = self._closing.enter_context(_opened(place))  # what lies in it may be read later
        return layer_on_disk(name, Span(file.fileno(), 0, place.length), self.room)


class StreamedBlobs(Blobs):
    """A tar archive that is read once, from the front to the back: what looks like a layer is read as one."""

    def __init__(self, stream: BinaryIO, observe: Observer = silent) -> None:
        super().__init__()
        self._texts: dict[str, bytes] = {}
        self._layers: dict[str, list[TarEntry]] = {}
        links: list[TarEntry] = []
        outer = Pipe(stream)
        for entry in entries(outer):
            part = Part(outer, entry.stored)
            if entry.kind == "file":
                front = part.read(512)
                if _is_layer(front):
                    observe(Progress("reading", f"layer {len(self._layers) + 1}"))
                    self._layers[entry.path] = layer_passing(entry.path, Pushed(front, part), self.room)
                else:
                    self._texts[entry.path] = text = front + part.read(_LARGEST_JSON)
                    self.room.take(text=len(text))
            elif entry.kind in ("link", "symlink"):
                links.append(entry)
            pass_over(outer, entry.stored, entry.stored - part.left)
        for link in links:
            if (target := _target(link)) in self._layers:
                self._layers[link.path] = self._layers[target]

    def text(self, name: str) -> bytes | None:
        return self._texts.get(name)

    def layer(self, name: str) -> list[TarEntry]:
        if name not in self._layers:
            raise BadInput(f"the layer {name} is not in the archive")
        return self._layers[name]


def _target(link: TarEntry) -> str:
    """Return what a link leads to: older engines save a layer that is used twice as a link to the first."""
    return os.path.normpath(os.path.join(os.path.dirname(link.path) if link.kind == "symlink" else "", link.target))


def _is_layer(front: bytes) -> bool:
    """Say whether what begins so is a tar archive, packed or not, or one of nothing."""
    return front.startswith((GZIP, ZSTD)) or front[257:262] == b"ustar" or not front.strip(b"\0")
