"""Diff → Markdown for the comment of a pull request: a summary, the largest changes, and the rest folded.

Names come from untrusted metadata. They are written as code spans, in which nothing is markup, a link or a mention.
source: https://github.github.com/gfm/ (6.3 code spans, 4.10 tables)
"""

from __future__ import annotations

import re
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
from deadweight.report.units import human, signed
from deadweight.report.view import DEFAULT, View, cut
from deadweight.untrusted import plain

_MOST_NOTES = 20
_MOST_FOLDED = 200  # rows: GitHub refuses a comment of more than 65,536 characters
_HEADER = ("| | Distribution | Version | Installed | Download | Why |", "|---|---|---|---:|---:|---|")


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
        yield from ("", *_HEADER, *map(_row, shown), *_sums(diff, rest))
    if rest:
        folded, left = rest[:_MOST_FOLDED], rest[_MOST_FOLDED:]
        yield from _folded(rest_text(rest), [*_HEADER, *map(_row, folded), *_sum_of(left)])
    groups = list(_groups(diff))
    if groups:
        header = ("| Group | Distributions | Installed | Change | Download |", "|---|---:|---:|---:|---:|")
        yield from _folded("By group", [*header, *groups])
    notes = [f"- {code(note)}" for note in notes_of(diff)]
    if notes:
        more = [f"- {len(notes) - _MOST_NOTES} more"] if len(notes) > _MOST_NOTES else []
        yield from _folded("Notes", [*notes[:_MOST_NOTES], *more])


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    # The blank lines end the blocks of HTML, so that Markdown continues.
    yield from ("", "<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>")


def _row(each: DistributionDifference) -> str:
    reason = reason_of(each, [cell(cause.key) for cause in each.because])
    sizes = f"{change_text(each)} | {signed(each.download_change_bytes)}"
    return f"| {SIGNS[each.status]} | {cell(each.name)} | {cell(versions_of(each))} | {sizes} | {reason} |"


def _sums(diff: Diff, rest: Sequence[DistributionDifference]) -> Iterator[str]:
    """Yield the rows that make the columns add up."""
    yield from _sum_of(rest)
    if unowned := diff.totals.unowned_bytes.change:
        yield f"| | unowned files | | {signed(unowned)} | | |"
    change = signed(diff.totals.apparent_bytes.change) or human(0)
    yield f"| | **total** | | **{change}** | {signed(diff.totals.download_bytes.change)} | |"


def _sum_of(rest: Sequence[DistributionDifference]) -> Iterator[str]:
    if rest:
        size = signed(sum(each.change_bytes for each in rest))
        yield f"| | {rest_text(rest)} | | {size} | {signed(download_sum(rest))} | |"


def _groups(diff: Diff) -> Iterator[str]:
    for name, group in diff.groups.items():
        if group.distributions.change or group.apparent_bytes.change:
            counts = f"{group.distributions.old} → {group.distributions.new}"
            size, download = group.apparent_bytes, group.download_bytes
            yield f"| {name} | {counts} | {from_to(size)} | {signed(size.change)} | {signed(download.change)} |"


def code(text: str) -> str:
    """Return untrusted text as a code span; its fence is longer than every run of backticks in it."""
    shown = plain(text) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    gap = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{gap}{shown}{gap}{fence}"


def cell(text: str) -> str:
    """Return untrusted text as a code span in a table, where a bar ends the cell unless it is escaped."""
    return code(text).replace("|", "\\|")
