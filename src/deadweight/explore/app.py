"""The screen: shows a Browser, and hands it the keys."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, Protocol

from msgspec import Struct
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from deadweight.errors import DeadweightError
from deadweight.explore.browsing import Browser
from deadweight.explore.columns import fitted, fitted_end, heading, wrapped
from deadweight.explore.details import details, summary
from deadweight.explore.dialogs import HELP, Confirmation, Dialog
from deadweight.explore.listing import Listing
from deadweight.report.units import counted, human
from deadweight.untrusted import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.events import Resize

    from deadweight.explore.nodes import Tree

_WIDE = 100  # columns from which the details are beside the list, not in its place
_KEYS = ("? help", "q quit", "→ open", "← up", "Space mark", "w write", "s sort", "/ filter", "d details", "v view")


class Written(Struct, frozen=True, kw_only=True):
    """Files that may be written.

    directory: the directory of all of them, absolute
    texts:     path → text
    notes:     what to know before they are written, as sentences
    existing:  the paths that would be overwritten
    """

    directory: str
    texts: Mapping[str, str]
    notes: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()


class Writing(Protocol):
    """Writes splits; the command line knows how."""

    def prepare(self, keys: Iterable[str]) -> Written:
        """Return the splits without the requirements of some distributions; raises DeadweightError."""

    def write(self, written: Written) -> None:
        """Write them, over those of ``existing``; raises DeadweightError, OSError."""


class Explorer(App[None]):
    """Browses a tree."""

    TITLE = "deadweight"
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = "#listing"
    CSS = """
    Screen { background: ansi_default; color: ansi_default; }
    #place, #heading, #keys { height: 1; }
    #place { text-style: bold; }
    #heading, #keys { text-style: dim; }
    #summary { height: 3; }
    #listing { height: 1fr; width: 1fr; background: ansi_default; scrollbar-size-vertical: 0; overflow-x: hidden; }
    #lists { height: 1fr; }
    #details { display: none; width: 45%; border-left: solid ansi_default; padding-left: 1; scrollbar-size: 0 0; }
    .detailed #details { display: block; }
    .narrow #details { width: 1fr; border-left: none; padding-left: 0; }
    .narrow.detailed #listing { display: none; }
    .narrow.detailed #heading { visibility: hidden; }
    #details Static, #dialog Static { height: auto; width: 100%; }
    #filter { display: none; height: 1; border: none; padding: 0; background: ansi_default; }
    .filtering #filter { display: block; }
    .filtering #keys { display: none; }
    Dialog { align: center middle; background: ansi_default; }
    #dialog { width: 84; max-width: 100%; height: auto; max-height: 100%; scrollbar-size: 0 0; }
    #dialog { border: solid ansi_default; padding: 0 1; }
    #title { text-style: bold; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("home,g", "first", show=False),
        Binding("end,G", "last", show=False),
        Binding("right,enter,l", "open", show=False),
        Binding("left,backspace,h", "up", show=False),
        Binding("space", "mark", show=False),
        Binding("u", "unmark", show=False),
        Binding("s", "order", show=False),
        Binding("slash", "filter", show=False),
        Binding("v", "view", show=False),
        Binding("d", "details", show=False),
        Binding("left_square_bracket", "scroll_details(-1)", show=False),
        Binding("right_square_bracket", "scroll_details(1)", show=False),
        Binding("w", "write", show=False),
        Binding("question_mark", "help", show=False),
        Binding("escape", "clear_filter", show=False),
        Binding("q", "quit", show=False),
        # In dialogs and in the field of the filter, too.
        Binding("ctrl+c", "quit", show=False, priority=True),
    ]

    def __init__(self, tree: Tree, writing: Writing | None = None) -> None:
        # The colors of the terminal, not our own; so NO_COLOR removes all of them.
        super().__init__(ansi_color=True)
        self.browser = Browser(tree)
        self._writing = writing
        self._message = ""
        self._shown: dict[str, str] = {}  # by the id of the widget

    def compose(self) -> ComposeResult:
        yield Static(id="place", markup=False)
        yield Static(id="heading", markup=False)
        with Horizontal(id="lists"):
            yield Listing(self.browser)
            with VerticalScroll(id="details", can_focus=False):
                yield Static(id="detail", markup=False)
        yield Static(id="summary", markup=False)
        yield Input(id="filter", placeholder="filter by name", select_on_focus=False)
        yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        self._show()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width < _WIDE, "narrow")
        self._show_text()

    def on_listing_resized(self) -> None:
        self._show_text()

    def on_listing_moved(self) -> None:
        self._message = ""
        self._show_text()

    def _show(self, message: str = "") -> None:
        """Show everything anew; a message takes the place of the summary until the next key that changes something."""
        self._message = message
        self.query_one(Listing).show()
        self._show_text()

    def _show_text(self) -> None:
        width = self.size.width
        self._put("place", fitted(self._place(), width))
        self._put("heading", heading(self.query_one(Listing).size.width or width, self.browser.order))
        lines = tuple(wrapped(self._message, width)) if self._message else summary(self.browser)
        self._put("summary", "\n".join(fitted(line, width) for line in lines[:3]))
        self._put("keys", _keys(width))
        if self.has_class("detailed"):
            inner = self.query_one("#details").size.width - 2
            lines = tuple(part for line in details(self.browser) for part in _indented(line, inner))
            self._put("detail", "\n".join(lines), layout=True)

    def _put(self, where: str, text: str, *, layout: bool = False) -> None:
        """Show a text, if it is another one; ``layout``: whether that may change its height."""
        if self._shown.get(where) != text:
            self._shown[where] = text
            self.query_one(f"#{where}", Static).update(Content(text), layout=layout)

    def _place(self) -> str:
        """Return the first line: the size, the target, and the way from the top."""
        browser, report = self.browser, self.browser.tree.report
        names = [plain(level.node.name).rstrip("/") for level in browser.levels]
        filtered = f" [{plain(browser.filter)}]" if browser.filter else ""
        size = f"{human(browser.node.own)}, {counted(len(browser.rows), 'row')}  "
        way = " / ".join([plain(report.target.location), *names])
        return size + fitted_end(f"{way}{filtered}", self.size.width - cell_len(size))

    def action_move(self, rows: int) -> None:
        self.query_one(Listing).go(self.browser.cursor + rows)

    def action_page(self, pages: int) -> None:
        listing = self.query_one(Listing)
        listing.go(self.browser.cursor + pages * max(1, listing.size.height - 1))

    def action_first(self) -> None:
        self.query_one(Listing).go(0)

    def action_last(self) -> None:
        self.query_one(Listing).go(len(self.browser.rows) - 1)

    def action_open(self) -> None:
        self.browser.open()
        self._show()

    def action_up(self) -> None:
        self.browser.up()
        self._show()

    def action_mark(self) -> None:
        if not self.browser.mark():
            self._show("only distributions can be marked")
            return
        self.browser.move(self.browser.cursor + 1)
        self._show()

    def action_unmark(self) -> None:
        self.browser.unmark()
        self._show()

    def action_order(self) -> None:
        self.browser.next_order()
        self._show()

    def action_view(self) -> None:
        self.browser.next_view()
        self._show()

    def action_details(self) -> None:
        self.toggle_class("detailed")
        self.call_after_refresh(self._show)

    def action_scroll_details(self, pages: int) -> None:
        panel = self.query_one("#details")
        panel.scroll_relative(y=pages * max(1, panel.size.height // 2), animate=False)

    def action_help(self) -> None:
        self.push_screen(Dialog("Keys", HELP))

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.value = self.browser.filter
        self.add_class("filtering")
        # At once, not with the next refresh: keys that were typed meanwhile belong to the field.
        field.display = True
        self.screen.set_focus(field)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.browser.find(event.value)
        self._show()

    def on_input_submitted(self) -> None:
        self.remove_class("filtering")
        self.query_one("#filter", Input).display = False
        self.query_one(Listing).focus()

    def action_clear_filter(self) -> None:
        self.browser.find("")
        self.on_input_submitted()
        self._show()

    def action_write(self) -> None:
        if self._writing is None:
            return
        try:
            written = self._writing.prepare(self.browser.marked)
        except DeadweightError as error:
            self._say(f"error: {error.cause}")
            return
        self.push_screen(Confirmation(_question(written), _described(written)), lambda yes: self._write(written, yes))

    def _write(self, written: Written, confirmed: bool | None) -> None:
        assert self._writing is not None
        if not confirmed:
            self._say("nothing was written")
            return
        try:
            self._writing.write(written)
        except (DeadweightError, OSError) as error:
            self._say(f"error: {error}")
        else:
            self._say(f"wrote {' and '.join(written.texts)}")

    def _say(self, message: str) -> None:
        """Show a message that may contain names."""
        self._show(plain(message))

    async def action_quit(self) -> None:
        self.exit()


def _question(written: Written) -> str:
    return "Overwrite these files? (y/n)" if written.existing else "Write these files? (y/n)"


def _described(written: Written) -> str:
    """Return the files and the notes, as text."""
    files = [f"  {plain(os.path.basename(path))}{' (exists)' * (path in written.existing)}" for path in written.texts]
    return "\n".join([f"in {plain(written.directory)}:", *files, "", *map(plain, written.notes)])


def _keys(width: int) -> str:
    """Return the keys that fit a width."""
    shown = ""
    for key in _KEYS:
        longer = f"{shown}  {key}" if shown else key
        if cell_len(longer) > width:
            break
        shown = longer
    return shown


def _indented(line: str, width: int) -> Iterable[str]:
    """Yield a line of the details, wrapped; continuations of list entries are indented."""
    indent = "  " if line.startswith("  ") else ""
    for number, part in enumerate(wrapped(line[len(indent) :], max(10, width - 2 * len(indent)))):
        yield f"{indent}{indent * bool(number)}{part}"
