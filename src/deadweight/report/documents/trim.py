"""TrimReport → its document, and the phrases that the text has, too."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from deadweight.model.report.trim import KindOfFile, TrimReport
from deadweight.report.documents import markdown
from deadweight.report.documents.values import Column, Document, Section, Table
from deadweight.report.units import counted, human, percent
from deadweight.report.view import View
from deadweight.trimming.kinds import DEFAULT
from deadweight.untrusted import plain, whole
from deadweight.wording import listed

_MOST_LISTED = 10
_UNCHANGED = "Nothing was changed."
COLUMNS = ("Kind", "Files", "Size", "Risk", "Remove", "What you lose")
NUMBERS = ("Files", "Size")


def as_markdown(report: TrimReport, view: View) -> str:
    """Return the report in GitHub's Markdown."""
    return markdown.as_markdown(document_of(report, view))


def document_of(report: TrimReport, view: View) -> Document:
    """Return the report as a document."""
    title, *sentences = sentences_of(report, view)
    if title.endswith(_UNCHANGED):
        title, sentences = title.removesuffix(f" {_UNCHANGED}"), [_UNCHANGED, *sentences]
    table = Table(
        columns=tuple(Column(name.lower(), "number" if name in NUMBERS else "text") for name in COLUMNS),
        rows=tuple(rows_of(report)),
    )
    return Document(
        title=title.removesuffix("."),
        about=plain(report.location),
        sentences=tuple(sentences),
        sections=(Section("Kinds of files", table),) if report.kinds else (),
    )


def rows_of(report: TrimReport) -> list[tuple[str, ...]]:
    """Return the rows of the kinds, in the order of ``COLUMNS``, by risk and size."""
    return [_row(kind) for kind in sorted(report.kinds, key=_order)]


def _row(kind: KindOfFile) -> tuple[str, ...]:
    selected = "yes" if kind.selected else "-"
    return plain(kind.kind), f"{kind.files:,}", human(kind.apparent_bytes), kind.risk, selected, plain(kind.loses)


def _order(kind: KindOfFile) -> tuple[int, int]:
    return ("low", "medium", "high").index(kind.risk), -(kind.apparent_bytes or 0)


def sentences_of(report: TrimReport, view: View) -> Iterator[str]:
    """Yield what was done, what needs attention, and what can be done next."""
    yield {"show": _shown, "apply": _applied, "undo": _undone, "discard": _discarded}[report.action](report)
    yield from (f"warning: {plain(warning)}" for warning in report.warnings)
    if report.checked is not None:
        yield from _checked(report)
    for left in report.left:
        yield f"error: {plain(left.name)} was not restored: {plain(left.reason)}"
    yield from _next(report, view)


def _sizes(report: TrimReport) -> str:
    size, whole = report.apparent_bytes, report.environment_bytes
    share = f" ({percent(size, whole)} of {human(whole)})" if size is not None and whole else ""
    return f"{counted(report.files, 'file')}, {human(size)}{share}"


def _shown(report: TrimReport) -> str:
    return f"{plain(report.location)} can do without {_sizes(report)}. {_UNCHANGED}"


def _applied(report: TrimReport) -> str:
    if not report.files:
        return "Nothing was removed."
    return f"Removed {_sizes(report)} from {plain(report.location)}."


def _undone(report: TrimReport) -> str:
    return f"Restored {_sizes(report)} in {plain(report.location)}."


def _discarded(report: TrimReport) -> str:
    return f"Deleted {_sizes(report)} of {plain(report.location)} for good."


def _checked(report: TrimReport) -> Iterator[str]:
    checked = report.checked
    assert checked is not None
    imported = counted(checked.modules, "module")
    yield f"{imported} could be imported before, and can be imported now." if report.files else f"Imported {imported}."
    for each in checked.restored:
        yield f"restored {plain(each.name)}: {plain(each.reason)}"
    if checked.kept_files:
        yield f"{counted(checked.kept_files, 'file')} of these kinds stayed, because imports open them."
    if checked.failing:
        names = listed((plain(each.name) for each in checked.failing), _MOST_LISTED)
        yield f"not checked, because they could not be imported before either: {names}"


def _next(report: TrimReport, view: View) -> Iterator[str]:
    command = f"deadweight trim {whole(shlex.quote(report.location))}"  # abridged, it would not work
    if report.action == "show" and report.files and report.store is None:
        kinds = tuple(each.kind for each in report.kinds if each.selected)
        chosen = "" if set(kinds) == set(DEFAULT) else f" --kinds {','.join(kinds)}"
        given = f" {whole(shlex.join(view.given))}" if view.given else ""
        yield f"To remove them, run: {command}{chosen}{given} --apply"
    if report.interrupted:
        yield f"Trimming {plain(report.location)} was interrupted. To restore its files, run: {command} --undo"
    elif report.store is not None:
        yield (
            f"The originals take {human(report.store_bytes)} in {plain(report.store)}. To restore them, run: {command}"
            f" --undo; to free their space: {command} --discard"
        )
    if report.action == "apply" and any(k.kind == "bytecode" and k.selected and k.files for k in report.kinds):
        yield "Python writes bytecode again when it imports a module. To prevent that, set PYTHONDONTWRITEBYTECODE=1."
