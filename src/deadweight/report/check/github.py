"""CheckReport → workflow commands of GitHub Actions, which annotate the lines of requirements.

source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions; escaping as in
        actions/toolkit, packages/core/src/command.ts
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deadweight.model.report.check import CheckReport, Result
from deadweight.report.check.sentences import breaches, rule_text, verdict_text
from deadweight.untrusted import plain

_IN_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
_LEVELS = {"fail": "error", "skip": "warning"}


def check_github(report: CheckReport) -> str:
    """Return an error for each failure, a warning for each rule that was skipped, and a notice with the verdict.

    Every line is a command, so that no name can start one.
    """
    commands = [line for result in report.results if result.status in _LEVELS for line in _commands(result)]
    return "\n".join([*commands, command("notice", {"title": "deadweight"}, verdict_text(report))]) + "\n"


def _commands(result: Result) -> Iterator[str]:
    """Yield a command for each place to blame; without one, a command that belongs to no line."""
    title = f"deadweight: {rule_text(result)} ({result.code})"
    for place, text in breaches(result):
        file, line = (place.file, place.line) if place else ("", None)
        properties = {"file": plain(file), "line": str(line or ""), "title": title}
        yield command(_LEVELS[result.status], properties, text)


def command(level: str, properties: Mapping[str, str], text: str) -> str:
    """Return a workflow command."""
    listed = ",".join(f"{name}={value.translate(_IN_PROPERTY)}" for name, value in properties.items() if value)
    return f"::{level} {listed}::{text.translate(_IN_TEXT)}"
