"""Document → GitHub's Markdown, for comments on pull requests and job summaries."""

from __future__ import annotations

from collections.abc import Iterator

from deadweight.report.documents.values import Document, Section, Table
from deadweight.report.gfm import code, details, escaped, table


def as_markdown(document: Document) -> str:
    """Return a document in GitHub's Markdown, with everything in it escaped."""
    lines = [f"### {escaped(document.title)}"]
    lines += ["", *map(escaped, document.sentences)] if document.sentences else []
    for section in document.sections:
        body = list(_body(section))
        title = escaped(section.title)
        lines += details(title, body) if section.folded else ("", f"#### {title}", "", *body)
    if document.notes:
        lines += ["", *(f"> {escaped(note)}  " for note in document.notes)]
    return "\n".join(lines) + "\n"


def _body(section: Section) -> Iterator[str]:
    parts = [
        list(_table(section.table)) if section.table else [],
        [f"- {escaped(item)}" for item in section.items],
        *([escaped(sentence)] for sentence in section.sentences),
    ]
    for number, part in enumerate(filter(None, parts)):
        yield from ([""] if number else [])
        yield from part


def _table(found: Table) -> Iterator[str]:
    header = [f">{column.heading}" if column.kind == "number" else column.heading for column in found.columns]
    yield from table(header, ([_cell(column.kind, cell) for column, cell in zip(found.columns, row, strict=True)]
                              for row in found.rows))  # fmt: skip


def _cell(kind: str, text: str) -> str:
    return code(text) if kind == "name" and text else escaped(text)
