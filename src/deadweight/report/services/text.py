"""ServicesReport → text: the services, what they share, and the proposal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from deadweight.model.report.services import ServiceRow, ServicesReport
from deadweight.report.services.proposed import proposal_parts
from deadweight.report.text.tables import WIDEST, hanging, number_table, render
from deadweight.report.units import hanging_text, human
from deadweight.report.view import DEFAULT, View
from deadweight.untrusted import plain
from deadweight.wording import listed

_WIDE = 96  # columns; a narrower terminal has no room for the largest distributions


def as_text(report: ServicesReport, view: View = DEFAULT) -> str:
    """Return the report, at most as wide as the view."""
    width = min(view.width, WIDEST)
    parts = [_services(report, width), *_unused(report, width), *_shared(report, width, view.rows)]
    if report.proposal:
        parts += proposal_parts(report.proposal, width, view.rows)
    parts += _notes(report, width)
    padded = [Padding(part, (1 if number else 0, 0, 0, 0)) for number, part in enumerate(parts)]
    return render(Group(*padded), width=width, color=view.color)


def _services(report: ServicesReport, width: int) -> RenderableType:
    with_code = any(row.unused is not None for row in report.services)
    columns = ("service", "size", "distributions", "own", "shared", *(["unused"] if with_code else []))
    rows = []
    for row in report.services:
        unused = [_unused_text(row)] if with_code else []
        cells = plain(row.name), human(row.apparent_bytes), f"{row.distributions:,}", human(row.own_bytes)
        largest = ", ".join(plain(each.name) for each in row.largest)
        rows.append((*cells, human(row.shared_bytes), *unused, largest))
    rows.append(("total", human(report.total_bytes), *[""] * (len(columns) - 1)))
    table = number_table(columns, rows, width, bold=1, last="largest" if width >= _WIDE else "")
    once = f"each distribution counted once: {human(report.distinct_bytes)}"
    return Group(table, Text(once))


def _unused_text(row: ServiceRow) -> str:
    return "no code" if row.unused_bytes is None else human(row.unused_bytes)


def _unused(report: ServicesReport, width: int) -> Iterator[RenderableType]:
    lines = []
    for row in report.services:
        if row.unused:
            named = listed((f"{plain(each.name)} ({human(each.freed_bytes)})" for each in row.unused), 6)
            lines.append(hanging_text(f"  {plain(row.name)}: {named}", width))
    if lines:
        yield Text("\n".join(["requirements that the code never imports", *lines]))


def _shared(report: ServicesReport, width: int, rows: int | None) -> Iterator[RenderableType]:
    if not report.shared:
        return
    shown = report.shared if rows is None or len(report.shared) <= rows + 1 else report.shared[:rows]
    cells = []
    for each in shown:
        size, total = human(each.apparent_bytes), human(each.total_bytes)
        cells.append((plain(each.name), plain(each.version or "?"), size, str(len(each.services)), total))
    rest = report.shared[len(shown) :]
    if rest:
        cells.append((f"{len(rest)} more (use --all)", "", "", "", human(sum(each.total_bytes for each in rest))))
    yield number_table(("shared by several services", "version", "size", "services", "in all"), cells, width)


def _notes(report: ServicesReport, width: int) -> Iterator[RenderableType]:
    notes = [f"{each.name} was not measured: {each.reason}" for each in report.skipped]
    lines = [hanging(plain(f"note: {note}"), width) for note in (*notes, *report.warnings)]
    if lines:
        yield Group(*lines)
