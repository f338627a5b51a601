"""The position in the tree: which list is shown, in which order, with which filter, and what is marked.

This is the one thing here that changes. The screen calls its methods and shows its attributes.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from deadweight.explore.marks import Outcome, outcome_of
from deadweight.untrusted import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from deadweight.explore.nodes import Node, Tree, ViewName

Order = Literal["own", "retained", "freed", "native", "name"]
# What rows are sorted by, the largest first. Rows without such a size come last.
_SIZES: Mapping[Order, Callable[[Node], int]] = {
    "own": attrgetter("own"),
    "retained": lambda node: node.retained or 0,
    "freed": lambda node: node.freed or 0,
    "native": lambda node: node.native or 0,
}
ORDERS: tuple[Order, ...] = (*_SIZES, "name")


class Level(NamedTuple):
    """One list on the way from the top: the node whose children it shows, and the filter of its rows."""

    node: Node
    filter: str = ""


class Browser:
    """A position in a tree.

    rows:    the rows of the list, in order
    cursor:  index of the current row; 0 if there is none
    outcome: what dropping the marked distributions does
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.view: ViewName = "groups"
        self.order: Order = "own"
        self.levels = [Level(tree.views[self.view])]
        self.cursor = 0
        self.rows: tuple[Node, ...] = ()
        self.outcome = Outcome()
        self._list()

    @property
    def node(self) -> Node:
        """The node whose children are listed."""
        return self.levels[-1].node

    @property
    def filter(self) -> str:
        """The text that the names of the rows contain; "" for all rows."""
        return self.levels[-1].filter

    @property
    def current(self) -> Node | None:
        """The row under the cursor; None if the list is empty."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def marked(self) -> frozenset[str]:
        """The keys of the marked distributions."""
        return self.outcome.marked

    def move(self, cursor: int) -> None:
        """Put the cursor on a row, or on the nearest one there is."""
        self.cursor = max(0, min(cursor, len(self.rows) - 1))

    def open(self) -> None:
        """Show the children of the current row, if it has any."""
        if self.current and self.current.is_open:
            self.levels.append(Level(self.current))
            self.cursor = 0
            self._list()

    def up(self) -> None:
        """Show the list that this one was opened from, with the cursor on the row that was opened."""
        if len(self.levels) > 1:
            left = self.levels.pop()
            self._list(left.node)

    def next_view(self) -> None:
        """Show the top of the next view."""
        views = [*self.tree.views]
        self.view = views[(views.index(self.view) + 1) % len(views)]
        self.levels = [Level(self.tree.views[self.view])]
        self.cursor = 0
        self._list()

    def next_order(self) -> None:
        """Sort by the next order of ``ORDERS``; the cursor stays on its row."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self._list(self.current)

    def find(self, text: str) -> None:
        """Show only rows whose name contains a text, in any case; the cursor stays on its row if it is shown."""
        self.levels[-1] = Level(self.node, text)
        self._list(self.current)

    def mark(self) -> bool:
        """Mark the distribution of the current row, or unmark it; return whether the row is one."""
        node = self.current
        if node is None or node.kind != "distribution":
            return False
        self.outcome = outcome_of(self.tree.graph, self.marked ^ {node.key})
        return True

    def unmark(self) -> None:
        """Remove all marks."""
        self.outcome = Outcome()

    def _list(self, chosen: Node | None = None) -> None:
        """Filter and sort the children of the node; put the cursor on ``chosen``, else keep it where it is."""
        text = self.filter.casefold()
        shown = [node for node in self.node.children if text in plain(node.name).casefold()] if text else None
        self.rows = _sorted(self.node.children if shown is None else shown, self.order)
        self.move(self.rows.index(chosen) if chosen and chosen in self.rows else self.cursor)


def _sorted(nodes: Iterable[Node], order: Order) -> tuple[Node, ...]:
    """Return nodes in an order; equal ones by their own bytes, then by name."""
    # Sorting is stable, and a pass for each key is faster than one by tuples.
    rows = sorted(nodes, key=attrgetter("name"))
    for each in dict.fromkeys(("own", order)) if order != "name" else ():
        rows.sort(key=_SIZES[each], reverse=True)
    return tuple(rows)
