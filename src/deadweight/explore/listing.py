"""The list: renders only the rows that are visible, so a list of a million files is as fast as one of ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from deadweight.explore.columns import Layout, row_text

if TYPE_CHECKING:
    from textual.events import Click, Resize

    from deadweight.explore.browsing import Browser
    from deadweight.explore.node import Node

_CURRENT = Style(reverse=True)
_MARKED = Style(bold=True, color="yellow")
_PLAIN = Style()
_DIM = Style(dim=True)


class Listing(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows the rows of a Browser and moves its cursor."""

    class Moved(Message):
        """The cursor is on another row."""

    class Resized(Message):
        """The list has another size."""

    def __init__(self, browser: Browser) -> None:
        super().__init__(id="listing")
        self.browser = browser

    def show(self) -> None:
        """Show the rows anew, after they or their marks have changed."""
        self.virtual_size = Size(self.size.width, len(self.browser.rows))
        self._keep_in_view()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        browser, width = self.browser, self.size.width
        number = y + self.scroll_offset.y
        if number >= len(browser.rows):
            text = "   nothing here" if number == 0 else ""
            return Strip([Segment(text.ljust(width), _DIM)], width)
        node = browser.rows[number]
        current, marked = number == browser.cursor, node.key in browser.marked and node.kind == "distribution"
        layout = Layout(browser.node.own, width, browser.order)
        text = row_text(node, layout, marked=marked, current=current)
        return Strip([Segment(text, _style(node, marked=marked, current=current))], width)

    def on_click(self, event: Click) -> None:
        self.go(event.y + self.scroll_offset.y)

    def on_resize(self, event: Resize) -> None:
        self.show()
        self.post_message(self.Resized())

    def go(self, cursor: int) -> None:
        """Put the cursor on a row, or on the nearest one there is."""
        self.browser.move(cursor)
        self._keep_in_view()
        self.refresh()
        self.post_message(self.Moved())

    def _keep_in_view(self) -> None:
        region = Region(0, self.browser.cursor, self.size.width, 1)
        self.scroll_to_region(region, animate=False, force=True, x_axis=False)


def _style(node: Node, *, marked: bool, current: bool) -> Style:
    if current:
        return _CURRENT + _MARKED if marked else _CURRENT
    if marked:
        return _MARKED
    return _DIM if node.kind in ("rest", "part") else _PLAIN
