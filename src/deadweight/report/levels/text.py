"""LevelReport → text: a table of the levels, then the steps of each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight.model.report.levels import Level, LevelReport
from deadweight.report.levels.phrases import COLUMNS, NUMBERS, cells, goal_lines, lacking_lines, step_text, title
from deadweight.report.text.tables import WIDEST, hanging, plain_table, render, stacked_table
from deadweight.report.units import human, target_text
from deadweight.report.view import View


def as_text(report: LevelReport, view: View) -> str:
    """Return the plan as text."""
    width = min(view.width, WIDEST)
    base = f", on a base of {human(report.base_bytes)}" if report.base_bytes is not None else ""
    parts: list[RenderableType] = [
        Text(f"{target_text(report.target.location)}{base}", style="bold"),
        Text(""),
        _table(report, width),
    ]
    if report.levels[0].verified is None:
        parts += [
            Text(""),
            hanging("No code was read, so nothing is verified. Use --source DIR to read your code.", width),
        ]
    for before, level in pairwise(report.levels):
        lines = list(_lines(level, before, view.rows))
        if lines:
            parts += [Text(""), Text(f"{level.name}: {title(level)}", style="bold")]
            parts += [hanging(f"  {line}", width) for line in lines]
    if report.goal:
        parts += [Text(""), *(hanging(line, width) for line in goal_lines(report.goal, report, view.rows))]
    parts += [Text("")] if report.warnings else []
    parts += [hanging(f"note: {note}", width) for note in report.warnings]
    return render(Group(*parts), width=view.width, color=view.color)


def _table(report: LevelReport, width: int) -> RenderableType:
    rows = [cells(level, report) for level in report.levels]
    narrow = stacked_table(COLUMNS, rows, NUMBERS, width)
    if narrow:
        return Text(narrow.rstrip("\n"))
    table = plain_table(width, *COLUMNS, numbers=NUMBERS)
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(*row)
    return table


def _lines(level: Level, before: Level, most: int | None) -> Iterator[str]:
    if level.not_taken:
        yield f"not taken: {level.not_taken}"
        return
    shown = level.steps if most is None else level.steps[:most]
    yield from (step_text(step) for step in shown)
    if len(level.steps) > len(shown):
        yield f"and {len(level.steps) - len(shown)} more (use --all)"
    yield from (f"not taken: {step_text(step)}" for step in level.rejected)
    if level.changes:
        yield from (f"not provided: {line}" for line in lacking_lines(level, before))
        yield from (f"note: {note}" for note in level.warnings)
