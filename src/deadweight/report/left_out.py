"""What a split leaves out, what it keeps for lack of evidence, and what nothing requires, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import TYPE_CHECKING

from deadweight.model.report import Report, SplitReport
from deadweight.report.source import places
from deadweight.report.tables import add_names, plain_table
from deadweight.report.units import human
from deadweight.untrusted import plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def could_go_table(report: Report, width: int, most: int | None) -> Iterator[RenderableType]:
    """What production does not need, and what nobody asks for, each with its reason."""
    production = report.splits["production"]
    # Where something could not be measured, it may be that which asks for them.
    orphans = [] if report.skipped else [row for row in report.distributions if row.orphan]
    if not production.dropped and not orphans:
        return
    table = left_out_table("can be removed", production, width, most)
    unasked = sorted(orphans, key=lambda row: -(row.freed_bytes or 0))
    for row in unasked[:most]:
        table.add_row(plain(row.name), human(row.freed_bytes), "not required by anything")
    if len(unasked) > len(unasked[:most]):
        table.add_row(*_more(unasked[most:], sum(row.freed_bytes or 0 for row in unasked[most:])))
    yield table


def _more(left: Sized, size: int) -> tuple[str, str, str]:
    return f"{len(left)} more", human(size), "(use --all)"


def left_out_table(title: str, split: SplitReport, width: int, most: int | None = None) -> Table:
    """Return what a split leaves out, the heaviest first: what each brings of what leaves, and why it goes.

    most: rows to show, None for all
    """
    table = plain_table(width)
    add_names(table, title, width)
    table.add_column("adds", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    ordered = sorted(split.dropped, key=lambda d: (-(d.brought_bytes or 0), d.name))
    for found in ordered[:most]:
        brings = "not installed" if found.brought_bytes is None else human(found.brought_bytes)
        told = f"; used by {places(found.places)}" if found.places and not found.later else ""
        table.add_row(plain(found.name), brings, f"{found.group}: {plain(found.says)}{told}")
    if len(ordered) > len(ordered[:most]):
        table.add_row(f"{len(ordered[most:])} more", "", "(use --all)")
    if len(split.dropped) > 1 or len(split.saved_groups) > 1:
        table.add_row("total", human(split.saved_bytes), _of_which(split))
    return table


def _of_which(split: SplitReport) -> str:
    """Say to which groups belongs what leaves; what only a dropped line needs leaves with it, whatever its group."""
    sizes = sorted(split.saved_groups.items(), key=lambda item: (-item[1], item[0]))
    groups = ", ".join(f"{group} {human(size)}" for group, size in sizes)
    once = "shared dependencies count once" if len(split.dropped) > 1 else ""
    return "; ".join(filter(None, (once, groups if len(sizes) > 1 else "")))


def unsure_table(split: SplitReport, width: int, most: int | None = None) -> Iterator[Table]:
    """Yield what stays in a split for want of certainty, for a person to judge; nothing where all is sure."""
    if not split.unsure:
        return
    table = plain_table(width)
    add_names(table, "kept: uncertain", width)
    table.add_column("frees", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    ordered = sorted(split.unsure, key=lambda u: (-(u.freed_bytes or 0), u.name))
    for found in ordered[:most]:
        frees = "not installed" if found.freed_bytes is None else human(found.freed_bytes)
        table.add_row(plain(found.name), frees, f"{found.group}? {plain(found.says)}")
    if len(ordered) > len(ordered[:most]):
        table.add_row(*_more(ordered[most:], sum(found.freed_bytes or 0 for found in ordered[most:])))
    yield table
