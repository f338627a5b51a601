"""An image, in an archive, a folder, a pipe or a registry → its files as a container sees them; none is unpacked.

source: OCI image-spec (image-layout.md, manifest.md, config.md); what ``docker save`` and ``podman save`` write
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from deadweight.errors import BadInput
from deadweight.formats.native import HEAD_BYTES
from deadweight.formats.overlay import Overlay, Placed, shared_inodes
from deadweight.formats.tar import Malformed
from deadweight.model import Entry, FileTree, Layer, Linking, Skipped
from deadweight.progress import Observer, Progress, silent
from deadweight.sources import engines
from deadweight.sources.blobs import ArchiveBlobs, Blobs, FolderBlobs, StreamedBlobs
from deadweight.sources.blocks import Pipe
from deadweight.sources.layers import Room, read_layer

_MOST_LAYERS = 1000
_LARGEST_TEXT = 1 << 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that was read: its layers from the lowest up, and what they come to.

    search: the folders of its PATH
    """

    layers: tuple[Layer, ...]
    overlay: Overlay
    search: tuple[str, ...] = ()


@contextlib.contextmanager
def opened_image(place: str, platform: str = "", *, observe: Observer = silent) -> Iterator[Image]:
    """Read an image; what lies in a file on the disk can be read as long as it is open.

    place:    the path of an archive (``docker save``'s, OCI) or of an OCI layout's folder, "-" for standard input, or
              ``docker:IMAGE``, ``podman:IMAGE``, ``registry:HOST/REPOSITORY:TAG``
    platform: "linux/arm64" or "linux/arm64/v8", of an image for several; "" for the first
    raises:   BadInput, EngineFailed, FetchFailed
    """
    with contextlib.ExitStack() as closing:
        with _as_bad_input(place):
            found = _read(_blobs(place, closing, observe), platform, observe)
        yield found


def exported_tree(stream: BinaryIO, location: str) -> FileTree:
    """Return the files of a container's file system, as ``export`` sends it; raises BadInput."""
    with _as_bad_input(location):
        overlay = Overlay()
        overlay.add(0, read_layer(Pipe(stream), Room()))
    return tree_of(Image(layers=(), overlay=overlay), location)


def _blobs(place: str, closing: contextlib.ExitStack, observe: Observer) -> Blobs:
    scheme, _, name = place.partition(":")
    if place == "-":
        return StreamedBlobs(sys.stdin.buffer, observe)
    if scheme in engines.ENGINES:
        with engines.saved(scheme, name) as stream:
            return StreamedBlobs(stream, observe)
    if scheme == "registry":
        from deadweight.formats.image_reference import parse_reference
        from deadweight.sources.registry import RegistryBlobs

        return RegistryBlobs(parse_reference(name), closing)
    return FolderBlobs(place, closing) if os.path.isdir(place) else ArchiveBlobs(place, closing)


@contextlib.contextmanager
def _as_bad_input(place: str) -> Iterator[None]:
    called = "standard input" if place == "-" else place
    try:
        yield
    except Malformed as error:
        raise BadInput(f"{called}: {error}") from error
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise BadInput(f"{called}: its manifest does not say what an image is made of") from error


# --- what it is made of ----------------------------------------------------------------------------


def _read(blobs: Blobs, platform: str, observe: Observer) -> Image:
    names, digests, config = _parts(blobs, platform)
    if len(names) > _MOST_LAYERS:
        raise BadInput(f"an image of {len(names):,} layers; no engine would take it")
    commands = [_command(step) for step in config.get("history") or () if not step.get("empty_layer")]
    commands += [""] * (len(names) - len(commands))
    overlay = Overlay()
    layers: list[Layer] = []
    for number, (found, digest, command) in enumerate(zip(blobs.layers(names), digests, commands, strict=False)):
        observe(Progress("reading", "layers", done=number + 1, total=len(names)))
        blobs.room.take(entries=len(found))  # once more: a manifest may name the same layer again and again
        overlay.add(number, found)
        files = [entry for entry in found if entry.kind in ("file", "symlink")]
        size = sum(entry.apparent for entry in files)
        layers.append(Layer(digest=digest, command=command, size=size, files=len(files)))
    return Image(layers=tuple(layers), overlay=overlay, search=_search(config))


def _search(config: dict[str, Any]) -> tuple[str, ...]:
    """Return the folders of PATH, as the image's configuration sets it (OCI image-spec, config.md)."""
    return engines.search_of(str(each) for each in (config.get("config") or {}).get("Env") or ())


def _command(step: dict[str, Any]) -> str:
    return str(step.get("created_by") or "").removeprefix("/bin/sh -c #(nop) ").removeprefix("/bin/sh -c ").strip()


