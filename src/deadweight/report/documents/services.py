"""ServicesReport → its document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deadweight.model.report.services import Proposal, ServicesReport
from deadweight.report.documents import markdown
from deadweight.report.documents.values import Column, Document, Section, Table
from deadweight.report.services.phrases import (
    LAYERS,
    SHARED,
    apart,
    change_lines,
    conflict_lines,
    failed_checks,
    file_cells,
    larger_lines,
    larger_services,
    layer_cells,
    notes_of,
    passed,
    saving,
    service_cells,
    service_columns,
    shared_cells,
    unused_lines,
)
from deadweight.report.units import counted, human
from deadweight.report.view import View
from deadweight.untrusted import plain
from deadweight.wording import listed

_MOST_FILES = 8
_FILES = (Column("file", "name"), Column("includes"), Column("requirements"))


def as_markdown(report: ServicesReport, view: View) -> str:
    """Return the report in GitHub's Markdown."""
    return markdown.as_markdown(document_of(report, view.rows))


def as_html(report: ServicesReport, view: View) -> str:
    """Return the report as HTML, with all rows whatever the view."""
    from deadweight.report.html import document as html

    return html.as_html(document_of(report, None), report.version)


def document_of(report: ServicesReport, most: int | None) -> Document:
    """Return the report as a document.

    most: the number of rows of long lists; None for all
    """
    services = counted(len(report.services), "service")
    total, once = human(report.total_bytes), human(report.distinct_bytes)
    return Document(
        title=f"{services}: {total} ({once} with each distribution counted once)",
        about=listed((plain(row.file) for row in report.services), _MOST_FILES),
        sections=(*_today(report, most), *(_proposed(report.proposal, most) if report.proposal else ())),
        notes=tuple(notes_of(report)),
    )


def _today(report: ServicesReport, most: int | None) -> Iterator[Section]:
    columns = (*_columns(service_columns(report)), Column("largest"))
    rows = service_cells(report)
    yield Section("Services", Table(columns, tuple((*row, "")[: len(columns)] for row in rows)))
    if unused := tuple(unused_lines(report)):
        yield Section("Requirements that the code never imports", items=unused)
    if report.shared:
        names = ("distribution", *SHARED[1:])
        yield Section(
            "Shared by several services",
            Table(_columns(names, texts=("version",)), tuple(shared_cells(report, most))),
            folded=True,
        )


def _proposed(proposal: Proposal, most: int | None) -> Iterator[Section]:
    yield Section("Proposed files", Table(_FILES, tuple(file_cells(proposal))))
    yield Section(
        "Layers", Table(_columns(LAYERS), tuple(layer_cells(proposal))), sentences=(_sentence(saving(proposal)),)
    )
    if proposal.conflicts:
        yield Section("Conflicts", items=tuple(conflict_lines(proposal)), sentences=(f"{apart(proposal)}.",))
    if proposal.changes:
        yield Section("Versions that change", items=tuple(change_lines(proposal, most)), folded=True)
    if proposal.larger:
        shown, rest = larger_services(proposal, most)
        larger = (*("; ".join(larger_lines(each)) for each in shown), *filter(None, [rest]))
        yield Section("Services that install more than today", items=larger)
    failed = tuple(failed_checks(proposal))
    yield Section("Check", items=failed, sentences=() if failed else (_sentence(passed(proposal)),))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _columns(names: Sequence[str], texts: Sequence[str] = ()) -> tuple[Column, ...]:
    """Return columns of numbers, except for the first and some others."""
    return tuple(Column(name, "text" if name in (names[0], *texts) else "number") for name in names)
