"""Files → their sums: the bytes that leave with all of them, the owners and the largest paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from deadweight.model import Entry, FileKey, ImageFinding

MOST_NAMES = 50
_MOST_PATHS = 10


class Portion:
    """Files that one finding is about, while they are collected. Each file is added once."""

    def __init__(self) -> None:
        self.size = self.files = 0
        self._names: Counter[str] = Counter()
        self._paths: Counter[str] = Counter()
        self._parts: dict[FileKey, int] = {}
        self._linked: dict[tuple[int, int], list[tuple[int, str, str]]] = {}

    def add(self, key: FileKey, entry: Entry, root: str, name: str = "") -> None:
        """Add a file.

        root: the path under which it is listed; "" for none
        name: the distribution or system package that it belongs to; "" for none
        """
        if entry.inode is None:
            self._count(entry.size, root, name)
            self._parts[key] = entry.size
        else:
            self._linked.setdefault(entry.inode, []).append((entry.size, root, name))

    def _count(self, size: int, root: str, name: str) -> None:
        self.size += size
        self.files += 1
        if root:
            self._paths[root] += size
        if name:
            self._names[name] += size

    def settle(self, links: Mapping[tuple[int, int], int]) -> None:
        """Count the files with several names: removing only some of the names saves nothing.

        links: inode → the number of its names
        """
        for inode, names in self._linked.items():
            size = names[0][0] if len(names) == links.get(inode) else 0
            self._parts[inode] = size
            for number, (_, root, name) in enumerate(names):
                self._count(0 if number else size, root, name)
        self._linked = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The owners, the largest first."""
        return tuple(name for name, _ in largest(self._names))

    def finding(self, rule: str, layer: int, **texts: Any) -> ImageFinding:
        """Return the finding about the files, after ``settle``."""
        return ImageFinding(
            rule=rule, layer=layer, size=self.size, files=self.files, names=self.names[:MOST_NAMES],
            paths=tuple(largest(self._paths)[:_MOST_PATHS]), parts=self._parts, **texts,
        )  # fmt: skip


def largest(sizes: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return names and their bytes, the largest first."""
    return sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
