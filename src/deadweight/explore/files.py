"""Inventory → the files of each distribution, so that any directory is listed without adding up its files again."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import accumulate
from operator import sub
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from deadweight.model import Inventory


class Items(NamedTuple):
    """The files and directories of a directory, by name, in columns: a value for each takes four times as long.

    names:         the rest of their paths; that of a directory ends with "/"
    starts, stops: their files are this range of ``Files.paths``
    """

    names: list[str]
    starts: list[int]
    stops: list[int]

    def sizes(self, sums: Sequence[int]) -> list[int]:
        """Return the bytes of each, by ``Files.sums`` or ``Files.native``."""
        return list(map(sub, map(sums.__getitem__, self.stops), map(sums.__getitem__, self.starts)))


_LARGEST = (1 << 63) - 1  # of an array of "q"


class Files(Struct, frozen=True):
    """The files of one distribution, or those of none, sorted by path: a directory is a range of them.

    sums, native: bytes of the files before each position, and of native code among them; one longer than ``paths``
    """

    paths: Sequence[str]
    sums: Sequence[int]
    native: Sequence[int]

    def __len__(self) -> int:
        return len(self.paths)

    def items(self, directory: str = "", start: int = 0, stop: int | None = None) -> Items:
        """Return the files and directories of a directory.

        A directory that contains nothing but another is left out: the name of that one has several levels.

        directory: path of the directory, with "/" at its end; "" for the whole
        start, stop: the range of its files
        """
        paths, known, stop = self.paths, len(directory), len(self.paths) if stop is None else stop
        items = Items([], [], [])
        while start < stop:
            # The files up to the next directory, all at once.
            end = next((at for at in range(start, stop) if paths[at].find("/", known) >= 0), stop)
            items.names.extend([path[known:] for path in paths[start:end]])
            items.starts.extend(range(start, end))
            items.stops.extend(range(start + 1, end + 1))
            start = end
            if start < stop:
                name, end = self._directory(known, start, stop)
                items.names.append(name)
                items.starts.append(start)
                items.stops.append(end)
                start = end
        return items

    def _directory(self, known: int, start: int, stop: int) -> tuple[str, int]:
        """Return the name of the directory that the file at ``start`` is in, and where its files end."""
        path = self.paths[start]
        slash = path.find("/", known)
        # "0" follows "/", so this is where the paths below the directory end.
        end = bisect_left(self.paths, f"{path[:slash]}0", start, stop)
        return _deepest(path, self.paths[end - 1], slash)[known:], end


def _deepest(first: str, last: str, slash: int) -> str:
    """Return the deepest directory of two paths that have the directory up to ``slash`` in common."""
    while (following := first.find("/", slash + 1)) >= 0 and last.startswith(first[: following + 1]):
        slash = following
    return first[: slash + 1]


def files_of(inventory: Inventory) -> tuple[Files, ...]:
    """Return the files of each distribution, in the order of the inventory, then those that no distribution owns.

    They sum to the sizes of the rows. All are empty if the inventory has no entries.
    """
    count = len(inventory.distributions)
    rows: list[list[str]] = [[] for _ in range(count + 1)]
    row_of = inventory.owner.get
    for path in inventory.entries:
        rows[row_of(path, count)].append(path)
    empty = _names_without_bytes(inventory, count)
    native = frozenset(inventory.native)
    return tuple(_files(paths, inventory, empty, native) for paths in rows)


def _names_without_bytes(inventory: Inventory, count: int) -> frozenset[str]:
    """Return the further names of hard links: as in the inventory, the first name of the first row has the bytes."""
    names: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for path, entry in inventory.entries.items():
        if entry.inode is not None:
            names.setdefault(entry.inode, []).append((inventory.owner.get(path, count), path))
    return frozenset(path for linked in names.values() for _, path in sorted(linked)[1:])


def _files(paths: list[str], inventory: Inventory, empty: frozenset[str], native: frozenset[str]) -> Files:
    paths.sort()
    sizes = [0 if path in empty else inventory.entries[path].size for path in paths]
    return Files(paths, _sums(sizes), _sums(_only(native, paths, sizes)))


def _only(chosen: frozenset[str], paths: Iterable[str], sizes: Iterable[int]) -> Iterator[int]:
    return (size if path in chosen else 0 for path, size in zip(paths, sizes, strict=True))


def _sums(sizes: Iterable[int]) -> Sequence[int]:
    sums = list(accumulate(sizes, initial=0))
    # A wheel's own directory may claim any size (zip64); what is real fits.
    return array("q", sums) if sums[-1] <= _LARGEST else sums


def by_key(inventory: Inventory) -> Mapping[str | None, Files]:
    """Return key of a distribution → its files; None → the files that no distribution owns."""
    keys = [*(distribution.key for distribution in inventory.distributions), None]
    return dict(zip(keys, files_of(inventory), strict=True))
