"""The templates and assets of HTML pages. What templates print is escaped: as HTML, and without control characters."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from deadweight.report.units import counted, human, percent
from deadweight.untrusted import plain

_PACKAGE = "deadweight.report.html"


def rendered(
    template: str,
    *,
    version: str,
    filters: Mapping[str, Callable[..., Any]],
    script: str = "",
    shown_as: Callable[[str], str] = plain,
    **values: Any,
) -> str:
    """Return a page, which extends base.html.j2. Its Content-Security-Policy allows only its own style and script.

    version:  of deadweight, as in the report
    filters:  of the template, besides those for figures
    script:   the name of a file; "" for a page without one
    shown_as: ``whole`` for texts that must not be abridged
    """
    environment = _environment(shown_as)
    environment.filters.update(filters)
    texts = {"style": _asset(environment, "style.css"), "script": _asset(environment, script) if script else ""}
    sources = {f"{kind}-src": hash_of(text) for kind, text in sorted(texts.items()) if text}
    allowed = "".join(f" {kind} '{source}';" for kind, source in sources.items())
    policy = f"default-src 'none';{allowed} base-uri 'none'; form-action 'none'"
    return environment.get_template(template).render(version=version, policy=policy, **texts, **values)


def _environment(shown_as: Callable[[str], str] = plain) -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE, ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=partial(_finalize, shown_as),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(human=human, percent=percent, counted=counted)
    return environment


def _finalize(shown_as: Callable[[str], str], value: Any) -> Any:
    """Return what an expression of the template prints: untrusted text without control characters and passwords."""
    return shown_as(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(environment: Environment, name: str) -> str:
    """Return a style or a script."""
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def hash_of(text: str) -> str:
    """Return the source expression of an inline element (CSP Level 3, section 6.7.3)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
