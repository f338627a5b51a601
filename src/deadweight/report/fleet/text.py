"""FleetReport → text: the totals, then a table for each section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.text import Text

from deadweight.model.report.fleet import FleetReport
from deadweight.report.fleet.columns import Section
from deadweight.report.fleet.figures import figures_of, run_text
from deadweight.report.fleet.sections import sections_of
from deadweight.report.text.tables import WIDEST, hanging, plain_table, render
from deadweight.report.view import View
from deadweight.untrusted import plain


def as_text(report: FleetReport, sections: Sequence[str], view: View) -> str:
    """Return the report, at most as wide as the view."""
    width = min(view.width, WIDEST)
    parts: list[RenderableType] = [] if sections else [_totals(report, width)]
    parts += [_section(section, width) for section in sections_of(report, sections)]
    padded = [Padding(part, (1 if number else 0, 0, 0, 0)) for number, part in enumerate(parts)]
    return render(Group(*padded), width=width, color=view.color)


def _totals(report: FleetReport, width: int) -> RenderableType:
    lines = [Text(f"{plain(report.fleet)}, {plain(run_text(report.runs[0]))}", style="bold")]
    names = list(figures_of(report))
    longest = max(len(name) for name, _, _ in names)
    for name, figure, explanation in names:
        detail = f"  {explanation}" if explanation else ""
        lines.append(hanging(f"{name.lower():{longest}}  {figure:>8}{detail}", width))
    return Group(*lines)


def _section(section: Section, width: int) -> RenderableType:
    return Group(*_parts(section, width))


def _parts(section: Section, width: int) -> Iterator[RenderableType]:
    yield Text(plain(section.title), style="bold")
    if section.note:
        yield Text(plain(section.note))
    if not section.rows:
        yield Text("none")
        return
    table = plain_table(width)
    table.width = None
    for column in section.columns:
        justify: JustifyMethod = "right" if column.is_number else "left"
        table.add_column(column.heading, justify=justify, no_wrap=column.is_number, overflow="fold")
    for row in section.cells():
        table.add_row(*map(plain, row))
    yield table
