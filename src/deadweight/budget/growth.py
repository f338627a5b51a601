"""How growth since a baseline is judged, and what a baseline must be."""

from __future__ import annotations

from deadweight.budget.causes import Blame, cause_of
from deadweight.budget.limits import Limit
from deadweight.budget.outcomes import Case, Outcome, at_most
from deadweight.budget.remedies import for_size
from deadweight.errors import BadInput
from deadweight.model.report import Report, Row
from deadweight.model.report.check import Cause


def growth(limit: Limit, case: Case) -> Outcome:
    """Judge how much larger the target is than the baseline; a smaller one complies with every limit."""
    report, baseline = case.report, case.baseline
    if baseline is None:
        raise BadInput("max-growth needs a baseline", hint="give a saved JSON report with --baseline FILE")
    before = baseline.totals.apparent_bytes
    grown, most = report.totals.apparent_bytes - before, limit.of(before)
    reason = "; ".join(filter(None, (_conditions(report, baseline), case.estimated)))
    return at_most(
        grown, most, lambda: _grown(report, baseline), lambda: for_size(report, grown - most, case.blame), reason
    )


def check_baseline(path: str, baseline: Report, kind: str) -> None:
    """Refuse a baseline that nothing of a kind can be compared with; raises BadInput."""
    if baseline.target.kind != kind:
        raise BadInput(
            f"{path}: the baseline is a report of {_KINDS[baseline.target.kind]}, and the target is {_KINDS[kind]}",
            hint="save a report of the same target with --format json",
        )
    if baseline.totals.unmeasured or baseline.exit_code:
        raise BadInput(f"{path}: the baseline is incomplete", hint="save a report that could measure everything")


def check_method(path: str, baseline: Report, report: Report) -> None:
    """Refuse a baseline that was measured in another way: bytecode alone makes a difference; raises BadInput."""
    if baseline.target.method != report.target.method:
        raise BadInput(
            f"{path}: the baseline was measured {_METHODS[baseline.target.method]},"
            f" and the target {_METHODS[report.target.method]}",
            hint="measure both in the same way: with --install, or with --no-install",
        )


_METHODS = {"files": "from files", "install": "by installing it", "wheels": "from archives"}
_KINDS = {
    "requirements": "requirements", "environment": "an environment", "image": "an image", "container": "a container",
}  # fmt: skip


def _conditions(report: Report, baseline: Report) -> str:
    """Return what else differs and may explain the growth, "" for nothing."""
    pairs = {
        "Python": (baseline.environment.python, report.environment.python),
        "platform": (baseline.environment.platform, report.environment.platform),
    }
    changed = [f"{name} {old} → {new}" for name, (old, new) in pairs.items() if old and new and old != new]
    return f"measured for another {' and '.join(changed)}" if changed else ""


def _grown(report: Report, baseline: Report) -> tuple[Cause, ...]:
    """Return what came or grew, what grew most first. A requirement that changed itself is most to blame."""
    changes = {row.key: _change(row, baseline) for row in report.distributions}
    blame = Blame(report, first={key for key, change in changes.items() if change})
    causes = [
        cause_of(row, blame, size=row.apparent_bytes, before=_before(row, baseline), note=changes[row.key])
        for row in report.distributions
        if row.apparent_bytes > _before(row, baseline)
    ]
    unowned, unowned_before = report.totals.unowned_bytes, baseline.totals.unowned_bytes
    if unowned > unowned_before:
        causes.append(Cause(name=None, size_bytes=unowned, before_bytes=unowned_before))
    return tuple(sorted(causes, key=lambda each: ((each.before_bytes or 0) - (each.size_bytes or 0), each.name or "")))


def _before(row: Row, baseline: Report) -> int:
    before = baseline.rows.get(row.key)
    return before.apparent_bytes if before else 0


def _change(row: Row, baseline: Report) -> str:
    """Return how a distribution differs from that of the baseline, "" if only its size may differ."""
    before = baseline.rows.get(row.key)
    if before is None:
        return "new"
    if before.version != row.version:
        return f"was {before.version or 'of an unknown version'}"
    return "new as a direct requirement" if row.direct and not before.direct else ""
