"""A row of a list, and the rows below it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Kind = Literal["top", "group", "distribution", "unowned", "directory", "file", "layer", "part", "rest"]
Measure = Literal["own", "retained", "freed", "native"]


class Children(ABC):
    """The nodes below a node.

    They are sorted and filtered by their names and sizes, because a directory can have 100,000 files, and most of their
    nodes are never shown.

    names: of the nodes
    """

    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Node]:
        return map(self.__getitem__, range(len(self)))

    @cached_property
    def by_name(self) -> Sequence[int]:
        """Positions of the nodes, sorted by name."""
        return sorted(range(len(self)), key=self.names.__getitem__)

    @abstractmethod
    def __getitem__(self, position: int) -> Node:
        """Return a node, always the same one."""

    @abstractmethod
    def sizes(self, measure: Measure) -> Sequence[int]:
        """Return a size of every node; 0 where it is unknown or has no meaning."""


class Nodes(Children):
    """Nodes that exist."""

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self._nodes = tuple(nodes)
        self.names = [node.name for node in self._nodes]

    def __getitem__(self, position: int) -> Node:
        return self._nodes[position]

    def sizes(self, measure: Measure) -> Sequence[int]:
        """Return a size of every node."""
        return [getattr(node, measure) or 0 for node in self._nodes]


class Node(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """One row of a list. Sizes are apparent bytes; None is unknown or has no meaning for the kind.

    files:    how many files; None if unknown
    native:   bytes of native code
    retained: of a distribution
    freed:    what dropping it frees; of a group, what dropping all of its distributions frees together
    key:      of the distribution, or of the one that a file belongs to; "" for none
    path:     of a file or directory, relative to the prefix
    number:   of a layer
    contents: returns the children, which is called once; None for what cannot be opened
    """

    kind: Kind
    name: str
    own: int
    files: int | None = None
    native: int | None = None
    retained: int | None = None
    freed: int | None = None
    key: str = ""
    path: str = ""
    number: int | None = None
    contents: Callable[[], Iterable[Node] | Children] | None = None

    @cached_property
    def children(self) -> Children:
        """The rows below it, in no particular order; they sum to ``own``."""
        found = self.contents() if self.contents else ()
        return found if isinstance(found, Children) else Nodes(found)

    @property
    def is_open(self) -> bool:
        """Whether it has a list of its own."""
        return self.contents is not None
