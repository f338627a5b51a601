"""Document → one self-contained HTML file: tables alone, without a script."""

from __future__ import annotations

from deadweight.report.documents.values import Document
from deadweight.report.html.templates import rendered
from deadweight.untrusted import whole


def as_html(document: Document, version: str) -> str:
    """Return a document as HTML.

    version: of deadweight, as in the report
    """
    return rendered("document.html.j2", version=version, filters={}, shown_as=whole, document=document)
