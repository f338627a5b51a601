"""Report → one self-contained HTML file.

The tables are in the page itself, so it can be read and printed without JavaScript. The script adds the treemap, the
dependency view, sorting and filtering. Its Content-Security-Policy allows nothing but the style and the script in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from deadweight.errors import BadInput
from deadweight.formats.images.history import command_text
from deadweight.model.report import Report
from deadweight.report import images
from deadweight.report.html.data import MOST_ROWS, page_data
from deadweight.report.html.facts import facts, notes
from deadweight.report.html.templates import rendered
from deadweight.report.splits import saved_split_files
from deadweight.report.text.application import VERBS, checked_text, excuse, location, locations
from deadweight.report.view import DEFAULT, View, in_order
from deadweight.untrusted import plain

_T = TypeVar("_T")


def as_html(report: Report, view: View = DEFAULT) -> str:
    """Return the report as HTML. It contains all rows; the order and the groups of the view can be changed in the page.

    raises: BadInput for a view that the report cannot be shown in
    """
    shown = images.findings(report)[:MOST_ROWS]
    return rendered(
        "page.html.j2",
        version=report.version,
        filters=_FILTERS,
        script="script.js",
        report=report,
        view=view,
        rows=in_order(report, view.order),
        most_rows=MOST_ROWS,
        number={row.key: number for number, row in enumerate(report.distributions)},
        has_downloads=any(row.download_bytes is not None for row in report.distributions),
        facts=tuple(facts(report)),
        notes=tuple(notes(report)),
        image_findings=shown,
        together=images.together(shown, report.image) if report.image else None,
        total_name=images.total_name(report),
        split_files=_split_files(report),
        verbs=VERBS,
        checked_text=checked_text,
        data=page_data(report, view),
    )


def _largest(items: Iterable[_T], attribute: str) -> list[_T]:
    """Return items by a size, the largest first; unknown sizes last."""
    return sorted(items, key=lambda each: -(getattr(each, attribute) or 0))


class _SplitFile(NamedTuple):
    """The lines of a split's file, and why they cannot be copied; "" if they can."""

    lines: tuple[str, ...]
    problem: str = ""


def _split_files(report: Report) -> dict[str, _SplitFile]:
    """Return the file of each split, as ``deadweight split`` writes it from a saved report."""
    try:
        texts = saved_split_files(report, "", pin=False)
    except BadInput as error:
        return {name: _SplitFile(split.requirements, error.cause) for name, split in report.splits.items()}
    return {name: _split_file(text) for name, text in zip(report.splits, texts.values(), strict=True)}


def _split_file(text: str) -> _SplitFile:
    lines = tuple(text.splitlines())
    changed = any(plain(line) != line for line in lines)
    return _SplitFile(lines, "a line contains a password, control characters or more than 500 characters" * changed)


_FILTERS: Mapping[str, Callable[..., Any]] = {
    "location": location,
    "locations": locations,
    "excuse": excuse,
    "largest": _largest,
    "subjects": images.subjects,
    "instruction": images.instruction,
    "overlap_text": images.overlap_text,
    "hiding": images.hiding,
    "base_text": images.base_text,
    "spans": images.spans,
    "command_text": command_text,
    "efficiency_text": images.efficiency_text,
}
