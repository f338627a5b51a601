"""FleetReport → one self-contained HTML file: tables alone, without a script."""

from __future__ import annotations

from collections.abc import Sequence

from deadweight.model.report.fleet import FleetReport
from deadweight.report.fleet.figures import figures_of, run_text
from deadweight.report.fleet.sections import sections_of
from deadweight.report.html.templates import rendered
from deadweight.report.view import View


def as_html(report: FleetReport, sections: Sequence[str], view: View) -> str:
    """Return the report as HTML."""
    return rendered(
        "fleet.html.j2",
        version=report.version,
        filters={},
        report=report,
        run=run_text(report.runs[0]),
        figures=() if sections else tuple(figures_of(report)),
        sections=[(section, list(section.cells())) for section in sections_of(report, sections)],
    )
