"""TrimReport → text: a table of the kinds, what was done with them, and what can be done next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from deadweight.model.report.trim import KindOfFile, TrimReport
from deadweight.report.text.tables import WIDEST, hanging, narrow_table, plain_table, render
from deadweight.report.units import counted, human, percent
from deadweight.trimming.kinds import DEFAULT
from deadweight.untrusted import plain
from deadweight.wording import listed

_MOST_LISTED = 10
_COLUMNS = ("Kind", "Files", "Size", "Risk", "Remove", "What you lose")
_NUMBERS = ("Files", "Size")


def trim_text(report: TrimReport, *, width: int) -> str:
    """Return the result; its last lines say what to do next."""
    width = min(width, WIDEST)
    table = _table(report, width) + "\n" if report.kinds else ""
    sentences = "".join(render(hanging(plain(line), width), width=width, color=False) for line in _sentences(report))
    return table + sentences


def _table(report: TrimReport, width: int) -> str:
    rows = [_row(kind) for kind in sorted(report.kinds, key=_order)]
    narrow = narrow_table(_COLUMNS, rows, _NUMBERS, width)
    if narrow:
        return narrow
    table = plain_table(width, *_COLUMNS, numbers=_NUMBERS)
    table.width = None  # as narrow as its texts
    for row in rows:
        table.add_row(*row)
    return render(table, width=width, color=False)


def _row(kind: KindOfFile) -> tuple[str, ...]:
    selected = "yes" if kind.selected else "-"
    return kind.kind, f"{kind.files:,}", human(kind.apparent_bytes), kind.risk, selected, kind.loses


def _order(kind: KindOfFile) -> tuple[int, int]:
    return ("low", "medium", "high").index(kind.risk), -(kind.apparent_bytes or 0)


def _sentences(report: TrimReport) -> Iterator[str]:
    yield {"show": _shown, "apply": _applied, "undo": _undone, "discard": _discarded}[report.action](report)
    yield from (f"warning: {warning}" for warning in report.warnings)
    if report.checked is not None:
        yield from _checked(report)
    for left in report.left:
        yield f"error: {left.name} was not restored: {left.reason}"
    yield from _next(report)


def _sizes(report: TrimReport) -> str:
    size, whole = report.apparent_bytes, report.environment_bytes
    share = f" ({percent(size, whole)} of {human(whole)})" if size is not None and whole else ""
    return f"{counted(report.files, 'file')}, {human(size)}{share}"


def _shown(report: TrimReport) -> str:
    return f"{plain(report.location)} can do without {_sizes(report)}. Nothing was changed."


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
        yield f"restored {each.name}: {each.reason}"
    if checked.kept_files:
        yield f"{counted(checked.kept_files, 'file')} of these kinds stayed, because imports open them."
    if checked.failing:
        names = listed((each.name for each in checked.failing), _MOST_LISTED)
        yield f"not checked, because they could not be imported before either: {names}"


def _next(report: TrimReport) -> Iterator[str]:
    command = f"deadweight trim {plain(shlex.quote(report.location))}"
    if report.action == "show" and report.files and report.store is None:
        kinds = tuple(each.kind for each in report.kinds if each.selected)
        chosen = "" if set(kinds) == set(DEFAULT) else f" --kinds {','.join(kinds)}"
        yield f"To remove them, run: {command}{chosen} --apply"
    if report.interrupted:
        yield f"Trimming {plain(report.location)} was interrupted. To restore its files, run: {command} --undo"
    elif report.store is not None:
        yield (
            f"The originals take {human(report.store_bytes)} in {plain(report.store)}. To restore them, run: {command}"
            f" --undo; to free their space: {command} --discard"
        )
    if report.action == "apply" and any(k.kind == "bytecode" and k.selected and k.files for k in report.kinds):
        yield "Python writes bytecode again when it imports a module. To prevent that, set PYTHONDONTWRITEBYTECODE=1."
