"""The position in the tree: which list is shown, in which order, with which filter, and what is marked.

This is the one thing here that changes. The screen calls its methods and shows its attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from deadweight.explore.marks import Outcome, outcome_of
from deadweight.explore.node import Measure, Nodes
from deadweight.untrusted import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deadweight.explore.node import Children, Node
    from deadweight.explore.nodes import Tree, ViewName

Order = Literal[Measure, "name"]
# What rows are sorted by, the largest first. Rows without such a size come last.
ORDERS: tuple[Order, ...] = (*get_args(Measure), "name")


class Level(NamedTuple):
    """One list on the way from the top.

    node:     its children are shown
    position: of the node among the children of the node above; 0 for the top
    filter:   the rows whose names contain it are shown
    """

    node: Node
    position: int = 0
    filter: str = ""


class Rows:
    """The rows of a list, in order.

    positions: of the rows among the children of the node
    """

    def __init__(self, children: Children, positions: Sequence[int]) -> None:
        self.positions = positions
        self._children = children

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, number: int) -> Node:
        return self._children[self.positions[number]]

    def __iter__(self) -> Iterator[Node]:
        return map(self._children.__getitem__, self.positions)


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
        self.rows = Rows(Nodes(), ())
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
            self.levels.append(Level(self.current, self.rows.positions[self.cursor]))
            self.cursor = 0
            self._list()

    def up(self) -> None:
        """Show the list that this one was opened from, with the cursor on the row that was opened."""
        if len(self.levels) > 1:
            left = self.levels.pop()
            self._list(left.position)

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
        self._list(self._position)

    def find(self, text: str) -> None:
        """Show only rows whose name contains a text, in any case; the cursor stays on its row if it is shown."""
        self.levels[-1] = self.levels[-1]._replace(filter=text)
        self._list(self._position)

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

    @property
    def _position(self) -> int | None:
        return self.rows.positions[self.cursor] if self.rows else None

    def _list(self, chosen: int | None = None) -> None:
        """Filter and sort the children of the node.

        chosen: position of the child that the cursor is put on, if it is shown; otherwise the cursor stays where it is
        """
        children, text = self.node.children, self.filter.casefold()
        shown, names = children.by_name, children.names
        if text:
            shown = [at for at in shown if text in plain(names[at]).casefold()]
        self.rows = Rows(children, _sorted(children, shown, self.order))
        positions = self.rows.positions
        self.move(positions.index(chosen) if chosen is not None and chosen in positions else self.cursor)


def _sorted(children: Children, by_name: Sequence[int], order: Order) -> Sequence[int]:
    """Return positions in an order; equal ones by their own bytes, then by name."""
    # Sorting is stable, and a pass for each key is faster than one by tuples.
    measures: tuple[Measure, ...] = () if order == "name" else ("own", order)
    for measure in dict.fromkeys(measures):
        by_name = sorted(by_name, key=children.sizes(measure).__getitem__, reverse=True)
    return by_name
