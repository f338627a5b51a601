"""FleetReport → Markdown: the totals, then a table for each section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deadweight.model.report.fleet import FleetReport
from deadweight.report.fleet.columns import Section
from deadweight.report.fleet.figures import figures_of, run_text
from deadweight.report.fleet.sections import sections_of
from deadweight.report.gfm import code, escaped, table
from deadweight.report.view import View


def as_markdown(report: FleetReport, sections: Sequence[str], view: View) -> str:
    """Return the report in GitHub's Markdown."""
    lines: list[str] = []
    if not sections:
        lines += [f"## {escaped(report.fleet)}, {escaped(run_text(report.runs[0]))}", ""]
        lines += table(("", ">", ""), ([name, figure, escaped(text)] for name, figure, text in figures_of(report)))
    for section in sections_of(report, sections):
        lines += _section(section)
    return "\n".join(lines).lstrip("\n") + "\n"


def _section(section: Section) -> Iterator[str]:
    yield from ("", f"### {escaped(section.title)}", "")
    if section.note:
        yield from (escaped(section.note), "")
    header = [f">{column.heading}" if column.is_number else column.heading for column in section.columns]
    shown = [code if column.is_name else escaped for column in section.columns]
    yield from table(header, ([show(cell) for show, cell in zip(shown, row, strict=True)] for row in section.cells()))
