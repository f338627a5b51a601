"""A row of a list → text in columns for a width, with names that cannot disturb the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size

from deadweight.report.units import human, percent
from deadweight.untrusted import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deadweight.explore.browsing import Order
    from deadweight.explore.node import Node

_BAR = 10
_EIGHTHS = ("", *"▏▎▍▌▋▊▉")
_NAME = 20  # columns that the name gets at least


class Column(NamedTuple):
    """A column of numbers.

    order:     the order that always shows it; "" for none
    from_width: columns of the list from which it is shown
    text:      returns the text for a row and the bytes of the whole list
    """

    title: str
    width: int
    order: Order | str
    from_width: int
    text: Callable[[Node, int], str]


class Layout(NamedTuple):
    """How a list shows its rows.

    whole: bytes of the list, for the shares
    width: columns of the terminal
    """

    whole: int
    width: int
    order: Order


def bar(part: int, whole: int, width: int = _BAR) -> str:
    """Return a bar for a share of a whole."""
    eighths = round(8 * width * part / whole) if whole else 0
    return f"{'█' * (eighths // 8)}{_EIGHTHS[eighths % 8]}".ljust(width)


def _size(size: int | None) -> str:
    return "" if size is None else human(size)


COLUMNS = (
    Column("own", 8, "own", 0, lambda node, _: human(node.own)),
    Column("share", 6, "", 64, lambda node, whole: percent(node.own, whole)),
    Column("", _BAR + 1, "", 90, lambda node, whole: bar(node.own, whole)),
    Column("retained", 9, "retained", 110, lambda node, _: _size(node.retained)),
    Column("freed", 8, "freed", 56, lambda node, _: _size(node.freed)),
    Column("native", 8, "native", 76, lambda node, _: _size(node.native)),
    Column("files", 8, "", 100, lambda node, _: "" if node.files is None else f"{node.files:,}"),
)


def columns(width: int, order: Order) -> tuple[Column, ...]:
    """Return the columns of numbers that a list of some width shows."""
    shown: list[Column] = []
    left = width - _NAME
    for column in sorted(COLUMNS, key=lambda column: (column.order != order, column.from_width)):
        if (column.order == order or width >= column.from_width) and column.width < left:
            shown.append(column)
            left -= column.width + 1
    return tuple(column for column in COLUMNS if column in shown)


def heading(width: int, order: Order) -> str:
    """Return the line of titles; the one that the rows are sorted by has an arrow."""
    arrows = {column.title: f"{column.title}↓" if column.order == order else column.title for column in COLUMNS}
    numbers = [f"{arrows[column.title]:>{column.width}}" for column in columns(width, order)]
    return fitted("   " + " ".join([*numbers, " name↓" if order == "name" else " name"]), width)


def row_text(node: Node, layout: Layout, *, marked: bool, current: bool) -> str:
    """Return a row of exactly the width of the layout."""
    sign = f"{'›' if current else ' '}{'✓' if marked else ' '} "
    numbers = [f"{column.text(node, layout.whole):>{column.width}}" for column in columns(layout.width, layout.order)]
    return fitted(sign + " ".join([*numbers, f" {plain(node.name)}"]), layout.width)


def fitted(text: str, width: int) -> str:
    """Return a text of exactly ``width`` columns: padded, or with an ellipsis where it is cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(f"{set_cell_size(text, max(0, width - 1)).rstrip()}…", width)


def fitted_end(text: str, width: int) -> str:
    """Return the end of a text, at most ``width`` columns; with an ellipsis where it is cut."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[1:]
    return f"…{text}"


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield a text in lines of at most ``width`` columns, broken at spaces where possible."""
    line = ""
    for word in text.split(" "):
        for number, piece in enumerate(chop_cells(word, max(1, width)) or [""]):
            joined = f"{line} {piece}" if line and not number else piece
            if cell_len(joined) <= width and not (number and line):
                line = joined
            else:
                yield line
                line = piece
    yield line
