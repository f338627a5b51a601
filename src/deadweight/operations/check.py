"""check(): a target and a budget → what each rule found."""

from __future__ import annotations

from deadweight import __version__
from deadweight.budget import Budget, check_budget, judge
from deadweight.budget.growth import check_baseline, check_method
from deadweight.errors import BadInput
from deadweight.model.report import Report
from deadweight.model.report.check import CheckReport
from deadweight.operations.profile import profile, read_report
from deadweight.progress import Observer, silent
from deadweight.settings import Settings, refuse
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.types import SavedReport


def check(
    target: TargetLike,
    budget: Budget,
    settings: Settings | None = None,
    *,
    observe: Observer = silent,
) -> CheckReport:
    """Measure a target, or read a saved report, and judge it by a budget.

    returns: what each rule found; ``holds`` and ``exit_code`` sum it up
    raises:  BadInput (and its kinds) for a budget without a rule and for a baseline that cannot be compared, before
             anything is measured where possible; what ``profile`` raises
    """
    check_budget(budget)
    parsed = parse_target(target)
    path = budget.baseline or ""
    baseline = baseline_of(path, settings or Settings(), observe) if path else None
    if baseline and not isinstance(parsed, SavedReport):
        check_baseline(path, baseline, parsed.kind)
    report = profile(parsed, settings, observe=observe, lighter=False)
    if baseline:
        check_baseline(path, baseline, report.target.kind)
        check_method(path, baseline, report)
    results = judge(report, budget, baseline)
    return CheckReport(
        version=__version__,
        target=report.target,
        baseline=budget.baseline,
        holds=all(result.status != "fail" for result in results),
        results=results,
        skipped=report.skipped,
    )


def baseline_of(path: str, settings: Settings, observe: Observer) -> Report:
    """Return the report to compare with: a saved one, or of ``REV:PATH``, which is measured; raises as ``diff``."""
    if ":" in path:  # a session is not needed to read a report
        from deadweight.operations.diff import report_of_side, side_in_git
        from deadweight.operations.session import Session

        with Session(observe=observe) as session:
            if side := side_in_git(path, session):
                refuse(settings, ("keep_env",), "the environment of the baseline would be kept in the same directory")
                return side.hiding.in_value(report_of_side(side, settings, session))
    return read_baseline(path)


def read_baseline(path: str) -> Report:
    """Read the report to compare with; raises BadInput, or BadReport for an invalid report or another schema."""
    try:
        return read_report(path)
    except BadInput as error:
        hint = error.hint or "save one with deadweight TARGET --format json -o FILE"
        raise type(error)(f"baseline: {error.cause}", hint=hint) from error
