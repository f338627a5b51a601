"""The files of each distribution → the largest of them, and the directories that hold most of its bytes."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable

from deadweight.model import Largest

WORTH = 10_000  # bytes; smaller files are not named, so that reports stay small
_MOST = 3  # files and directories of a distribution
_LEVELS = 2  # of directories below site-packages: "numpy/core"


class Contents:
    """Collects the files of one distribution while sizes are summed."""

    __slots__ = ("directories", "files")

    def __init__(self) -> None:
        self.files: list[tuple[int, str]] = []
        self.directories: defaultdict[str, int] = defaultdict(int)

    def add(self, path: str, size: int) -> None:
        """Count a file."""
        self.directories[path.rpartition("/")[0]] += size
        if size >= WORTH:
            self.files.append((size, path))

    def largest(self, base: str) -> tuple[tuple[Largest, ...], tuple[Largest, ...]]:
        """Return the largest files, and the directories with the most bytes; the directories do not overlap.

        base: the directory from which names are imported, as in ``Claim``
        """
        levels = (base.count("/") + 1 if base else 0) + _LEVELS
        sums: defaultdict[str, int] = defaultdict(int)
        for directory, size in self.directories.items():
            sums["/".join(directory.split("/", levels)[:levels])] += size
        directories = [(size, path) for path, size in sums.items() if path and path != base and size >= WORTH]
        return _named(self.files), _named(directories)


def _named(sizes: Iterable[tuple[int, str]]) -> tuple[Largest, ...]:
    largest = heapq.nsmallest(_MOST, sizes, key=lambda each: (-each[0], each[1]))
    return tuple(Largest(path=path, apparent_bytes=size) for size, path in largest)
