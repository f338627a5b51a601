"""LevelReport → Markdown for a pull request: the table of the levels, and the steps to unfold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from deadweight.model.report.levels import Level, LevelReport
from deadweight.report.gfm import code, details, escaped, table
from deadweight.report.levels.phrases import COLUMNS, NUMBERS, cells, goal_lines, lacking_lines, step_text, title
from deadweight.report.units import human
from deadweight.report.view import View


def as_markdown(report: LevelReport, view: View) -> str:
    """Return the plan in GitHub's Markdown."""
    base = report.base_bytes or 0
    sizes = [human(level.apparent_bytes + base) for level in report.levels if level.apparent_bytes is not None]
    lines = [f"### {escaped(report.target.location)}: {sizes[0]} today, {sizes[-1]} at the last level", ""]
    rows = [list(cells(level, report)) for level in report.levels]
    header = [f">{name}" if name in NUMBERS else name for name in COLUMNS]
    lines += table(header, ([code(row[0]), *map(escaped, row[1:])] for row in rows))
    for before, level in pairwise(report.levels):
        items = [f"- {escaped(line)}" for line in _items(level, before)]
        if items:
            lines += details(f"{level.name}: {title(level)}", items)
    if report.goal:
        texts = goal_lines(report.goal, report)
        lines += [
            "",
            *(f"- {escaped(text.strip())}" if text.startswith(" ") else f"\n{escaped(text)}\n" for text in texts),
        ]
    lines += ["", *(f"> {escaped(note)}" for note in report.warnings)] if report.warnings else []
    return "\n".join(lines) + "\n"


def _items(level: Level, before: Level) -> Iterator[str]:
    if level.not_taken:
        yield f"not taken: {level.not_taken}"
        return
    yield from map(step_text, level.steps)
    yield from (f"not taken: {step_text(step)}" for step in level.rejected)
    if level.changes:
        yield from (f"not provided: {line}" for line in lacking_lines(level, before))
        yield from (f"note: {note}" for note in level.warnings)
