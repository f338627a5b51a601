"""TrimReport → text: a table of the kinds, what was done with them, and what can be done next."""

from __future__ import annotations

from deadweight.model.report.trim import TrimReport
from deadweight.report.documents.trim import COLUMNS, NUMBERS, rows_of, sentences_of
from deadweight.report.text.tables import WIDEST, hanging, narrow_table, plain_table, render
from deadweight.report.view import DEFAULT, View
from deadweight.untrusted import whole


def as_text(report: TrimReport, view: View = DEFAULT) -> str:
    """Return the result; its last lines say what to do next."""
    width = min(view.width, WIDEST)
    table = _table(report, width) + "\n" if report.kinds else ""
    lines = sentences_of(report, view)
    sentences = "".join(render(hanging(whole(line), width), width=width, color=False) for line in lines)
    return table + sentences


def _table(report: TrimReport, width: int) -> str:
    rows = rows_of(report)
    narrow = narrow_table(COLUMNS, rows, NUMBERS, width)
    if narrow:
        return narrow
    table = plain_table(width, *COLUMNS, numbers=NUMBERS)
    table.width = None  # as narrow as its texts
    for row in rows:
        table.add_row(*row)
    return render(table, width=width, color=False)
