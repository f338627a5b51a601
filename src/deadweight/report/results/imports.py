"""ImportsReport → text: what a start takes, by distribution, and the imports that could happen later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from deadweight.model.report.imports import ImportsReport
from deadweight.report.documents.imports import (
    COLUMNS,
    NO_LAZY,
    NOT_TRIED,
    duration,
    head_lines,
    module_names,
    result_lines,
    rows_of,
)
from deadweight.report.text.tables import WIDEST, add_names, plain_table, render
from deadweight.report.units import hanging_text
from deadweight.report.view import DEFAULT, View
from deadweight.untrusted import plain

if TYPE_CHECKING:
    from rich.table import Table

_NUMBERS = 60  # columns of the terminal that the numbers take


def as_text(report: ImportsReport, view: View = DEFAULT) -> str:
    """Return the report, at most as wide as the view except for long words."""
    width = min(view.width, WIDEST)
    head = "\n".join(hanging_text(line, view.width) for line in head_lines(report))
    table = render(_table(report, view.rows, width), width=width, color=view.color)
    lines = "\n".join(hanging_text(line, view.width) for line in _lazy(report))
    return f"{head}\n\n{table}\n{lines}\n"


def _table(report: ImportsReport, most: int | None, width: int) -> Table:
    table = plain_table(width)
    add_names(table, "distribution", width)
    table.columns[0].max_width = max(12, width - _NUMBERS)  # a long name must not cut the numbers
    for name in COLUMNS[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows_of(report, most):
        table.add_row(*row)
    return table


def _lazy(report: ImportsReport) -> Iterator[str]:
    if not report.lazy:
        yield NO_LAZY
        return
    yield "Heavy imports at module level that only one function uses:"
    for each in report.lazy:
        for statement in each.statements:
            yield f"  {plain(statement.file)}:{statement.line}: {plain(statement.statement)}"
            used = f"used only in {plain(statement.function)}() (line {statement.function_line})"
            yield f"    {used}"
        several = len(each.statements) > 1
        yield f"    importing {module_names(each.modules)} takes {duration(each.cost_us)}"
        if each.attempt:
            first, *more = result_lines(each.attempt, report.runs)
            yield f"    imported in the function{'s' if several else ''}: {first}"
            yield from (f"    {line}" for line in more)
        else:
            yield f"    {NOT_TRIED}"
    if report.together:
        first, *more = result_lines(report.together, report.runs)
        yield f"  All of them: {first}"
        yield from (f"    {line}" for line in more)
