"""Diff → one self-contained HTML file: tables alone, without a script."""

from __future__ import annotations

from deadweight.model.report.diff import Diff, DistributionDifference
from deadweight.report.diff.phrases import (
    SIGNS,
    change_of,
    change_text,
    figures,
    from_to,
    notes_of,
    reason_of,
    summary_of,
    versions_of,
)
from deadweight.report.html.templates import rendered
from deadweight.report.units import signed
from deadweight.report.view import DEFAULT, View


def as_html(diff: Diff, view: View = DEFAULT) -> str:
    """Return the difference as HTML, with all rows whatever the view."""
    return rendered(
        "difference.html.j2",
        version=diff.version,
        filters={
            "change_of": change_of,
            "change_text": change_text,
            "from_to": from_to,
            "reason": _reason,
            "signed": signed,
            "versions_of": versions_of,
        },
        diff=diff,
        rows=diff.distributions,
        unowned=diff.totals.unowned_bytes.change,
        summary=summary_of(diff),
        figures=tuple(figures(diff)),
        notes=tuple(notes_of(diff)),
        signs=SIGNS,
    )


def _reason(each: DistributionDifference) -> str:
    return reason_of(each, [cause.key for cause in each.because])
