"""The entries of an image's layers, from the lowest up → the files that a container sees, and what later layers hide.

source: OCI image-spec, layer.md: whiteouts, opaque whiteouts, hard links
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from deadweight.formats.record import below
from deadweight.formats.tar import Malformed, TarEntry

# Characters of the paths of all folders. Images have a few million; a single path of 2,000 folders has four.
_MOST_OPENED = 1 << 28
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


class Placed(NamedTuple):
    """One file as a container sees it: its entry, the layer that it is from, and a number that hard links share."""

    entry: TarEntry
    layer: int
    inode: int


@dataclass(slots=True)
class Overlay:
    """Layers laid over each other.

    files:   path → what a container sees there, without folders
    hidden:  what a later layer removes or replaces, and the image still ships: (path, what was there)
    escaped: paths that leave the root, which no container would see
    """

    files: dict[str, Placed] = field(default_factory=dict)
    hidden: list[tuple[str, Placed]] = field(default_factory=list)
    escaped: list[str] = field(default_factory=list)
    _inside: dict[str, set[str]] = field(default_factory=dict)  # folder → names in it
    _inodes: int = 0
    _opened: int = 0  # characters of the folders' paths

    def is_lowest(self, path: str) -> bool:
        """Say whether what a container sees at a path is from the lowest layer."""
        return self.files[path].layer == 0

    def add(self, layer: int, entries: Iterable[TarEntry]) -> None:
        """Lay one layer over those that are there; its whiteouts hide only what is below it, wherever they stand.

        raises: Malformed where it has more or deeper folders than any system
        """
        whiteouts: list[str | None] = []
        own: list[TarEntry] = []
        for entry in entries:
            if entry.path.rpartition("/")[2].startswith(_WHITEOUT):
                whiteouts.append(_inside_root(entry.path))
            else:
                own.append(entry)
        for path in filter(None, whiteouts):
            self._hide(path)
        for entry in own:
            self._put(layer, entry)

    def _hide(self, whiteout: str) -> None:
        folder, _, name = whiteout.rpartition("/")
        if name == _OPAQUE:
            for inner in list(self._inside.get(folder, ())):
                self._remove(_joined(folder, inner))
        elif name != _WHITEOUT:
            self._remove(_joined(folder, name.removeprefix(_WHITEOUT)))

    def _put(self, layer: int, entry: TarEntry) -> None:
        path = _inside_root(entry.path)
        if path is None:
            self.escaped.append(entry.path)
            return
        if entry.kind == "folder" or path in ("", "."):
            if path in self.files:
                self._remove(path)  # a file that was there makes room for the folder
            self._note(path)
            return
        inode = self._inodes = self._inodes + 1
        if entry.kind == "link":
            target = self.files.get(_inside_root(entry.target) or "")
            if target is None:
                self.escaped.append(entry.path)  # a link to nothing that is there
                return
            seen = target.entry
            entry, inode = seen._replace(path=entry.path), target.inode
        if path in self.files or path in self._inside:
            self._remove(path)
        self.files[path] = Placed(entry, layer, inode)
        self._note(path)

    def _note(self, path: str) -> None:
        """Note a path in the folders above it; a file or a symlink that was there makes room for a folder."""
        while path:
            folder, _, name = path.rpartition("/")
            if folder in self.files:
                self._remove(folder)
            if folder not in self._inside:
                self._open(folder)
            names = self._inside[folder]
            if name in names:
                return
            names.add(name)
            path = folder

    def _open(self, folder: str) -> None:
        self._inside[folder] = set()
        self._opened += len(folder)
        if self._opened > _MOST_OPENED:
            raise Malformed("it has more or deeper folders than any system")

    def _remove(self, path: str) -> None:
        """Hide a file, or a folder with all that is in it."""
        pending = [path]
        while pending:
            path = pending.pop()
            placed = self.files.pop(path, None)
            if placed is not None:
                self.hidden.append((path, placed))
            pending += (_joined(path, name) for name in self._inside.pop(path, ()))
            folder, _, name = path.rpartition("/")
            self._inside.get(folder, set()).discard(name)


def _inside_root(path: str) -> str | None:
    """Return a path of an archive as a path of the tree, None where it leaves the root."""
    if "." not in path[:1] and "/." not in path and "//" not in path and path[:1] != "/" and "\0" not in path:
        return path  # nothing to be worked out, as with nearly all
    return below("", path.removeprefix("./").lstrip("/")) if path.strip("/.") else ""


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def wasted(overlay: Overlay) -> Iterator[tuple[str, int, int]]:
    """Yield (path, layer, bytes) of what is shipped in vain; an inode that is still seen elsewhere is no waste.

    A path that several layers replace is there for each of them.
    """
    seen = {placed.inode for placed in overlay.files.values()}
    for path, placed in overlay.hidden:
        if placed.inode not in seen and placed.entry.apparent:
            seen.add(placed.inode)
            yield path, placed.layer, placed.entry.apparent


def shared_inodes(files: Mapping[str, Placed]) -> set[int]:
    """Return the numbers of files that have several names."""
    counted = Counter(placed.inode for placed in files.values())
    return {inode for inode, count in counted.items() if count > 1}
