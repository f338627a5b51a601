"""fleet_check(): the file of a fleet and budgets by pattern → what the rules found in each target."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from deadweight import __version__
from deadweight.budget import RULES, Budget, judge
from deadweight.errors import BadInput, abridged
from deadweight.fleet.patterns import Limits, Patterns
from deadweight.model.report import Report
from deadweight.model.report.check import CheckReport, Remedy, Result
from deadweight.model.report.fleet.check import FleetCheckReport
from deadweight.model.tree import Skipped
from deadweight.operations.fleet.reporting import FleetScope, runs_of
from deadweight.progress import Observer, Progress, silent
from deadweight.settings import check_budget_limits
from deadweight.sources.fleet.files import reading
from deadweight.sources.fleet.stored import State, states, stored_report

_EACH = {rule.code for rule in RULES if rule.each}
_GROWTH = next(rule for rule in RULES if rule.key == "max-growth")


def fleet_check(
    path: str,
    budgets: Mapping[str, Limits],
    everywhere: Mapping[str, Any] = {},
    scope: FleetScope | None = None,
    *,
    observe: Observer = silent,
) -> FleetCheckReport:
    """Judge every target of a fleet by the budget that its name has.

    budgets:    pattern → keyword arguments for Budget, such as ``{"registry:*/team-a/*": {"max": "500MB"}}``
    everywhere: the same for all targets; it replaces limits of patterns
    scope:      the state to judge, and the one that growth is compared with
    raises:     BadFleet, FleetFailed; BadInput without any budget or target that has one, BadConfig for an invalid one
    """
    patterns = _patterns(budgets, everywhere)
    with reading(path) as connection:
        # One transaction, so that both states are of one moment while others write.
        connection.execute("BEGIN")
        run, before = runs_of(connection, path, scope or FleetScope())
        earlier = _results_by_name(connection, before) if patterns.has_growth else {}
        judged = _judged(connection, states(connection, run), earlier, patterns, observe)
    if not judged.checks and not judged.never_measured:
        raise BadInput(
            f"{path}: no target has a budget",
            hint="correct the patterns of the budgets, or give limits such as --max 500MB" if judged.without else "",
        )
    return FleetCheckReport(
        version=__version__,
        fleet=path,
        run=run,
        before=before,
        holds=all(check.holds for check in judged.checks),
        targets=tuple(judged.checks),
        without_budget=judged.without,
        never_measured=tuple(judged.never_measured),
        unmatched=tuple(patterns.unmatched),
    )


class _Judged(NamedTuple):
    """What was judged, which targets with a budget have no result, and how many have no budget."""

    checks: list[CheckReport]
    never_measured: list[Skipped]
    without: int


def _patterns(budgets: Mapping[str, Limits], everywhere: Limits) -> Patterns:
    """Return the budgets by pattern; an invalid one is an error even if it matches no target."""
    given = {f"the budget of {abridged(pattern)}": limits for pattern, limits in budgets.items()}
    given["everywhere"] = everywhere
    for location, limits in given.items():
        check_budget_limits(limits, location)
    if not any(any(limits.values()) for limits in given.values()):
        raise BadInput(
            "the fleet has no budget",
            hint='set limits in [tool.deadweight.fleet."PATTERN"], or give limits such as --max 500MB',
        )
    return Patterns(budgets, everywhere)


def _results_by_name(connection: sqlite3.Connection, run: int | None) -> dict[str, int | None]:
    return {} if run is None else {state.name: state.result for state in states(connection, run)}


def _judged(
    connection: sqlite3.Connection,
    targets: Sequence[State],
    earlier: Mapping[str, int | None],
    patterns: Patterns,
    observe: Observer,
) -> _Judged:
    """Judge each target that has a budget and a result."""
    checks, never_measured, without = [], [], 0
    for number, state in enumerate(targets):
        observe(Progress("measuring", state.name, done=number, total=len(targets)))
        limits = patterns.limits_of(state.name)
        if not any(limits.values()):
            without += 1
        elif state.result is None:
            never_measured.append(Skipped(state.name, state.failure or "", state.exit_code))
        else:
            checks.append(_check(connection, state, limits, earlier.get(state.name)))
    return _Judged(checks, never_measured, without)


def _check(connection: sqlite3.Connection, state: State, limits: Mapping[str, Any], earlier: int | None) -> CheckReport:
    """Judge a target. Its distributions and findings are read only for rules about them, and for causes of a breach."""
    assert state.result is not None
    budget = Budget(**limits)
    parts = (budget.max_package, budget.deny, budget.deny_group, budget.deny_finding, budget.max_finding)
    whole = any(parts)
    results = _results(connection, state, budget, earlier, whole=whole)
    if not whole and any(result.status == "fail" for result in results):
        results = _results(connection, state, budget, earlier, whole=True)
    report = stored_report(connection, state.name, state.result, whole=False)
    failed = (Skipped(state.name, f"{state.failure}; judged by an earlier result", state.exit_code),)
    return CheckReport(
        version=__version__,
        target=report.target,
        baseline=None,
        holds=all(result.status != "fail" for result in results),
        results=tuple(results),
        skipped=(*report.skipped, *(failed if state.failure else ())),
    )


def _results(
    connection: sqlite3.Connection, state: State, budget: Budget, earlier: int | None, *, whole: bool
) -> list[Result]:
    assert state.result is not None
    report = stored_report(connection, state.name, state.result, whole=whole)
    if budget.max_growth is None:
        return [_honest(result, report) for result in judge(report, budget)]
    baseline = None if earlier is None else stored_report(connection, state.name, earlier, whole=whole)
    reason = _not_comparable(report, baseline)
    if not reason:
        return [_honest(result, report) for result in judge(report, budget, baseline)]
    limit = next(budget.limits(_GROWTH))
    skipped = Result(code=_GROWTH.code, rule=_GROWTH.key, status="skip", limit=limit.text, reason=reason)
    results = judge(report, replace(budget, max_growth=None))
    return sorted([*(_honest(result, report) for result in results), skipped], key=lambda result: result.code)


def _not_comparable(report: Report, baseline: Report | None) -> str:
    """Return why growth cannot be judged, "" if it can."""
    if baseline is None:
        return "the fleet has no earlier result of this target"
    if (baseline.target.kind, baseline.target.method) != (report.target.kind, report.target.method):
        return "the earlier result was measured in another way"
    return "the earlier result is incomplete" if baseline.totals.unmeasured else ""


def _honest(result: Result, report: Report) -> Result:
    """Replace remedies that follow from requirements between distributions: the file does not have these."""
    if result.status != "fail" or result.code not in _EACH:
        return result
    return replace(result, remedies=tuple(dict.fromkeys(_remedies(result, report))))


def _remedies(result: Result, report: Report) -> Iterator[Remedy]:
    for remedy in result.remedies:
        if remedy.saves_bytes is not None:
            yield remedy
        else:
            yield Remedy(action=f"find out what requires it: deadweight why NAME {report.target.location}")
