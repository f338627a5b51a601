"""Diff → text: totals, distributions by the size of their change, and groups."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deadweight.model.report.diff import Diff, DistributionDifference, GroupDifference
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
from deadweight.report.text.tables import WIDEST, group_text, hanging, plain_table, render
from deadweight.report.units import human, signed
from deadweight.report.view import DEFAULT, View, cut
from deadweight.untrusted import plain

_STYLES = {"+": "red", "-": "green", "~": "yellow", "?": "dim"}  # as a budget sees it: what is added costs
_WIDE = 64  # columns; a narrower terminal has no room for reasons


def as_text(diff: Diff, view: View = DEFAULT) -> str:
    """Return the difference, at most as wide as the view."""
    width = min(view.width, WIDEST)
    parts = [_header(diff, width), *_distributions(diff, width, view.rows), *_groups(diff, width), *_notes(diff, width)]
    padded = [Padding(part, (1 if number else 0, 0, 0, 0)) for number, part in enumerate(parts)]
    return render(Group(*padded), width=width, color=view.color)


def _header(diff: Diff, width: int) -> RenderableType:
    table = plain_table(width)
    table.show_header = False
    for ratio in (None, None, 1):
        table.add_column(no_wrap=True, ratio=ratio)
    for name, size in figures(diff):
        change = "unknown" if size.change is None else change_of(size)
        table.add_row(name, from_to(size), Text(change, style="bold"))
    old, new = (plain(side.target.location) for side in (diff.old, diff.new))
    return Group(Text(f"{old} → {new}", style="bold"), table, Text(summary_of(diff)))


def _distributions(diff: Diff, width: int, most: int | None) -> Iterator[RenderableType]:
    """Yield the distributions that differ. The columns add up to the change of the total."""
    if not diff.distributions and not diff.totals.unowned_bytes.change:
        return
    every, wide = diff.distributions, width >= _WIDE
    downloads = any(each.download_change_bytes for each in every)
    shown, rest = cut(every, most)
    table = _empty_table(width, downloads=downloads, wide=wide)
    for each in shown:
        table.add_row(*_cells(each, downloads=downloads, wide=wide))
    gap = [""] if downloads else []
    if rest:
        total = [signed(download_sum(rest))] if downloads else []
        size = signed(sum(each.change_bytes for each in rest))
        # In a column of its own: rows of long names leave it no room beside the count.
        table.add_row("", rest_text(rest), "(use --all)", size, *total)
    if unowned := diff.totals.unowned_bytes.change:
        table.add_row("", "unowned files", "", signed(unowned), *gap)
    total = [signed(diff.totals.download_bytes.change)] if downloads else []
    change = signed(diff.totals.apparent_bytes.change) or human(0)
    table.add_row("", Text("total", style="bold"), "", Text(change, style="bold"), *total)
    yield table


def _empty_table(width: int, *, downloads: bool, wide: bool) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", width=width)
    table.add_column("", no_wrap=True, width=1)
    table.add_column("distribution", overflow="ellipsis", no_wrap=True, ratio=3)
    table.add_column("version", overflow="ellipsis", no_wrap=True, max_width=24 if width >= 100 else 18)
    for name in ("installed", *(["download"] if downloads else [])):
        table.add_column(name, justify="right", no_wrap=True)
    if wide:
        table.add_column("why", overflow="ellipsis", no_wrap=True, ratio=4)
    return table


def _cells(each: DistributionDifference, *, downloads: bool, wide: bool) -> list[RenderableType]:
    sign = SIGNS[each.status]
    cells: list[RenderableType] = [Text(sign, style=_STYLES[sign]), plain(each.name), plain(versions_of(each))]
    cells.append(Text(change_text(each), style=_style_of(each.change_bytes)))
    cells += [signed(each.download_change_bytes)] if downloads else []
    return [*cells, *([reason_of(each, [plain(cause.key) for cause in each.because])] if wide else [])]


def _style_of(change: int) -> str:
    return "red" if change > 0 else "green" if change < 0 else ""


def _groups(diff: Diff, width: int) -> Iterator[RenderableType]:
    """Yield the groups that differ."""
    differing = {name: group for name, group in diff.groups.items() if _differs(group)}
    if not differing:
        return
    downloads = any(group.download_bytes.change for group in differing.values())
    table = plain_table(width, "group")
    for name in ("distributions", "installed", "", *(["download"] if downloads else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for name, group in differing.items():
        count = group.distributions
        counts = f"{count.old} → {count.new}" if count.change else str(count.new)
        size = group.apparent_bytes
        change = Text(signed(size.change), style=_style_of(size.change or 0))
        download = [signed(group.download_bytes.change)] if downloads else []
        table.add_row(group_text(name), counts, from_to(size), change, *download)
    yield table


def _differs(group: GroupDifference) -> bool:
    return any(each.old != each.new for each in (group.distributions, group.apparent_bytes, group.download_bytes))


def _notes(diff: Diff, width: int) -> Iterator[RenderableType]:
    notes = [hanging(plain(f"note: {note}"), width) for note in notes_of(diff)]
    if notes:
        yield Group(*notes)
