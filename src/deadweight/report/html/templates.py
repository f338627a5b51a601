"""The templates and assets of HTML pages. What templates print is escaped: as HTML, and without control characters."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from deadweight.report.units import counted, human, percent
from deadweight.untrusted import plain

_PACKAGE = "deadweight.report.html"


def templates() -> Environment:
    """Return the templates, with filters for figures."""
    environment = Environment(
        loader=PackageLoader(_PACKAGE, ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(human=human, percent=percent, counted=counted)
    return environment


def _finalize(value: Any) -> Any:
    """Return what an expression of the template prints: untrusted text without control characters and passwords."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def asset(environment: Environment, name: str) -> str:
    """Return a style or a script."""
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def hash_of(text: str) -> str:
    """Return the source expression of an inline element (CSP Level 3, section 6.7.3)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
