"""An image, in an archive, a folder, a pipe or a registry → its files as a container sees them; none is unpacked.

source: OCI image-spec (image-layout.md, manifest.md, config.md); what ``docker save`` and ``podman save`` write
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from msgspec import Struct, field

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Malformed, TarEntry
from deadweight.formats.binaries.native import HEAD_BYTES
from deadweight.formats.images.documents import Config
from deadweight.formats.images.history import layer_commands, possible_bases
from deadweight.formats.images.overlay import Overlay, Placed, is_whiteout, shared_inodes
from deadweight.model import Entry, FileTree, Layer, Linking, Skipped, Start
from deadweight.progress import Observer, Progress, silent
from deadweight.sources.containers import engines
from deadweight.sources.images.blobs import ArchiveBlobs, Blobs, FolderBlobs, StreamedBlobs
from deadweight.sources.images.blocks import Pipe, is_packed
from deadweight.sources.images.layers import Room, read_layer

_MOST_LAYERS = 1000
_MAGIC = 6  # bytes that tell how a file is compressed
_LARGEST_TEXT = 1 << 26


class Image(Struct, frozen=True, kw_only=True):
    """An image that was read: its layers from the lowest up, and what they come to.

    start:    how its program is started
    warnings: what is worth knowing of it, as sentences
    missing:  digests of layers that lie elsewhere, and are not in the figures
    bases:    how many layers the images may have that it was built on, as its history tells
    """

    layers: tuple[Layer, ...]
    overlay: Overlay
    start: Start = field(default_factory=Start)
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    bases: tuple[int, ...] = ()


class Which(NamedTuple):
    """Which image of several is meant, and how it may be reached.

    name:     a tag, a digest, or "@" and a number; "" where there is one alone
    platform: "linux/arm64" or "linux/arm64/v8"; "" for this machine's
    verify:   whether a registry must prove by TLS who it is
    """

    name: str = ""
    platform: str = ""
    verify: bool = True


ANY = Which()


@contextlib.contextmanager
def opened_image(place: str, which: Which = ANY, *, observe: Observer = silent) -> Iterator[Image]:
    """Read an image; what lies in a file on the disk can be read as long as it is open.

    place:  the path of an archive (``docker save``'s, OCI, a root folder's) or of a folder (OCI's, skopeo's), "-" for
            standard input, or ``docker:IMAGE``, ``podman:IMAGE``, ``registry:HOST/REPOSITORY:TAG``
    raises: BadInput, EngineFailed, FetchFailed
    """
    with contextlib.ExitStack() as closing:
        with _as_bad_input(place):
            found = _read(_blobs(place, closing, observe, verify=which.verify), which, observe)
        yield found


def exported_tree(stream: BinaryIO, location: str) -> FileTree:
    """Return the files of a container's file system, as ``export`` sends it; raises BadInput."""
    with _as_bad_input(location):
        overlay = Overlay()
        overlay.add(0, read_layer(Pipe(stream), Room()))
    return tree_of(Image(layers=(), overlay=overlay), location)


def _blobs(place: str, closing: contextlib.ExitStack, observe: Observer, *, verify: bool) -> Blobs:
    scheme, _, name = place.partition(":")
    if place == "-":
        return StreamedBlobs(sys.stdin.buffer, observe)
    if scheme in engines.ENGINES:
        with engines.saved(scheme, name) as stream:
            return StreamedBlobs(stream, observe)
    if scheme == "registry":
        from deadweight.formats.images.image_reference import parse_reference
        from deadweight.sources.registries.registry import RegistryBlobs

        return RegistryBlobs(parse_reference(name), closing, verify=verify)
    if os.path.isdir(place):
        return FolderBlobs(place, closing)
    file = _opened(place, closing)
    if is_packed(file.peek(_MAGIC)):
        return StreamedBlobs(file, observe)
    return ArchiveBlobs(place, file)


def _opened(path: str, closing: contextlib.ExitStack) -> io.BufferedReader:
    try:
        return closing.enter_context(open(path, "rb"))
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error


@contextlib.contextmanager
def _as_bad_input(place: str) -> Iterator[None]:
    called = "standard input" if place == "-" else place
    try:
        yield
    except Malformed as error:
        raise BadInput(f"{called}: {error}") from error


# --- what it is made of ----------------------------------------------------------------------------


