"""Diff → str: the formats, in one table. Each is a function of a Diff and a View that returns the whole text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name

from deadweight.model.report.diff import Diff
from deadweight.report.view import View

Renderer = Callable[[Diff, View], str]

# Format → module:function, imported when needed: rich alone takes longer than comparing two reports.
_RENDERERS: Mapping[str, str] = {
    "text": "deadweight.report.diff.text:as_text",
    "json": "deadweight.report.diff:as_json",
    "markdown": "deadweight.report.diff.markdown:as_markdown",
    "html": "deadweight.report.html.difference:as_html",
}
DIFF_FORMATS = tuple(_RENDERERS)


def render_diff(diff: Diff, form: str, view: View) -> str:
    """Return a difference in a format of ``DIFF_FORMATS``."""
    renderer: Renderer = resolve_name(_RENDERERS[form])
    return renderer(diff, view)


def as_json(diff: Diff, view: View) -> str:
    """Return a difference as JSON: everything, whatever the view."""
    return diff.to_json()
