"""The formats of ``imports`` and ``trim``: one table for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from deadweight.report.view import View

if TYPE_CHECKING:
    from deadweight.model.documents import Published
    from deadweight.model.report.imports import ImportsReport
    from deadweight.model.report.trim import TrimReport

Renderer = Callable[[Any, View], str]

# Format → module:function, imported when needed
_JSON = "deadweight.report.documents.formats:as_json"
_IMPORTS: Mapping[str, str] = {
    "text": "deadweight.report.results.imports:as_text",
    "markdown": "deadweight.report.documents.imports:as_markdown",
    "html": "deadweight.report.documents.imports:as_html",
    "json": _JSON,
}
# No HTML: the result is a short table, about an environment of this machine.
_TRIM: Mapping[str, str] = {
    "text": "deadweight.report.results.trim:as_text",
    "markdown": "deadweight.report.documents.trim:as_markdown",
    "json": _JSON,
}
IMPORTS_FORMATS, TRIM_FORMATS = tuple(_IMPORTS), tuple(_TRIM)


def render_imports(report: ImportsReport, form: str, view: View) -> str:
    """Return a report in a format of ``IMPORTS_FORMATS``."""
    renderer: Renderer = resolve_name(_IMPORTS[form])
    return renderer(report, view)


def render_trim(report: TrimReport, form: str, view: View) -> str:
    """Return a report in a format of ``TRIM_FORMATS``."""
    renderer: Renderer = resolve_name(_TRIM[form])
    return renderer(report, view)


def as_json(report: Published, view: View) -> str:
    """Return a report as JSON: everything, whatever the view."""
    return report.to_json()
