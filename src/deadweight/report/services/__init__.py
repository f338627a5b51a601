"""ServicesReport → str: the formats, in one table.

phrases.py  what the formats share      text.py, proposed.py  today and the proposal as text
documents/services.py has Markdown and HTML
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from deadweight.model.report.services import ServicesReport
from deadweight.report.view import View

Renderer = Callable[[ServicesReport, View], str]

# Format → module and function, imported when needed
_RENDERERS: Mapping[str, tuple[str, str]] = {
    "text": ("deadweight.report.services.text", "as_text"),
    "markdown": ("deadweight.report.documents.services", "as_markdown"),
    "html": ("deadweight.report.documents.services", "as_html"),
    "json": ("deadweight.report.services", "as_json"),
}
SERVICES_FORMATS = tuple(_RENDERERS)


def render_services(report: ServicesReport, form: str, view: View) -> str:
    """Return a report in a format of ``SERVICES_FORMATS``."""
    module, function = _RENDERERS[form]
    renderer: Renderer = getattr(import_module(module), function)
    return renderer(report, view)


def as_json(report: ServicesReport, view: View) -> str:
    """Return a report as JSON: everything, whatever the view."""
    return report.to_json()
