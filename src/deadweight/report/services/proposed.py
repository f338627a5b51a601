"""Proposal → text: the files, their layers, conflicts, what changes, and the checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight.model.report.services import Proposal
from deadweight.report.services.phrases import (
    LAYERS,
    apart,
    change_lines,
    conflict_lines,
    failed_checks,
    file_cells,
    larger_lines,
    larger_services,
    layer_cells,
    passed,
    saving,
)
from deadweight.report.text.tables import hanging, number_table
from deadweight.report.units import hanging_text


def proposal_parts(proposal: Proposal, width: int, rows: int | None) -> Iterator[RenderableType]:
    """Yield the parts of a proposal, at most ``width`` columns wide; ``rows``: of each list, None for all."""
    yield indented("proposed files", map(_file, file_cells(proposal)), width)
    table = number_table(LAYERS, layer_cells(proposal), width, bold=2)
    yield Group(table, hanging(saving(proposal), width))
    if proposal.conflicts:
        yield indented(apart(proposal), conflict_lines(proposal), width)
    if proposal.changes:
        yield indented("versions that change", change_lines(proposal, rows), width)
    if proposal.larger:
        yield indented("services that install more than today", _larger(proposal, rows), width)
    failed = failed_checks(proposal)
    yield indented("these files do not pass the check:", failed, width) if failed else hanging(passed(proposal), width)


def indented(title: str, lines: Iterable[str], width: int) -> Text:
    """Return lines below a title."""
    return Text("\n".join([hanging_text(title, width), *(hanging_text(f"  {line}", width) for line in lines)]))


def _file(cells: tuple[str, str, str]) -> str:
    name, *contents = cells
    return f"{name}: {' '.join(filter(None, contents))}".rstrip(": ")


def _larger(proposal: Proposal, rows: int | None) -> Iterator[str]:
    shown, rest = larger_services(proposal, rows)
    for each in shown:
        first, *more = larger_lines(each)
        yield first
        yield from (f"  {line}" for line in more)
    if rest:
        yield rest
