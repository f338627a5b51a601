"""CheckReport → str: text, JSON, GitHub's workflow commands, SARIF. One table of formats.

sentences.py  the sentences that the formats share
text.py, github.py, sarif.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name

from deadweight.model.report.check import CheckReport

Renderer = Callable[[CheckReport], str]

# Format → module:function, imported when needed
_RENDERERS: Mapping[str, str] = {
    "text": "deadweight.report.check.text:check_text",
    "json": "deadweight.report.check:check_json",
    "github": "deadweight.report.check.github:check_github",
    "sarif": "deadweight.report.check.sarif:check_sarif",
}
FORMATS = tuple(_RENDERERS)


def render_check(report: CheckReport, form: str) -> str:
    """Return the result of a check in a format of ``FORMATS``."""
    renderer: Renderer = resolve_name(_RENDERERS[form])
    return renderer(report)


def check_json(report: CheckReport) -> str:
    """Return the result as JSON, schema ``deadweight.check/1``."""
    return report.to_json()
