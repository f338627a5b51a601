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
    *titles, _ = columns
    widths = [max(len(row[at]) for row in (columns, *rows)) for at in range(len(titles))]
    if sum(widths) + 2 * len(widths) + _LEAST <= width:
        return ""
    lines = []
    for row in (columns, *rows):
        cells = [
            cell.rjust(size) if title in numbers else cell.ljust(size)
            for cell, size, title in zip(row, widths, titles, strict=False)
        ]
        lines.append(
            hanging_text("  ".join(cells).rstrip(), width) if sum(widths) > width else "  ".join(cells).rstrip()
        )
        if row is not columns:
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
