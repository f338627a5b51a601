"""LevelReport → one self-contained HTML file: tables alone, without a script."""

from __future__ import annotations

from itertools import pairwise

from deadweight.model.report.levels import Level, LevelReport
from deadweight.report.html.templates import rendered
from deadweight.report.levels.phrases import COLUMNS, NUMBERS, cells, goal_lines, lacking_lines, step_text, title
from deadweight.report.view import DEFAULT, View


def as_html(report: LevelReport, view: View = DEFAULT) -> str:
    """Return the plan as HTML, with all steps whatever the view."""
    return rendered(
        "levels.html.j2",
        version=report.version,
        filters={"step_text": step_text, "title": title},
        report=report,
        columns=COLUMNS,
        numbers=NUMBERS,
        rows=[(level, cells(level, report)) for level in report.levels],
        levels=[(level, _lacking(level, before)) for before, level in pairwise(report.levels) if _has_lines(level)],
        goal=list(goal_lines(report.goal, report)) if report.goal else [],
        least=next(level for level in reversed(report.levels) if not level.not_taken),
    )


def _lacking(level: Level, before: Level) -> list[str]:
    return list(lacking_lines(level, before)) if level.changes else []


def _has_lines(level: Level) -> bool:
    return bool(level.steps or level.rejected or level.not_taken)
