"""LevelReport → CSV (RFC 4180): a row for each level, sizes in bytes without the base."""

from __future__ import annotations

from deadweight.model.report.levels import Level, LevelReport
from deadweight.model.report.rows import Value
from deadweight.report.as_csv import table_of
from deadweight.report.view import View

_COLUMNS = (
    "level", "apparent_bytes", "saved_bytes", "download_bytes", "requirement_lines", "code_lines", "risk", "verified",
    "not_taken",
)  # fmt: skip


def as_csv(report: LevelReport, view: View) -> str:
    """Return all levels, whatever the view."""
    return table_of(_COLUMNS, map(_values, report.levels))


def _values(level: Level) -> tuple[Value, ...]:
    return (
        level.name,
        level.apparent_bytes,
        level.saved_bytes,
        level.download_bytes,
        level.effort.requirement_lines,
        level.effort.code_lines,
        level.risk,
        level.verified,
        level.not_taken,
    )
