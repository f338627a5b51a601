"""ServicesReport → str: the formats, in one table; files.py has the texts of the proposed files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from deadweight.model.report.services import ServicesReport
from deadweight.report.view import View

Renderer = Callable[[ServicesReport, View], str]

# Format → module and function, imported when needed
_RENDERERS: Mapping[str, tuple[str, str]] = {
    "text": ("deadweight.report.services.text", "as_text"),
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
