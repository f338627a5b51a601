"""ServicesReport → text: the services, what they share, and the proposal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from deadweight.model.report.services import ServicesReport
from deadweight.report.services.phrases import (
    SHARED,
    notes_of,
    service_cells,
    service_columns,
    shared_cells,
    unused_lines,
)
from deadweight.report.services.proposed import indented, proposal_parts
from deadweight.report.text.tables import WIDEST, hanging, number_table, render
from deadweight.report.units import human
from deadweight.report.view import DEFAULT, View

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
    last = "largest" if width >= _WIDE else ""
    table = number_table(service_columns(report), service_cells(report), width, bold=1, last=last)
    return Group(table, Text(f"each distribution counted once: {human(report.distinct_bytes)}"))


def _unused(report: ServicesReport, width: int) -> Iterator[RenderableType]:
    if lines := list(unused_lines(report)):
        yield indented("requirements that the code never imports", lines, width)


def _shared(report: ServicesReport, width: int, rows: int | None) -> Iterator[RenderableType]:
    if report.shared:
        yield number_table(SHARED, list(shared_cells(report, rows)), width)


def _notes(report: ServicesReport, width: int) -> Iterator[RenderableType]:
    if lines := [hanging(f"note: {note}", width) for note in notes_of(report)]:
        yield Group(*lines)
