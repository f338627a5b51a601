"""CheckReport → text: a line for each rule, the causes and ways out of failures, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from deadweight.model.report.check import CheckReport, Result
from deadweight.report.check.sentences import cause_text, finding_text, remedy_text, rule_text, verdict_text

_INDENT = " " * 6


def check_text(report: CheckReport) -> str:
    """Return the result; its last line is the verdict."""
    return "\n".join([*result_lines(report), verdict_text(report)]) + "\n"


def result_lines(report: CheckReport) -> list[str]:
    """Return the lines of all rules, without the verdict."""
    width = max((len(rule_text(result)) for result in report.results), default=0)
    return [line for result in report.results for line in _lines(result, min(width, 24))]


def _lines(result: Result, width: int) -> Iterator[str]:
    yield f"{result.status.upper()}  {rule_text(result).ljust(width)}  {finding_text(result)}"
    yield from (f"{_INDENT}{cause_text(cause)}" for cause in result.causes)
    if result.causes_left_out:
        yield f"{_INDENT}and {result.causes_left_out:,} more"
    yield from (f"{_INDENT}fix: {remedy_text(remedy)}" for remedy in result.remedies)
