"""The formats of a report: one table. Each is a function of a Report and a View that returns the whole text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pkgutil import resolve_name

from deadweight.errors import BadInput
from deadweight.model.report import Report
from deadweight.report.view import View

Renderer = Callable[[Report, View], str]

# Format → module:function, imported when needed: rich alone takes longer than reading a saved report.
_RENDERERS: Mapping[str, str] = {
    "text": "deadweight.report.text.as_text:as_text",
    "tree": "deadweight.report.text.as_tree:as_tree",
    "markdown": "deadweight.report.markdown:as_markdown",
    "csv": "deadweight.report.as_csv:as_csv",
    "html": "deadweight.report.html.as_html:as_html",
    "sarif": "deadweight.report.annotations.formats:as_sarif",
    "github": "deadweight.report.annotations.formats:as_github",
    "cyclonedx": "deadweight.report.cyclonedx:as_cyclonedx",
    "json": "deadweight.report.formats:as_json",
}
FORMATS = tuple(_RENDERERS)
# Format → the library that it needs, and the extra that installs it.
_OPTIONAL: Mapping[str, tuple[str, str]] = {"html": ("jinja2", "html"), "cyclonedx": ("cyclonedx", "sbom")}


def check_installed(form: str) -> None:
    """Check that what a format needs is installed, before minutes of work; raises BadInput."""
    library, extra = _OPTIONAL.get(form, ("sys", ""))
    if find_spec(library) is None:
        raise BadInput(
            f"--format {form} requires {library}, which is not installed",
            hint=f'install it with pip install "deadweight[{extra}]"',
        )


def render(report: Report, form: str, view: View) -> str:
    """Return a report in a format of ``FORMATS``.

    raises: BadInput for a view that the report cannot be shown in, or if an extra is missing
    """
    check_installed(form)
    renderer: Renderer = resolve_name(_RENDERERS[form])
    return renderer(report, view)


def as_json(report: Report, view: View) -> str:
    """Return a report as JSON: everything, whatever the view."""
    return report.to_json()
