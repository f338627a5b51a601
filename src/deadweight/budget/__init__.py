"""Report and budget → what each rule found, with the causes of a breach and the ways out. Pure, on values.

limits.py     texts ↔ limits          values.py      the budget
rules.py      the table of rules      sizes.py, growth.py, contents.py, findings.py   how they judge
causes.py     what a breach is made of, and who is to blame
remedies.py   the ways out            suggesting.py  a budget for what was measured
"""

from __future__ import annotations

from deadweight.budget.limits import Limit
from deadweight.budget.outcomes import Case, Outcome
from deadweight.budget.rules import RULES, Rule
from deadweight.budget.values import Budget, check_budget
from deadweight.model.report import Report
from deadweight.model.report.check import Result

__all__ = ["RULES", "Budget", "Rule", "check_budget", "judge"]

_MOST_CAUSES = {True: 10, False: 5}  # of a rule that each cause breaches alone, and of the others


def judge(report: Report, budget: Budget, baseline: Report | None = None) -> tuple[Result, ...]:
    """Return what each rule of a budget found, in the order of ``RULES``.

    A rule that holds for what was measured fails if something could not be measured: a part is no proof.

    baseline: the report that growth is compared with; required if the budget limits growth
    """
    case = Case(report=report, baseline=baseline)
    return tuple(_result(rule, limit, case) for rule in RULES for limit in budget.limits(rule))


def _result(rule: Rule, limit: Limit, case: Case) -> Result:
    outcome = rule.judge(limit, case)
    if outcome.status == "pass" and case.unmeasured and not rule.partial:
        outcome = Outcome(
            status="fail", limit_bytes=outcome.limit_bytes, value_bytes=outcome.value_bytes, incomplete=True,
            reason=f"incomplete: {case.unmeasured}",
        )  # fmt: skip
    most = _MOST_CAUSES[rule.each]
    return Result(
        code=rule.code,
        rule=rule.key,
        status=outcome.status,
        limit=limit.text,
        limit_bytes=outcome.limit_bytes,
        value_bytes=outcome.value_bytes,
        incomplete=outcome.incomplete,
        reason=outcome.reason,
        causes=outcome.causes[:most],
        causes_left_out=max(0, len(outcome.causes) - most),
        remedies=outcome.remedies,
    )
