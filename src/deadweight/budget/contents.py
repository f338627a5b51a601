"""How the rules judge that forbid distributions."""

from __future__ import annotations

from fnmatch import fnmatchcase

from deadweight.budget.causes import cause_of
from deadweight.budget.limits import Limit
from deadweight.budget.outcomes import Case, Outcome
from deadweight.budget.remedies import for_rows
from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.model.report import Row
from deadweight.model.report.check import Cause
from deadweight.wording import listed

_MOST_NAMES = 5


def denied(limit: Limit, case: Case) -> Outcome:
    """Judge whether a project is in the target, by its name or a pattern."""
    rows = [row for row in case.report.distributions if fnmatchcase(normalize(row.name), limit.text)]
    # What is required and could not be measured is there all the same.
    projects = [each for each in case.report.skipped if is_name(each.name)]  # others are files, or parts of the target
    unmeasured = [each for each in projects if fnmatchcase(normalize(each.name), limit.text)]
    missing = tuple(Cause(name=each.name, note="could not be measured") for each in unmeasured)
    return _forbidden(rows, case, missing)


def denied_group(limit: Limit, case: Case) -> Outcome:
    """Judge whether distributions of a group are in the target. What is not certain does not count, but is listed."""
    rows = [row for row in case.report.distributions if row.group == limit.text and row.sure]
    unsure = [row.key for row in case.report.distributions if row.group == limit.text and not row.sure]
    reason = f"uncertain, and not counted: {listed(unsure, _MOST_NAMES)}" if unsure else ""
    return _forbidden(rows, case, reason=reason)


def _forbidden(rows: list[Row], case: Case, others: tuple[Cause, ...] = (), reason: str = "") -> Outcome:
    if not rows and not others:
        return Outcome(status="pass", reason=reason)
    rows = sorted(rows, key=lambda row: (-row.apparent_bytes, row.key))
    causes = (*(cause_of(row, case.blame, size=row.apparent_bytes) for row in rows), *others)
    return Outcome(status="fail", reason=reason, causes=causes, remedies=for_rows(case.report, rows, case.blame))
