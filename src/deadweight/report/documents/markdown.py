"""Document → GitHub's Markdown, for comments on pull requests and job summaries."""

from __future__ import annotations

from collections.abc import Iterator

from deadweight.report.documents.values import Document, Section, Table
from deadweight.report.gfm import code, details, escaped, table
from deadweight.untrusted import whole


def as_markdown(document: Document) -> str:
    """Return a document in GitHub's Markdown, with everything in it _escaped."""
    lines = [f"### {_escaped(document.title)}"]
    lines += ["", *map(_escaped, document.sentences)] if document.sentences else []
    for section in document.sections:
        body = list(_body(section))
        title = _escaped(section.title)
        lines += details(title, body) if section.folded else ("", f"#### {title}", "", *body)
    if document.notes:
        lines += ["", *(f"> {_escaped(note)}  " for note in document.notes)]
    return "\n".join(lines) + "\n"


def _body(section: Section) -> Iterator[str]:
    parts = [
        list(_table(section.table)) if section.table else [],
        [f"- {_escaped(item)}" for item in section.items],
        *([_escaped(sentence)] for sentence in section.sentences),
    ]
    for number, part in enumerate(filter(None, parts)):
        yield from ([""] if number else [])
        yield from part


def _table(found: Table) -> Iterator[str]:
    header = [f">{column.heading}" if column.kind == "number" else column.heading for column in found.columns]
    yield from table(header, ([_cell(column.kind, cell) for column, cell in zip(found.columns, row, strict=True)]
                              for row in found.rows))  # fmt: skip


def _cell(kind: str, text: str) -> str:
    return code(text, whole) if kind == "name" and text else _escaped(text)


def _escaped(text: str) -> str:
    # Where documents are built, their foreign parts are abridged, each alone.
    return escaped(text, whole)
