"""The dialogs: help, and the confirmation before files are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult

HELP = """\
↑ ↓  j k          move; PgUp, PgDn, g and G move further
→ Enter  l        open
← Backspace  h    go up
Space             mark a distribution to drop, or unmark it
u                 remove all marks
s                 next order: own, retained, freed, native, name
/                 filter by name; Escape removes the filter
v                 next view: groups, distributions; of an image its breakdown and layers
d                 show or hide details; [ and ] scroll them
w                 write the splits, without what is marked
? q               this help, quit; Ctrl-C quits everywhere

own       bytes of its own files
retained  bytes that go if it is removed: itself, and what only it needs
freed     bytes that go if its requirement is dropped
native    bytes of native code

The lines below the list show what all marks free together. It may be more than \
the sum of their freed bytes, because they may share dependencies."""


class Dialog(ModalScreen[bool]):
    """Shows text. The result is whether it was confirmed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n,question_mark,enter", "close(False)", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="dialog"):
            # Content is shown as it is; a str would be searched for markup.
            yield Static(Content(self._title), id="title")
            yield Static(Content(self._text))

    def action_close(self, confirmed: bool) -> None:
        self.dismiss(confirmed)


class Confirmation(Dialog):
    """Asks a question; only "y" confirms."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "close(True)", show=False)]