def _read(blobs: Blobs, which: Which, observe: Observer) -> Image:
    parts = blobs.parts(which.name, which.platform)
    if parts is None:
        return _exported(blobs)
    if len(parts.names) > _MOST_LAYERS:
        raise BadInput(f"an image of {len(parts.names):,} layers; no engine would take it")
    commands, warnings = _commands(parts.config, len(parts.names))
    overlay = Overlay()
    layers: list[Layer] = []
    held = blobs.layers([name for name in parts.names if name])
    for number, (name, digest, command) in enumerate(zip(parts.names, parts.digests, commands, strict=True)):
        observe(Progress("reading", "layers", done=number + 1, total=len(parts.names)))
        shipped = _Shipped()
        overlay.add(number, shipped.counted(next(held) if name else ()))
        layers.append(Layer(digest=digest, command=command, size=shipped.size, files=shipped.files))
    return Image(
        layers=tuple(layers),
        overlay=overlay,
        start=_start(parts.config),
        warnings=warnings,
        bases=possible_bases(parts.config.steps(), len(parts.names)),
        missing=tuple(digest for name, digest in zip(parts.names, parts.digests, strict=True) if not name),
    )


def _exported(blobs: Blobs) -> Image:
    """Return what ``docker export`` wrote, and other archives of a system's root: one layer that no image has."""
    files = blobs.files()
    if files is None:
        raise BadInput(
            "this is no image: it holds neither a manifest.json nor an index.json, and no root folder",
            hint="give what docker save or docker export wrote, or an OCI archive",
        )
    overlay = Overlay()
    overlay.add(0, files)
    return Image(layers=(), overlay=overlay)


class _Shipped:
    """What a layer holds, counted while it passes by; folders and whiteouts are no files."""

    size = files = 0

    def counted(self, entries: Iterable[TarEntry]) -> Iterator[TarEntry]:
        for entry in entries:
            if entry.kind in ("file", "symlink") and not is_whiteout(entry.path):
                self.size += entry.apparent
                self.files += 1
            yield entry


def _start(config: Config) -> Start:
    """Return how a container of an image starts (OCI image-spec, config.md)."""
    execution = config.execution()
    return engines.start_of(execution.env or (), execution.command(), execution.working_dir or "", execution.user or "")


def _commands(config: Config, layers: int) -> tuple[list[str], tuple[str, ...]]:
    """Return the command that made each layer, and a warning if the history does not match the layers."""
    commands = layer_commands(config.steps())
    if len(commands) == layers:
        return commands, ()
    warning = f"the image's history has {len(commands)} steps for {layers} layers, so commands are not shown"
    return [""] * layers, (warning,) if commands else ()


# --- what a container sees -------------------------------------------------------------------------


def tree_of(image: Image, location: str) -> FileTree:
    """Return the files that a container of the image sees, from its root."""
    files = image.overlay.files
    shared = shared_inodes(files)
    alike: dict[int, Entry] = {}  # nearly all files differ in their size alone, and many not even in that
    entries: dict[str, Entry] = {}
    for path, (size, kind, _, inode, _) in files.items():
        if kind == "file" and inode not in shared:
            found = alike.get(size)
            entries[path] = found if found is not None else alike.setdefault(size, Entry(size, None, None, "file"))
        else:
            known: Any = kind if kind in ("file", "symlink") else "other"
            entries[path] = Entry(size, None, (0, inode) if inode in shared else None, known)
    escaped = [
        Skipped(path, "it leaves the image, or is a link to nothing; no container sees it")
        for path in image.overlay.escaped
    ]
    escaped += [
        Skipped(digest, "a foreign layer, which lies outside of the registry; it is not in the figures")
        for digest in image.missing
    ]
    return FileTree(
        location=location,
        entries=entries,
        reader=_Reader(files),
        skipped=tuple(sorted(escaped)),
        whole=True,
        start=image.start,
    )


class _Reader:
    """Reads what was kept of the files."""

    def __init__(self, files: Mapping[str, Placed]) -> None:
        self._files = files

    def read(self, path: str, limit: int = _LARGEST_TEXT) -> bytes:
        """Return a file's first bytes; raises FileNotFoundError."""
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._start(path)[:limit]

    def heads(self, paths: Iterable[str]) -> Iterator[bytes]:
        """Yield each file's first 64 bytes."""
        return (self._start(path)[:HEAD_BYTES] for path in paths)

    def linking(self, paths: Iterable[str]) -> Iterator[Linking | None]:
        """Yield what each file of native code needs."""
        entries = (self._files[path].entry for path in paths)
        return (entry.code() if entry and entry.code else None for entry in entries)

    def target(self, path: str) -> str | None:
        """Return what a symlink leads to."""
        placed = self._files.get(path)
        return placed.entry.target if placed and placed.entry and placed.kind == "symlink" else None

    def _start(self, path: str) -> bytes:
        entry = self._files[path].entry
        return entry.text() if entry else b""
