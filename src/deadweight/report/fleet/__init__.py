"""FleetReport → str: text, Markdown, CSV, HTML, JSON. One table of formats.

figures.py   the totals in words
sections.py  the report as tables, which all formats but JSON write
trend.py     the tables that compare runs
columns.py   the columns of a table
query.py     the rows of a query
check.py     what budgets found
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pkgutil import resolve_name

from deadweight.model.report.fleet import FleetReport
from deadweight.report.view import View

Renderer = Callable[[FleetReport, Sequence[str], View], str]

# Format → module:function, imported when needed
_RENDERERS: Mapping[str, str] = {
    "text": "deadweight.report.fleet.text:as_text",
    "markdown": "deadweight.report.fleet.markdown:as_markdown",
    "csv": "deadweight.report.fleet.csv:as_csv",
    "html": "deadweight.report.html.fleet:as_html",
    "json": "deadweight.report.fleet:as_json",
}
FLEET_FORMATS = tuple(_RENDERERS)


def render_fleet(report: FleetReport, form: str, sections: Sequence[str], view: View) -> str:
    """Return a report in a format of ``FLEET_FORMATS``.

    sections: names of sections to show; none for all. CSV has one
    """
    renderer: Renderer = resolve_name(_RENDERERS[form])
    return renderer(report, sections, view)


def as_json(report: FleetReport, sections: Sequence[str], view: View) -> str:
    """Return everything as JSON, schema ``deadweight.fleet/1``."""
    return report.to_json()
