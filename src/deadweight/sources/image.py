"""An image, in an archive, a folder, a pipe or a registry → its files as a container sees them; none is unpacked.

source: OCI image-spec (image-layout.md, manifest.md, config.md); what ``docker save`` and ``podman save`` write
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deadweight.errors import BadInput
from deadweight.formats.native import HEAD_BYTES
from deadweight.formats.overlay import Overlay, Placed, shared_inodes
from deadweight.formats.record import apk_installed, dpkg_list
from deadweight.formats.tar import Malformed, TarEntry
from deadweight.model import Entry, FileTree, Layer, Skipped
from deadweight.sources.blobs import ArchiveBlobs, Blobs, FolderBlobs, StreamedBlobs

_MOST_LAYERS = 1000
_LARGEST_TEXT = 1 << 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that was read: its layers from the lowest up, and what they come to."""

    layers: tuple[Layer, ...]
    overlay: Overlay


def read_image(path: str, platform: str = "") -> Image:
    """Read an image.

    path:     ``docker save``'s or an OCI archive, an OCI layout's folder, "-" for standard input, "registry:HOST/…"
    platform: "linux/arm64" or "linux/arm64/v8", of an image for several; "" for the first
    raises:   BadInput, FetchFailed
    """
    with contextlib.ExitStack() as closing:
        blobs: Blobs
        if path == "-":
            blobs = StreamedBlobs(sys.stdin.buffer)
        elif path.startswith("registry:"):
            from deadweight.formats.image_reference import parse_reference
            from deadweight.sources.registry import RegistryBlobs

            blobs = RegistryBlobs(parse_reference(path.removeprefix("registry:")), closing)
        elif os.path.isdir(path):
            blobs = FolderBlobs(path, closing)
        else:
            blobs = ArchiveBlobs(path, closing)
        try:
            return _read(blobs, platform)
        except Malformed as error:
            raise BadInput(f"{_called(path)}: {error}") from error
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadInput(f"{_called(path)}: its manifest does not say what an image is made of") from error


def _called(path: str) -> str:
    return "standard input" if path == "-" else path


# --- what it is made of ----------------------------------------------------------------------------


def _read(blobs: Blobs, platform: str) -> Image:
    names, digests, config = _parts(blobs, platform)
    if len(names) > _MOST_LAYERS:
        raise BadInput(f"an image of {len(names):,} layers; no engine would take it")
    commands = [_command(step) for step in config.get("history") or () if not step.get("empty_layer")]
    commands += [""] * (len(names) - len(commands))
    overlay = Overlay()
    layers: list[Layer] = []
    for number, (name, digest, command) in enumerate(zip(names, digests, commands, strict=False)):
        found = blobs.layer(name)
        overlay.add(number, found)
        files = [entry for entry in found if entry.kind in ("file", "symlink")]
        size = sum(_apparent(entry) for entry in files)
        layers.append(Layer(digest=digest, command=command, size=size, files=len(files)))
    return Image(layers=tuple(layers), overlay=overlay)


def _apparent(entry: TarEntry) -> int:
    return len(entry.target.encode("utf-8", "surrogateescape")) if entry.kind == "symlink" else entry.size


def _command(step: dict[str, Any]) -> str:
    return str(step.get("created_by") or "").removeprefix("/bin/sh -c #(nop) ").removeprefix("/bin/sh -c ").strip()


def _parts(blobs: Blobs, platform: str) -> tuple[list[str], list[str], dict[str, Any]]:
    """Return (names of the layers, their digests, the configuration), from whichever manifest there is."""
    saved = blobs.document("manifest.json")
    if isinstance(saved, list) and saved and not platform:
        first = saved[0]
        names = [str(name) for name in first["Layers"]]
        digests = [f"sha256:{name.rpartition('/')[2]}" if name.startswith("blobs/") else name for name in names]
        return names, digests, blobs.document(str(first["Config"])) or {}
    index = blobs.document("index.json")
    if not isinstance(index, dict):
        raise BadInput(
            "this is no image: it holds neither a manifest.json nor an index.json", hint="give what docker save wrote"
        )
    manifest = _manifest(blobs, index, platform, depth=0)
    digests = [str(layer["digest"]) for layer in manifest["layers"]]
    config = blobs.document(_blob(str(manifest["config"]["digest"]))) or {}
    return [_blob(digest) for digest in digests], digests, config


def _manifest(blobs: Blobs, index: dict[str, Any], platform: str, *, depth: int) -> dict[str, Any]:
    """Return the manifest for a platform, of an index that may hold further ones."""
    wanted = [m for m in index["manifests"] if _fits(m.get("platform") or {}, platform)]
    if not wanted or depth > 4:
        there = ", ".join(sorted({_platform(m.get("platform") or {}) for m in index["manifests"]}))
        raise BadInput(f"the image is not there for {platform}", hint=f"it is there for {there}")
    found = blobs.document(_blob(str(wanted[0]["digest"])))
    if not isinstance(found, dict):
        raise BadInput(f"the manifest {wanted[0]['digest']} is not in the image")
    return found if "layers" in found else _manifest(blobs, found, platform, depth=depth + 1)


def _platform(found: dict[str, Any]) -> str:
    return "/".join(filter(None, (str(found.get(key) or "") for key in ("os", "architecture", "variant")))) or "unknown"


def _fits(found: dict[str, Any], platform: str) -> bool:
    if not found or not platform:
        return found.get("os") != "unknown"  # attestations stand among the manifests as "unknown/unknown"
    return (_platform(found) + "/").startswith(f"{platform}/")


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


# --- what a container sees -------------------------------------------------------------------------


def tree_of(image: Image, location: str) -> FileTree:
    """Return the files that a container of the image sees, from its root."""
    files = image.overlay.files
    shared = shared_inodes(files)
    tree_entries: dict[str, Entry] = {}
    for path, (entry, _, inode) in files.items():
        kind: Any = entry.kind if entry.kind in ("file", "symlink") else "other"
        tree_entries[path] = Entry(_apparent(entry), None, (0, inode) if inode in shared else None, kind)
    escaped = [Skipped(path, "its path leaves the image; no container sees it") for path in image.overlay.escaped]
    return FileTree(
        location=location,
        entries=tree_entries,
        reader=_Reader(files),
        skipped=tuple(sorted(escaped)),
        claims=lambda: system_packages(files),
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


def system_packages(files: Mapping[str, Placed]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (package, paths) of Debian's packages (dpkg) and Alpine's (apk)."""
    if "lib/apk/db/installed" in files:
        yield from apk_installed(files["lib/apk/db/installed"].entry.start)
    for path, placed in sorted(files.items()):
        if path.startswith("var/lib/dpkg/info/") and path.endswith(".list"):
            name = path.rpartition("/")[2].removesuffix(".list").partition(":")[0]
            yield name, tuple(inside.lstrip("/") for inside in dpkg_list(placed.entry.start))
