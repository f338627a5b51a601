"""The style of tables in reports."""

from __future__ import annotations

import io
from collections.abc import Sequence
from textwrap import indent

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from deadweight.report.units import hanging_text

_LEAST = 30  # columns that a sentence in the last column of a table needs
WIDEST = 120  # a wider table is harder to read, not easier
STYLES = {"core": "green", "data": "cyan", "ml": "magenta", "dev": "yellow"}


def plain_table(width: int, *columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """Return a table without borders.

    columns: the first columns
    numbers: those of them that contain numbers
    """
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold", width=width)
    for name in columns:
        table.add_column(name, justify="right" if name in numbers else "left", no_wrap=name in numbers)
    return table


def narrow_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str], width: int) -> str:
    """Return a table for a narrow terminal, with the sentence in the last column below its row; "" if there is room.

    columns: their titles; those in ``numbers`` are aligned to the right
    """
    widths = _widths(columns[:-1], rows)
    if sum(widths) + 2 * len(widths) + _LEAST <= width:
        return ""
    return _with_sentences(columns, rows, numbers, width)


def stacked_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str], width: int) -> str:
    """Return a table for a narrow terminal, with all columns but two below their row; "" if there is room."""
    widths = _widths(columns, rows)
    if sum(widths) + 2 * (len(widths) - 1) <= width:
        return ""
    below = [
        ", ".join(f"{title} {cell}" for title, cell in zip(columns[2:], row[2:], strict=True) if cell) for row in rows
    ]
    sentences = [(*row[:2], sentence) for row, sentence in zip(rows, below, strict=True)]
    return _with_sentences((*columns[:2], ""), sentences, numbers, width)


def number_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, bold: int = 0, last: str = ""
) -> RenderableType:
    """Return a table of numbers; if the terminal is too narrow, most of them are below their row.

    rows: may have one cell more than the columns, for the last one
    bold: how many rows at the end are totals
    last: title of a further column, which takes the rest of a wide terminal
    """
    numbers = [row[: len(columns)] for row in rows]
    narrow = stacked_table(columns, numbers, columns[1:], width)
    if narrow:
        return Text(narrow.rstrip("\n"))
    table = plain_table(width, *columns, numbers=tuple(columns[1:]))
    if last:
        table.add_column(last, no_wrap=True, overflow="ellipsis", ratio=1)
    else:
        table.width = None  # as narrow as its texts
    for number, row in enumerate(rows if last else numbers):
        table.add_row(*row, style="bold" if number >= len(rows) - bold else "")
    return table


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(row[at]) for row in (columns, *rows)) for at in range(len(columns))]


def _with_sentences(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str], width: int) -> str:
    """Return a table with the last cell of each row below it, if it has one."""
    *titles, _ = columns
    widths = _widths(titles, rows)
    lines = []
    for row in (columns, *rows):
        cells = [
            cell.rjust(size) if title in numbers else cell.ljust(size)
            for cell, size, title in zip(row, widths, titles, strict=False)
        ]
        lines.append(
            hanging_text("  ".join(cells).rstrip(), width)
            if sum(widths) + 2 * (len(widths) - 1) > width
            else "  ".join(cells).rstrip()
        )
        if row is not columns and row[-1]:
            lines.append(indent(hanging_text(row[-1], width - 4), "    "))
    return "".join(f"{line}\n" for line in lines)


def add_names(table: Table, title: str, width: int) -> None:
    """Add a column of names, which never wrap; a name longer than half of the table is truncated."""
    table.add_column(title, no_wrap=True, overflow="ellipsis", max_width=max(width // 2, len(title)))


def hanging(text: str, width: int) -> Text:
    """Return a sentence with hanging indent."""
    return Text(hanging_text(text, width))


def render(what: RenderableType, *, width: int, color: bool) -> str:
    """Render with rich: escape sequences only with ``color``, never wider than ``width``."""
    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color,
        color_system="standard" if color else None, highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    with console.capture() as captured:
        console.print(what)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


def group_text(group: str) -> Text:
    """Return a group's name in its colour."""
    return Text(group, style=STYLES[group])
