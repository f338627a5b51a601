"""An image in an archive, a directory, a stream or a registry → its files as a container sees them.

Nothing is unpacked to the disk.


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
from deadweight.formats.archives.tar import Malformed
from deadweight.formats.binaries.native import HEAD_BYTES
from deadweight.formats.images.documents import Config
from deadweight.formats.images.history import layer_commands, possible_bases, steps_of
from deadweight.formats.images.overlay import Overlay, Placed, shared_inodes
from deadweight.model import Entry, FileTree, Layer, Linking, Skipped, Start, Step
from deadweight.progress import Observer, Progress, silent
from deadweight.sources.containers.start import start_of
from deadweight.sources.images.blobs import Blobs
from deadweight.sources.images.blobs.disk import ArchiveBlobs, DirectoryBlobs
from deadweight.sources.images.blobs.streams import StreamedBlobs
from deadweight.sources.images.blocks import Pipe
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.compression import is_packed
from deadweight.sources.images.layers import Room, read_layer
from deadweight.targets.types import EngineImage, RegistryImage, Target

_MOST_LAYERS = 1000
_MAGIC = 6  # bytes that identify the compression of a file
_LARGEST_TEXT = 1 << 26


class Image(Struct, frozen=True, kw_only=True):
    """The layers of an image, from the lowest up, and the file system that they produce.

    start:    how a container starts
    warnings: sentences for the user
    missing:  digests of foreign layers, which are not measured
    bases:    possible numbers of layers of the base image, according to the history
    history:  the steps of the build; empty if they do not match the layers
    """

    layers: tuple[Layer, ...]
    overlay: Overlay
    start: Start = field(default_factory=Start)
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    bases: tuple[int, ...] = ()
    history: tuple[Step, ...] = ()


class Selection(NamedTuple):
    """Which image of several to read, and how.

    name:     a tag, a digest, or "@" and a number; "" for the only image
    platform: "linux/arm64" or "linux/arm64/v8"; "" for this machine's
    verify:   whether a registry needs a valid TLS certificate
    """

    name: str = ""
    platform: str = ""
    verify: bool = True


DEFAULT_IMAGE = Selection()


@contextlib.contextmanager
def opened_image(
    target: Target,
    selection: Selection = DEFAULT_IMAGE,
    *,
    cache: LayerCache | None = None,
    observe: Observer = silent,
) -> Iterator[Image]:
    """Yield an image, readable until the context ends.

    cache:  of layers that were read before; None for none

    target: an archive (of ``docker save`` or ``docker export``, OCI), a directory (OCI, skopeo), standard input, or an
            image of an engine or a registry
    raises: BadInput, EngineFailed, FetchFailed
    """
    with contextlib.ExitStack() as closing:
        with _as_bad_input(target.location):
            access = _Access(closing, cache or LayerCache(), observe, selection)
            image = _read(access.blobs(target), selection, observe)
        yield image


@contextlib.contextmanager
def opened_parts(location: str, cache: LayerCache) -> Iterator[Blobs | None]:
    """Yield the parts of an image in a directory or an archive; None if they cannot be read one by one.

    raises: BadInput
    """
    with contextlib.ExitStack() as closing, _as_bad_input(location):
        yield _Access(closing, cache, silent, DEFAULT_IMAGE).separable(location)


def exported_tree(stream: BinaryIO, location: str) -> FileTree:
    """Return the files of a container from the stream of ``docker export``; raises BadInput."""
    with _as_bad_input(location):
        overlay = Overlay()
        overlay.add(0, read_layer(Pipe(stream), Room()))
    return tree_of(Image(layers=(), overlay=overlay), location)


class _Access(NamedTuple):
    """How the parts of images are read.

    closing: closes what they are read from
    """

    closing: contextlib.ExitStack
    cache: LayerCache
    observe: Observer
    selection: Selection

    def blobs(self, target: Target) -> Blobs:
        location = target.location
        if location == "-":
            return StreamedBlobs(sys.stdin.buffer, self.cache, self.observe)
        if isinstance(target, EngineImage):
            from deadweight.sources.containers.saved import saved_image

            return saved_image(target, self.selection.platform, self.cache, self.observe)
        if isinstance(target, RegistryImage):
            from deadweight.formats.images.image_reference import parse_reference
            from deadweight.sources.registries.registry import RegistryBlobs, connecting

            reference = parse_reference(target.reference)
            return RegistryBlobs(reference, connecting(self.closing, verify=self.selection.verify), self.cache)
        if os.path.isdir(location):
            return DirectoryBlobs(location, self.closing, self.cache)
        file = self._opened(location)
        return self._archive(location, file) or StreamedBlobs(file, self.cache, self.observe)

    def separable(self, location: str) -> Blobs | None:
        """Return the parts of an image in a directory or an uncompressed archive; None for others."""
        if os.path.isdir(location):
            return DirectoryBlobs(location, self.closing, self.cache)
        return self._archive(location, self._opened(location)) if os.path.isfile(location) else None

    def _archive(self, location: str, file: io.BufferedReader) -> Blobs | None:
        return None if is_packed(file.peek(_MAGIC)) else ArchiveBlobs(location, file, self.cache)

    def _opened(self, path: str) -> io.BufferedReader:
        try:
            return self.closing.enter_context(open(path, "rb"))
        except OSError as error:
            raise BadInput(f"cannot read {path}: {error.strerror}") from error


@contextlib.contextmanager
def _as_bad_input(location: str) -> Iterator[None]:
    name = "standard input" if location == "-" else location
    try:
        yield
    except Malformed as error:
        raise BadInput(f"{name}: {error}") from error


# --- layers ----------------------------------------------------------------------------------------


def _read(blobs: Blobs, selection: Selection, observe: Observer) -> Image:
    parts = blobs.parts(selection.name, selection.platform)
    if parts is None:
        return _exported(blobs)
    if len(parts.layers) > _MOST_LAYERS:
        raise BadInput(f"the image has {len(parts.layers):,} layers, more than the limit of {_MOST_LAYERS:,}")
    commands, warnings = _commands(parts.config, len(parts.layers))
    overlay = Overlay()
    layers: list[Layer] = []
    contents = blobs.layers([part for part in parts.layers if part.name])
    for number, (part, command) in enumerate(zip(parts.layers, commands, strict=True)):
        observe(Progress("reading", "layers", done=number + 1, total=len(parts.layers)))
        shipped = overlay.add(number, next(contents) if part.name else ())
        layers.append(
            Layer(
                digest=part.digest,
                command=command,
                compressed=blobs.compressed(part),
                size=shipped.size,
                files=shipped.files,
            )
        )
    return Image(
        layers=tuple(layers),
        overlay=overlay,
        start=_start(parts.config),
        warnings=(*warnings, *blobs.warnings),
        bases=possible_bases(parts.config.steps(), len(parts.layers)),
        history=steps_of(parts.config.steps(), len(parts.layers)),
        missing=tuple(part.digest for part in parts.layers if not part.name),
    )


def _exported(blobs: Blobs) -> Image:
    """Return the file system of ``docker export``, or of another archive of a root, as an image without layers."""
    files = blobs.files()
    if files is None:
        raise BadInput(
            "not an image: it contains neither a manifest.json nor an index.json, nor a root file system",
            hint="use an archive from docker save or docker export, or an OCI archive",
        )
    overlay = Overlay()
    overlay.add(0, files)
    return Image(layers=(), overlay=overlay)


def _start(config: Config) -> Start:
    """Return how a container of an image starts (OCI image-spec, config.md)."""
    execution = config.execution()
    start = start_of(execution.env or (), execution.command(), execution.working_dir or "", execution.user or "")
    return start._replace(entrypoint=execution.before_arguments(), ports=tuple(execution.exposed_ports or ()))


def _commands(config: Config, layers: int) -> tuple[list[str], tuple[str, ...]]:
    """Return the command that made each layer, and a warning if the history does not match the layers."""
    commands = layer_commands(config.steps())
    if len(commands) == layers:
        return commands, ()
    warning = f"the image's history has {len(commands)} steps for {layers} layers, so commands are not shown"
    return [""] * layers, (warning,) if commands else ()


# --- files -----------------------------------------------------------------------------------------


def tree_of(image: Image, location: str) -> FileTree:
    """Return the files that a container of the image sees."""
    files = image.overlay.files
    shared = shared_inodes(files)
    by_size: dict[int, Entry] = {}  # nearly all files differ only in size, so those of equal size share a value
    entries: dict[str, Entry] = {}
    for path, (size, kind, _, inode, _) in files.items():
        if kind == "file" and inode not in shared:
            entry = by_size.get(size)
            entries[path] = entry if entry is not None else by_size.setdefault(size, Entry(size, None, None, "file"))
        else:
            known: Any = kind if kind in ("file", "symlink") else "other"
            entries[path] = Entry(size, None, (0, inode) if inode in shared else None, known)
    escaped = [
        Skipped(path, "its path leaves the image, or it links to a missing file; containers do not see it")
        for path in image.overlay.escaped
    ]
    escaped += [
        Skipped(digest, "a foreign layer, which registries do not hold; it is not measured") for digest in image.missing
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
    """Reads the kept content of the files."""

    def __init__(self, files: Mapping[str, Placed]) -> None:
        self._files = files

    def read(self, path: str, limit: int = _LARGEST_TEXT) -> bytes:
        """Return the first bytes of a file; raises FileNotFoundError."""
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._start(path)[:limit]

    def heads(self, paths: Iterable[str]) -> Iterator[bytes]:
        """Yield the first 64 bytes of each file."""
        return (self._start(path)[:HEAD_BYTES] for path in paths)

    def linking(self, paths: Iterable[str]) -> Iterator[Linking | None]:
        """Yield the libraries that each file of native code needs."""
        entries = (self._files[path].entry for path in paths)
        return (entry.code() if entry and entry.code else None for entry in entries)

    def target(self, path: str) -> str | None:
        """Return the target of a symlink."""
        placed = self._files.get(path)
        return placed.entry.target if placed and placed.entry and placed.kind == "symlink" else None

    def _start(self, path: str) -> bytes:
        entry = self._files[path].entry
        return entry.text() if entry else b""
