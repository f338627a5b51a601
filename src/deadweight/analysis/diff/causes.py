"""Two reports and the distributions that differ → the direct requirements that explain each.

A requirement that was itself added, removed or changed explains more than one that stayed. So those that stayed count
only where no other leads to a distribution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deadweight.graph.holding import holders
from deadweight.graph.reported import graph_of
from deadweight.model.report import Report
from deadweight.model.report.diff import Cause, RequirementStatus, Status

_MOST = 20  # causes of one difference
# Of what differs otherwise, no requirement is the cause: another wheel of the same version, say.
_CAUSED = ("added", "removed", "changed")


def causes_of(statuses: Mapping[str, Status], old: Report, new: Report) -> dict[str, tuple[Cause, ...]]:
    """Return key → its causes, the requirement with the largest closure first.

    A distribution that is itself a direct requirement has itself as its cause. Else they are the direct requirements
    that lead to it: in the new report if it was added, in the old one if it was removed, in either if its version
    changed.
    """
    caused = [key for key, status in statuses.items() if status in _CAUSED]
    if not caused:
        return {}
    changes = _requirements(old, new)
    ranks = [
        [key for key, change in changes.items() if change != "unchanged"],
        [key for key, change in changes.items() if change == "unchanged"],
    ]
    order = {key: number for number, key in enumerate(changes)}
    leading = [(_leading(old, rank), _leading(new, rank)) for rank in ranks]
    causes: dict[str, tuple[Cause, ...]] = {}
    for key in caused:
        differing, others = ({name for side in pair for name in side.get(key, ())} for pair in leading)
        keys = [key] if key in changes else sorted(differing or others, key=order.__getitem__)
        causes[key] = tuple(Cause(key=each, change=changes[each]) for each in keys[:_MOST])
    return causes


def _requirements(old: Report, new: Report) -> dict[str, RequirementStatus]:
    """Return the direct requirements of both reports and what happened to each, the largest closure first."""
    keys = {*old.requested, *new.requested}

    def closure(key: str) -> int:
        return max(report.rows[key].closure_bytes for report in (old, new) if key in report.rows)

    ordered = sorted(keys, key=lambda key: (-closure(key), key))
    return {key: _change(key, old, new) for key in ordered}


def _change(key: str, old: Report, new: Report) -> RequirementStatus:
    before, after = old.rows.get(key), new.rows.get(key)
    if before is None or not before.direct:
        return "added"
    if after is None or not after.direct:
        return "removed"
    return "unchanged" if (before.version, before.extras) == (after.version, after.extras) else "changed"


def _leading(report: Report, keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return distribution → the first of some direct requirements that lead to it, in their order."""
    graph = graph_of(report)
    roots = {root.key: root for root in graph.direct}
    found = holders(graph, [roots[key] for key in keys if key in roots], _MOST)
    return {key: holding.names for key, holding in found.items()}
