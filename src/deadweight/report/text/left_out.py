"""The tables of what a split removes, what it keeps because it is uncertain, and what nothing requires."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import TYPE_CHECKING

from deadweight.model.report import Report, SplitReport
from deadweight.report.text.application import locations
from deadweight.report.text.tables import add_names, plain_table
from deadweight.report.units import human
from deadweight.untrusted import plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def could_go_table(report: Report, width: int, most: int | None) -> Iterator[RenderableType]:
    """Yield what production does not need and what nothing requires, each with its reason."""
    production = report.splits["production"]
    # A distribution that could not be measured may require them.
    orphans = [] if report.skipped else [row for row in report.distributions if row.orphan]
    if not production.dropped and not orphans:
        return
    table = left_out_table("can be removed", production, width, most)
    unrequired = sorted(orphans, key=lambda row: -(row.freed_bytes or 0))
    for row in unrequired[:most]:
        table.add_row(plain(row.name), human(row.freed_bytes), "not required by anything")
    if len(unrequired) > len(unrequired[:most]):
        table.add_row(*_more(unrequired[most:], sum(row.freed_bytes or 0 for row in unrequired[most:])))
    yield table


def _more(left: Sized, size: int) -> tuple[str, str, str]:
    return f"{len(left)} more", human(size), "(use --all)"


def left_out_table(title: str, split: SplitReport, width: int, most: int | None = None) -> Table:
    """Return what a split removes, the largest first, with its size including dependencies, and the reason.

    most: the number of rows; None for all
    """
    table = plain_table(width)
    add_names(table, title, width)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    ordered = sorted(split.dropped, key=lambda d: (-(d.brought_bytes or 0), d.name))
    for each in ordered[:most]:
        size = "not installed" if each.brought_bytes is None else human(each.brought_bytes)
        uses = f"; used by {locations(each.locations)}" if each.locations and not each.later else ""
        table.add_row(plain(each.name), size, f"{each.group}: {plain(each.reason)}{uses}")
    if len(ordered) > len(ordered[:most]):
        table.add_row(f"{len(ordered[most:])} more", "", "(use --all)")
    if len(split.dropped) > 1 or len(split.saved_groups) > 1:
        table.add_row("total", human(split.saved_bytes), _of_which(split))
    return table


def _of_which(split: SplitReport) -> str:
    """Return the removed bytes by group, and why the rows do not add up to them if dependencies are shared.

    Dependencies of a removed line are removed whatever their group.
    """
    sizes = sorted(split.saved_groups.items(), key=lambda item: (-item[1], item[0]))
    groups = ", ".join(f"{group} {human(size)}" for group, size in sizes)
    shares = sum(each.brought_bytes or 0 for each in split.dropped) != split.saved_bytes
    once = "dependencies that several rows share count once" if shares else ""
    return "; ".join(filter(None, (groups if len(sizes) > 1 else "", once)))


def unsure_table(split: SplitReport, width: int, most: int | None = None) -> Iterator[Table]:
    """Yield what a split keeps only because its group is uncertain."""
    if not split.unsure:
        return
    table = plain_table(width)
    add_names(table, "kept: uncertain", width)
    table.add_column("frees", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    ordered = sorted(split.unsure, key=lambda u: (-(u.freed_bytes or 0), u.name))
    for each in ordered[:most]:
        frees = "not installed" if each.freed_bytes is None else human(each.freed_bytes)
        table.add_row(plain(each.name), frees, f"{each.group}? {plain(each.reason)}")
    if len(ordered) > len(ordered[:most]):
        table.add_row(*_more(ordered[most:], sum(each.freed_bytes or 0 for each in ordered[most:])))
    yield table
