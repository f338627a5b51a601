"""A directory of a distribution → its files and directories; the node of each is made when it is first shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deadweight.explore.node import Children, Measure, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deadweight.explore.files import Files


class Directory(Children):
    """The files and directories of a directory, sorted by name.

    key:  of the distribution; "" for none
    path: of the directory, with "/" at its end; "" for the whole distribution
    start, stop: the range of its files
    """

    def __init__(self, files: Files, key: str, path: str = "", start: int = 0, stop: int | None = None) -> None:
        self._files, self._key, self._path = files, key, path
        self._items = files.items(path, start, stop)
        self.names = self._items.names
        self._nodes: dict[int, Node] = {}
        self._sizes: dict[Measure, Sequence[int]] = {}

    def __getitem__(self, position: int) -> Node:
        node = self._nodes.get(position)
        if node is None:
            node = self._nodes[position] = self._node(position)
        return node

    def sizes(self, measure: Measure) -> Sequence[int]:
        """Return a size of every file and directory; dropping one is not possible, so nothing is freed."""
        if measure not in self._sizes:
            sums = {"own": self._files.sums, "native": self._files.native}.get(measure)
            self._sizes[measure] = self._items.sizes(sums) if sums is not None else [0] * len(self)
        return self._sizes[measure]

    def _node(self, position: int) -> Node:
        names, starts, stops = self._items
        name, start, stop = names[position], starts[position], stops[position]
        path, files = f"{self._path}{name}", self._files
        is_directory = name.endswith("/")
        return Node(
            kind="directory" if is_directory else "file",
            name=name,
            own=files.sums[stop] - files.sums[start],
            files=stop - start,
            native=files.native[stop] - files.native[start],
            key=self._key,
            path=path,
            contents=partial(Directory, files, self._key, path, start, stop) if is_directory else None,
        )
