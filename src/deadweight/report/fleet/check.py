"""FleetCheckReport → text, JSON, GitHub's workflow commands, SARIF."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from deadweight.model.report.check import CheckReport
from deadweight.model.report.fleet.check import FleetCheckReport
from deadweight.report.check.github import command
from deadweight.report.check.sarif import sarif_log
from deadweight.report.check.sentences import breaches, rule_text
from deadweight.report.check.text import result_lines
from deadweight.report.units import counted
from deadweight.untrusted import plain
from deadweight.wording import listed

_MOST_PATTERNS = 5


def render_fleet_check(report: FleetCheckReport, form: str) -> str:
    """Return the result in a format of ``CHECK_FORMATS``."""
    return _RENDERERS[form](report)


def as_text(report: FleetCheckReport) -> str:
    """Return each target in which a rule failed, with its results, and the verdict as the last lines."""
    lines: list[str] = []
    for target in report.targets:
        if not target.holds:
            lines += [plain(target.target.location), *(f"  {line}" for line in result_lines(target)), ""]
    return "\n".join([*lines, *_verdict(report)]) + "\n"


def as_github(report: FleetCheckReport) -> str:
    """Return an error for each failure, and a notice with the verdict; every line is a command."""
    lines = [line for target in report.targets for line in _commands(target)]
    return "\n".join([*lines, command("notice", {"title": "deadweight"}, " ".join(_verdict(report)))]) + "\n"


def _commands(target: CheckReport) -> Iterator[str]:
    name = plain(target.target.location)
    for result in target.results:
        if result.status == "fail":
            for _, text in breaches(result):
                title = f"deadweight: {rule_text(result)} ({result.code})"
                yield command("error", {"title": title}, f"{name}: {text}")


def as_sarif(report: FleetCheckReport) -> str:
    """Return SARIF 2.1.0 with a result for each failure; the location is the name of the target."""
    return sarif_log(report.targets, report.version, report.exit_code, report.never_measured)


def as_json(report: FleetCheckReport) -> str:
    """Return the result as JSON, schema ``deadweight.fleet-check/1``."""
    return report.to_json()


def _verdict(report: FleetCheckReport) -> Iterator[str]:
    yield f"{plain(report.fleet)} {_outcome(report)}"
    if report.without_budget:
        yield f"{counted(report.without_budget, 'target')} without a budget"
    if report.never_measured:
        names = listed((plain(each.name) for each in report.never_measured), _MOST_PATTERNS)
        yield f"never measured: {names}"
    if report.unmatched:
        yield f"patterns that match no target: {listed(map(plain, report.unmatched), _MOST_PATTERNS)}"


def _outcome(report: FleetCheckReport) -> str:
    """Return the verdict; without a breach, targets that were never measured leave it open."""
    judged, never = len(report.targets), len(report.never_measured)
    failed = sum(not target.holds for target in report.targets)
    failures = f"{failed:,} of {counted(judged, 'target')} failed"
    if any(_is_breach(target) for target in report.targets):
        return f"is over its budgets: {failures}"
    if never:
        missing = f"{never:,} of {counted(judged + never, 'target')} {'was' if never == 1 else 'were'} never measured"
        return f"is not decided: {missing}{f', and {failed:,} of the other {judged:,} failed' if judged else ''}"
    return f"could not be checked completely: {failures}" if failed else f"is within its budgets: {failures}"


def _is_breach(target: CheckReport) -> bool:
    return any(result.status == "fail" and not result.incomplete for result in target.results)


_RENDERERS: Mapping[str, Callable[[FleetCheckReport], str]] = {
    "text": as_text, "json": as_json, "github": as_github, "sarif": as_sarif,
}  # fmt: skip
CHECK_FORMATS = tuple(_RENDERERS)
