"""Report → CSV (RFC 4180): a row for each distribution, sizes in bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from deadweight.model.report import Report
from deadweight.model.report.rows import COLUMNS, Value
from deadweight.report.view import View, select
from deadweight.untrusted import inert, without_credentials

# A spreadsheet runs a cell that begins with one of these as a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(report: Report, view: View) -> str:
    """Return the selected distributions with the columns of ``Report.to_rows``; raises BadInput as ``select``."""
    return table_of(COLUMNS, (row.columns().values() for row in select(report, view).shown))


def table_of(columns: Iterable[str], rows: Iterable[Iterable[Value | float]]) -> str:
    """Return a table; headings and cells that a spreadsheet would run as a formula are quoted."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in (columns, *rows):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def _cell(value: Value | float) -> str | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    text = inert(without_credentials(value))  # programs read it, so that it is not abridged
    return f"'{text}" if text.startswith(_FORMULA) else text
