"""Suggested limits → the table of pyproject.toml that sets them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from deadweight.budget.suggesting import Suggestion
from deadweight.model.report import Report
from deadweight.report.units import human
from deadweight.untrusted import plain


def suggestion_toml(suggestions: Iterable[Suggestion], report: Report) -> str:
    """Return limits as TOML, each with today's size in a comment."""
    lines = [f"# {plain(report.target.location)}: today's sizes and 10 %"]
    if report.totals.unmeasured or report.exit_code:
        lines.append("# incomplete: something could not be measured, so the limits may be too small")
    lines.append("[tool.deadweight.budget]")
    for each in suggestions:
        value = json.dumps(each.value)
        lines.append(f"{each.key} = {value}" + (f"  # {human(each.today)}" if each.today is not None else ""))
    return "\n".join(lines) + "\n"