def _parts(blobs: Blobs, platform: str) -> tuple[list[str], list[str], dict[str, Any]]:
    """Return (names of the layers, their digests, the configuration), from whichever manifest there is."""
    saved = blobs.document("manifest.json")
    index = blobs.document("index.json") if platform or not isinstance(saved, list) else None
    if isinstance(saved, list) and saved and not index:
        first = saved[0]
        names = [str(name) for name in first["Layers"]]
        digests = [f"sha256:{name.rpartition('/')[2]}" if name.startswith("blobs/") else name for name in names]
        config, said = blobs.document(str(first["Config"])) or {}, False
    elif isinstance(index, dict):
        manifest, said = _manifest(blobs, index, platform, depth=0)
        digests = [str(layer["digest"]) for layer in manifest["layers"]]
        names = [_blob(digest) for digest in digests]
        config = blobs.document(_blob(str(manifest["config"]["digest"]))) or {}
    else:
        raise BadInput(
            "this is no image: it holds neither a manifest.json nor an index.json", hint="give what docker save wrote"
        )
    if not said and "os" in config and not _may_fit(config, platform):
        raise _not_there(platform, [config])
    return names, digests, config


def _manifest(blobs: Blobs, index: dict[str, Any], platform: str, *, depth: int) -> tuple[dict[str, Any], bool]:
    """Return the manifest for a platform, of an index that may hold further ones, and whether that said so."""
    wanted = [m for m in index["manifests"] if _fits(m.get("platform") or {}, platform)]
    if not wanted or depth > 4:
        raise _not_there(platform, [m.get("platform") or {} for m in index["manifests"]])
    found, said = blobs.document(_blob(str(wanted[0]["digest"]))), bool(wanted[0].get("platform"))
    if not isinstance(found, dict):
        raise BadInput(f"the manifest {wanted[0]['digest']} is not in the image")
    if "layers" not in found:
        found, below = _manifest(blobs, found, platform, depth=depth + 1)
        said = said or below
    return found, said


def _not_there(platform: str, others: list[dict[str, Any]]) -> BadInput:
    there = ", ".join(sorted(set(map(_platform, others))))
    return BadInput(f"the image is not there for {platform or 'any platform'}", hint=f"it is there for {there}")


def _platform(found: dict[str, Any]) -> str:
    return "/".join(filter(None, (str(found.get(key) or "") for key in ("os", "architecture", "variant")))) or "unknown"


def _fits(found: dict[str, Any], platform: str) -> bool:
    if not found or not platform:
        return found.get("os") != "unknown"  # attestations stand among the manifests as "unknown/unknown"
    return (_platform(found) + "/").startswith(f"{platform}/")


def _may_fit(config: dict[str, Any], platform: str) -> bool:
    """Say whether an image that no index tells of is for a platform; its configuration may not know the variant."""
    return _fits(config, platform) or f"{platform}/".startswith(f"{_platform(config)}/")


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


# --- what a container sees -------------------------------------------------------------------------


def tree_of(image: Image, location: str) -> FileTree:
    """Return the files that a container of the image sees, from its root."""
    files = image.overlay.files
    shared = shared_inodes(files)
    entries: dict[str, Entry] = {}
    for path, (entry, _, inode) in files.items():
        kind: Any = entry.kind if entry.kind in ("file", "symlink") else "other"
        entries[path] = Entry(entry.apparent, None, (0, inode) if inode in shared else None, kind)
    escaped = [
        Skipped(path, "it leaves the image, or is a link to nothing; no container sees it")
        for path in image.overlay.escaped
    ]
    return FileTree(
        location=location,
        entries=entries,
        reader=_Reader(files),
        skipped=tuple(sorted(escaped)),
        whole=True,
        search=image.search,
    )


class _Reader:
    """Reads what was kept of the files."""

    def __init__(self, files: Mapping[str, Placed]) -> None:
        self._files = files

    def read(self, path: str, limit: int = _LARGEST_TEXT) -> bytes:
        """Return a file's first bytes; raises FileNotFoundError."""
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._files[path].entry.start[:limit]

    def heads(self, paths: Iterable[str]) -> Iterator[bytes]:
        """Yield each file's first 64 bytes."""
        return (self._files[path].entry.start[:HEAD_BYTES] for path in paths)

    def linking(self, paths: Iterable[str]) -> Iterator[Linking | None]:
        """Yield what each file of native code needs."""
        codes = (self._files[path].entry.code for path in paths)
        return (code() if code else None for code in codes)

    def target(self, path: str) -> str | None:
        """Return what a symlink leads to."""
        placed = self._files.get(path)
        return placed.entry.target if placed and placed.entry.kind == "symlink" else None
