"""The look of tables that several reports share."""

from __future__ import annotations

from rich.table import Table


def plain_table(width: int, *columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """Return a table without lines, as wide as is said.

    columns: to begin with
    numbers: those of them whose cells are numbers
    """
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold", width=width)
    for name in columns:
        table.add_column(name, justify="right" if name in numbers else "left", no_wrap=name in numbers)
    return table
