"""LevelReport → str: text, Markdown, CSV, HTML, JSON. One table of formats.

phrases.py  the phrases that the formats share
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name

from deadweight.model.report.levels import LevelReport
from deadweight.report.view import View

Renderer = Callable[[LevelReport, View], str]

# Format → module:function, imported when needed
_RENDERERS: Mapping[str, str] = {
    "text": "deadweight.report.levels.text:as_text",
    "markdown": "deadweight.report.levels.markdown:as_markdown",
    "csv": "deadweight.report.levels.csv:as_csv",
    "html": "deadweight.report.html.levels:as_html",
    "json": "deadweight.report.levels:as_json",
}
LEVEL_FORMATS = tuple(_RENDERERS)


def render_levels(report: LevelReport, form: str, view: View) -> str:
    """Return the levels in a format of ``LEVEL_FORMATS``."""
    renderer: Renderer = resolve_name(_RENDERERS[form])
    return renderer(report, view)


def as_json(report: LevelReport, view: View) -> str:
    """Return the levels as JSON, schema ``deadweight.plan/1``."""
    return report.to_json()
