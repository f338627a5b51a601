"""Diff → Markdown for the comment of a pull request: a summary, the largest changes, and the rest folded.

Names come from untrusted metadata. They are written as code spans, in which nothing is markup, a link or a mention.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deadweight.model.report.diff import Diff, DistributionDifference
from deadweight.report.diff.phrases import (
    SIGNS,
    change_of,
    change_text,
    download_sum,
    figures,
    from_to,
    notes_of,
    reason_of,
    rest_text,
    summary_of,
    versions_of,
)
from deadweight.report.gfm import code, details, table
from deadweight.report.units import human, signed
from deadweight.report.view import DEFAULT, View, cut

_MOST_NOTES = 20
_MOST_FOLDED = 200  # rows: GitHub refuses a comment of more than 65,536 characters
_COLUMNS = ("", "Distribution", "Version", ">Installed", ">Download", "Why")
_GROUP_COLUMNS = ("Group", ">Distributions", ">Installed", ">Change", ">Download")
_Cells = tuple[str, ...]


def as_markdown(diff: Diff, view: View = DEFAULT) -> str:
    """Return the difference as GitHub Flavored Markdown; the view limits the rows that are not folded."""
    return "\n".join(_lines(diff, view.rows)) + "\n"


def _lines(diff: Diff, most: int | None) -> Iterator[str]:
    old, new = (code(side.target.location) for side in (diff.old, diff.new))
    yield f"**{change_of(diff.totals.apparent_bytes)}** from {old} to {new}: {summary_of(diff)}"
    yield ""
    for name, size in figures(diff):
        yield f"- {name} {from_to(size)}, {'unknown' if size.change is None else change_of(size)}"
    every = diff.distributions
    shown, rest = cut(every, most)
    if every or diff.totals.unowned_bytes.change:
        yield ""
        yield from table(_COLUMNS, [*map(_cells, shown), *_sums(diff, rest)])
    if rest:
        folded, left = rest[:_MOST_FOLDED], rest[_MOST_FOLDED:]
        yield from details(rest_text(rest), table(_COLUMNS, [*map(_cells, folded), *_sum_of(left)]))
    groups = list(_groups(diff))
    if groups:
        yield from details("By group", table(_GROUP_COLUMNS, groups))
    notes = [f"- {code(note)}" for note in notes_of(diff)]
    if notes:
        more = [f"- {len(notes) - _MOST_NOTES} more"] if len(notes) > _MOST_NOTES else []
        yield from details("Notes", [*notes[:_MOST_NOTES], *more])


def _cells(each: DistributionDifference) -> _Cells:
    reason = reason_of(each, [code(cause.key) for cause in each.because])
    sizes = (change_text(each), signed(each.download_change_bytes))
    return (SIGNS[each.status], code(each.name), code(versions_of(each)), *sizes, reason)


def _sums(diff: Diff, rest: Sequence[DistributionDifference]) -> Iterator[_Cells]:
    """Yield the rows that make the columns add up."""
    yield from _sum_of(rest)
    if unowned := diff.totals.unowned_bytes.change:
        yield "", "unowned files", "", signed(unowned), "", ""
    change = signed(diff.totals.apparent_bytes.change) or human(0)
    yield "", "**total**", "", f"**{change}**", signed(diff.totals.download_bytes.change), ""


def _sum_of(rest: Sequence[DistributionDifference]) -> Iterator[_Cells]:
    if rest:
        size = signed(sum(each.change_bytes for each in rest))
        yield "", rest_text(rest), "", size, signed(download_sum(rest)), ""


def _groups(diff: Diff) -> Iterator[_Cells]:
    for name, group in diff.groups.items():
        if group.distributions.change or group.apparent_bytes.change:
            counts = f"{group.distributions.old} → {group.distributions.new}"
            size, download = group.apparent_bytes, group.download_bytes
            yield name, counts, from_to(size), signed(size.change), signed(download.change)
