"""The entries of an image's layers, lowest first → the files that a container sees, and those that later layers hide.

source: OCI image-spec, layer.md: whiteouts, opaque whiteouts, hard links
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct

from deadweight.formats.archives.tar import Kind, Malformed, TarEntry
from deadweight.formats.distributions.record import below

# Characters in the paths of all directories. Images have a few million; one path of 2,000 directories has four million.
_MOST_OPENED = 1 << 28
_DIRECTORY = 160  # characters added for each directory, to account for the memory of its set
_MOST_ESCAPED = 1000  # paths that leave the root; only the first ones are kept for the report
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_NO_NAMES = frozenset(("", ".", ".."))


class Placed(NamedTuple):
    """One file as a container sees it.

    size:  apparent bytes, as lstat reports them
    layer: number of the layer that it is from
    inode: a number that its hard links share; 0 for a file with one name
    entry: the tar entry of a link, or of a file whose content was kept; else None
    """

    size: int
    kind: Kind
    layer: int
    inode: int = 0
    entry: TarEntry | None = None


class Shipped(NamedTuple):
    """What a layer ships: the apparent bytes and the number of its files and symlinks, without whiteouts."""

    size: int
    files: int


class Hidden(NamedTuple):
    """A file that the layer ``by`` removes or replaces, but that the image still ships."""

    path: str
    placed: Placed
    by: int


def is_whiteout(path: str) -> bool:
    """Return whether an entry of a layer marks a removal and is not a file."""
    return path.rpartition("/")[2].startswith(_WHITEOUT)


class Overlay(Struct):
    """The layers of an image, stacked.

    files:   path → the file that a container sees; without directories
    hidden:  non-empty files that later layers remove or replace
    escaped: the first thousand paths that leave the root, which no container would see
    """

    files: dict[str, Placed] = {}
    hidden: list[Hidden] = []
    escaped: list[str] = []
    _inside: dict[str, set[str]] = {}  # directory → paths in it
    _inodes: int = 0
    _opened: int = 0  # characters in the paths of all directories
    _alike: dict[tuple[int, Kind], Placed] = {}  # equal files share one value, to save memory

    def add(self, layer: int, entries: Iterable[TarEntry]) -> Shipped:
        """Add one layer on top. Its whiteouts hide only files of lower layers, whatever their order in the layer.

        raises: Malformed if the layers have too many or too deep directories
        """
        self._alike = {}
        size = files = 0
        known, alike, seen = self._inside.get, self._alike, self.files
        for entry in entries:
            path, kind, length, _, _, start, code, _ = entry
            if _WHITEOUT in path and is_whiteout(path):
                self._hide(layer, _inside_root(path))
                continue
            if kind == "file":
                size += length
                files += 1
                # Nearly all files have no content that was kept, are new, and are in a directory that is known.
                directory, slash, name = path.rpartition("/")
                inside = known(directory) if name not in _NO_NAMES and (directory or not slash) else None
                if inside is not None and path not in inside and not start and code is None:
                    placed = alike.get((length, kind))
                    seen[path] = placed if placed is not None else self._placed(layer, entry)
                    inside.add(path)
                    continue
            elif kind == "symlink":
                size += entry.apparent
                files += 1
            self._put(layer, entry)
        return Shipped(size, files)

    def _hide(self, layer: int, whiteout: str | None) -> None:
        directory, _, name = (whiteout or _WHITEOUT).rpartition("/")
        if name == _OPAQUE:
            for path in list(self._inside.get(directory, ())):
                self._remove(path, by=layer, below=layer)
        elif name != _WHITEOUT:
            self._remove(_joined(directory, name.removeprefix(_WHITEOUT)), by=layer, below=layer)

    def _put(self, layer: int, entry: TarEntry) -> None:
        path = _inside_root(entry.path)
        if path is None:
            self._escape(entry.path)
            return
        if entry.kind == "directory" or path in ("", "."):
            if path in self.files:
                self._remove(path, by=layer)  # a directory replaces a file
            self._note(path, layer)
            return
        placed = self._linked(layer, entry) if entry.kind == "link" else self._placed(layer, entry)
        if placed is None:
            self._escape(entry.path)  # a hard link to a file that does not exist
            return
        if path in self.files or path in self._inside:
            self._remove(path, by=layer)
        self.files[path] = placed
        self._note(path, layer)

    def _placed(self, layer: int, entry: TarEntry) -> Placed:
        if entry.target or entry.start or entry.code:
            return Placed(entry.apparent, entry.kind, layer, 0, entry)
        alike = (entry.size, entry.kind)
        placed = self._alike.get(alike)
        if placed is None:
            placed = self._alike[alike] = Placed(entry.size, entry.kind, layer)
        return placed

    def _linked(self, layer: int, entry: TarEntry) -> Placed | None:
        """Return the file for which a hard link is another name; None if it does not exist."""
        path = _inside_root(entry.target) or ""
        target = self.files.get(path)
        if target is None:
            return None
        if not target.inode:
            self._inodes += 1
            self.files[path] = target = target._replace(inode=self._inodes)
        return target._replace(layer=layer)

    def _escape(self, path: str) -> None:
        if len(self.escaped) < _MOST_ESCAPED:
            self.escaped.append(path)

    def _note(self, path: str, layer: int) -> None:
        """Add a path to the directories above it; each of them replaces a file or symlink with its name."""
        while path:
            directory = path.rpartition("/")[0]
            if directory in self.files:
                self._remove(directory, by=layer)
            inside = self._inside.get(directory)
            if inside is None:
                inside = self._open(directory)
            elif path in inside:
                return
            inside.add(path)
            path = directory

    def _open(self, directory: str) -> set[str]:
        self._opened += len(directory) + _DIRECTORY
        if self._opened > _MOST_OPENED:
            raise Malformed("the layers have too many or too deep directories")
        paths = self._inside[directory] = set()
        return paths

    def _remove(self, path: str, *, by: int, below: int | None = None) -> None:
        """Hide a file, or a directory with all its contents.

        below: hide only files from layers lower than this one
        """
        directories: list[str] = []
        pending = [path]
        while pending:
            path = pending.pop()
            placed = self.files.get(path)
            if placed is not None and (below is None or placed.layer < below):
                del self.files[path]
                self._inside.get(path.rpartition("/")[0], set()).discard(path)
                if placed.size:
                    self.hidden.append(Hidden(path, placed, by))
            elif path in self._inside:
                directories.append(path)
                pending += self._inside[path]
        for directory in reversed(directories):
            if not self._inside[directory]:
                del self._inside[directory]
                self._inside.get(directory.rpartition("/")[0], set()).discard(directory)


def _inside_root(path: str) -> str | None:
    """Return a path in an archive relative to the root; None if it leaves the root."""
    if "." not in path[:1] and "/." not in path and "//" not in path and path[:1] != "/" and "\0" not in path:
        return path  # nothing to normalize, as in nearly all paths
    return below("", path.removeprefix("./").lstrip("/")) if path.strip("/.") else ""


def _joined(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


def wasted(overlay: Overlay) -> Iterator[Hidden]:
    """Yield the files that are wasted. A file that a container still sees under another name is not.

    A path that several layers replace is yielded once for each of them. Of several names of one file, the one in the
    layer with its bytes is yielded, with the layer that hides the last name.
    """
    seen = {placed.inode for placed in overlay.files.values()} - {0}
    linked: dict[int, Hidden] = {}
    for hidden in overlay.hidden:
        inode = hidden.placed.inode
        if not inode:
            yield hidden
        elif inode not in seen:
            other = linked.get(inode, hidden)
            lowest = hidden if hidden.placed.layer < other.placed.layer else other
            linked[inode] = lowest._replace(by=max(hidden.by, other.by))
    yield from linked.values()


def shared_inodes(files: Mapping[str, Placed]) -> set[int]:
    """Return the inodes of files that have several names."""
    counted = Counter(placed.inode for placed in files.values() if placed.inode)
    return {inode for inode, count in counted.items() if count > 1}
