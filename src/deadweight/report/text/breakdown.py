"""Report of a whole system → text: where its bytes are, and the largest findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight.formats.images.history import command_text
from deadweight.model.report import BreakdownRow, ImageFinding, ImageReport, PartSize, Report
from deadweight.report.images import (
    MOST_FINDINGS,
    instruction,
    overlap_text,
    subjects,
    together,
    total_name,
)
from deadweight.report.text.tables import plain_table
from deadweight.report.units import counted, human, percent
from deadweight.untrusted import plain
from deadweight.wording import listed

_GAP = 2  # columns between those of a table


def about_bytes(report: Report, width: int, most: int | None) -> Iterator[RenderableType]:
    """Yield the breakdown of a whole system, and the largest findings; nothing for other targets.

    most: rows of a table; None for all
    """
    if report.system is not None and report.system.breakdown:
        yield _breakdown(report.system.breakdown, total_name(report), width)
    if report.image is not None and report.image.findings:
        yield _findings(report.image, width, None if most is None else MOST_FINDINGS)


def _breakdown(rows: tuple[BreakdownRow, ...], total: str, width: int) -> RenderableType:
    whole = sum(row.apparent_bytes for row in rows)
    cells = [(plain(row.name), human(row.apparent_bytes), percent(row.apparent_bytes, whole)) for row in rows]
    cells.append((total, human(whole), ""))
    room = width - sum(max(map(len, column)) + _GAP for column in zip(*cells, strict=True))
    table = plain_table(width, "breakdown", "size", "", numbers=("size", ""))
    table.add_column("largest", ratio=1, no_wrap=True, overflow="ellipsis")
    for texts, row in zip(cells, rows, strict=False):
        table.add_row(*texts, parts_text(row.largest, room))
    table.add_row(*cells[-1], "", style="bold")
    return table


def parts_text(parts: Iterable[PartSize], room: int) -> str:
    """Return as many parts with their sizes as fit into a number of columns, at least one."""
    text = ""
    for part in parts:
        one = f"{plain(part.name)} {human(part.apparent_bytes)}"
        longer = f"{text}, {one}" if text else one
        if text and len(longer) > room:
            break
        text = longer
    return text


def _findings(image: ImageReport, width: int, most: int | None) -> RenderableType:
    every = image.findings
    table = plain_table(width, "saves", numbers=("saves",))
    table.add_column("changes that save the most", ratio=1)
    for finding in every[:most]:
        table.add_row(human(finding.saves_bytes), Group(*_finding(finding, every)))
    if len(every[:most]) > 1:
        size, text = together(every[:most], image)
        table.add_row(human(size), text, style="bold")
    if most is None or len(every) <= most:
        return table
    return Group(table, Text(f"{counted(len(every) - most, 'further finding')} (use --all)", style="dim"))


def _finding(finding: ImageFinding, every: Sequence[ImageFinding]) -> Iterator[Text]:
    """Yield the instruction to change, what was found in its layer, the change, and what earlier findings count too."""
    command = plain(command_text(finding.command))
    yield Text(f"{instruction(finding)}: {command}", style="dim", no_wrap=True, overflow="ellipsis")
    names, others = subjects(finding)
    which = f": {listed(map(plain, names), len(names), others=others)}" if names else ""
    yield Text(f"{plain(finding.reason)}{which}", overflow="fold")
    yield Text(plain(f"{finding.rule}: {finding.change}"), style="dim", overflow="fold")
    if overlap := overlap_text(finding, every):
        yield Text(plain(overlap), style="dim", overflow="fold")
