"""QueryResult → text, Markdown, CSV or JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Group
from rich.text import Text

from deadweight.model.report.fleet.query import Cell, QueryResult
from deadweight.report.as_csv import table_of
from deadweight.report.gfm import escaped, table
from deadweight.report.text.tables import plain_table, render
from deadweight.report.view import View
from deadweight.untrusted import plain

_READABLE = 12  # columns of the terminal below which longer values are hard to read
_GAP = 2  # between columns


def render_query(result: QueryResult, form: str, view: View) -> str:
    """Return the rows in a format of ``QUERY_FORMATS``."""
    return _RENDERERS[form](result, view)


def as_text(result: QueryResult, view: View) -> str:
    """Return a table, or a list of columns for each row if a table is too wide to read.

    A table without rows is its header.
    """
    if result.rows and _least_width(result) > view.width:
        return "\n".join(_record(number, row, result, view) for number, row in enumerate(result.rows, start=1))
    shown = plain_table(view.width)
    shown.width = None
    for name, is_number in zip(result.columns, _numbers(result), strict=True):
        shown.add_column(Text(plain(name)), justify="right" if is_number else "left", overflow="fold")
    for row in result.rows:
        shown.add_row(*(Text(plain(_shown(value))) for value in row))
    return render(Group(shown), width=view.width, color=view.color)


def _least_width(result: QueryResult) -> int:
    """Return the columns of the terminal in which a table is still readable."""
    columns = zip(result.columns, *result.rows, strict=True)
    widths = [
        max(len(name), min(max(len(plain(_shown(each))) for each in values), _READABLE)) for name, *values in columns
    ]
    return sum(widths) + _GAP * (len(widths) - 1)


def _record(number: int, row: tuple[Cell, ...], result: QueryResult, view: View) -> str:
    """Return a row with a line for each column."""
    shown = plain_table(view.width)
    shown.width, shown.show_header = None, False
    shown.add_column(no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in zip(result.columns, row, strict=True):
        shown.add_row(Text(plain(name)), Text(plain(_shown(value))))
    return render(Group(Text(f"row {number}"), shown), width=view.width, color=view.color)


def as_markdown(result: QueryResult, view: View) -> str:
    """Return a table in GitHub's Markdown."""
    names = zip(result.columns, _numbers(result), strict=True)
    header = [f"{'>' if is_number else ''}{escaped(name)}" for name, is_number in names]
    return "\n".join(table(header, ([escaped(_shown(value)) for value in row] for row in result.rows))) + "\n"


def as_csv(result: QueryResult, view: View) -> str:
    """Return the rows as CSV (RFC 4180)."""
    return table_of(result.columns, result.rows)


def as_json(result: QueryResult, view: View) -> str:
    """Return the rows as JSON, schema ``deadweight.fleet-query/1``."""
    return result.to_json()


_RENDERERS: Mapping[str, Callable[[QueryResult, View], str]] = {
    "text": as_text, "markdown": as_markdown, "csv": as_csv, "json": as_json,
}  # fmt: skip
QUERY_FORMATS = tuple(_RENDERERS)


def _shown(value: Cell) -> str:
    """Return a value as it is, without units: whether a number is a size is not known."""
    return "" if value is None else str(value)


def _numbers(result: QueryResult) -> list[bool]:
    """Return for each column whether all of its values are numbers."""
    return [
        bool(result.rows) and all(isinstance(row[at], (int, float, type(None))) for row in result.rows)
        for at in range(len(result.columns))
    ]
