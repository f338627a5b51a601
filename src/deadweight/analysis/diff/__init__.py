"""Two reports → their difference: what came, went, changed version, grew or shrank, and because of which requirement.

causes.py     direct requirements that explain a difference
conditions.py what else may explain it: another Python, platform or way to measure
"""

from __future__ import annotations

from deadweight import __version__
from deadweight.analysis.diff.causes import causes_of
from deadweight.analysis.diff.conditions import condition_notes
from deadweight.model import GROUPS
from deadweight.model.groups import Group
from deadweight.model.report import Report
from deadweight.model.report.diff import (
    Copy,
    Diff,
    Difference,
    DistributionDifference,
    GroupDifference,
    ReportFacts,
    Status,
    TotalsDifference,
)
from deadweight.model.report.sizes import known_sum


def compare(old: Report, new: Report) -> Diff:
    """Return the difference between two reports, whose distributions are matched by key.

    raises: BadReport if the parts of a report contradict each other
    """
    for report in (old, new):
        report.validate()
    differing = tuple(_differing(old, new))
    return Diff(
        version=__version__,
        old=_facts(old),
        new=_facts(new),
        totals=_totals(old, new),
        groups={group: _group(group, old, new) for group in GROUPS},
        distributions=differing,
        unchanged=len({*old.rows, *new.rows}) - len(differing),
        warnings=tuple(condition_notes(old, new)),
    )


def _facts(report: Report) -> ReportFacts:
    return ReportFacts(
        version=report.version,
        target=report.target,
        environment=report.environment,
        skipped=report.skipped,
        warnings=report.warnings,
    )


def _differing(old: Report, new: Report) -> list[DistributionDifference]:
    """Return the distributions that differ, the largest change first."""
    statuses = {key: status for key in {*old.rows, *new.rows} if (status := _status(key, old, new))}
    causes = causes_of(statuses, old, new)
    found = []
    for key, status in statuses.items():
        before, after = _copy(old, key), _copy(new, key)
        found.append(
            DistributionDifference(
                key=key,
                name=(new.rows.get(key) or old.rows[key]).name,
                status=status,
                old=before,
                new=after,
                change_bytes=(after.apparent_bytes if after else 0) - (before.apparent_bytes if before else 0),
                download_change_bytes=_between(_download(before), _download(after)).change,
                because=causes.get(key, ()),
            )
        )
    return sorted(found, key=lambda each: (-abs(each.change_bytes), -abs(each.download_change_bytes or 0), each.key))


def _status(key: str, old: Report, new: Report) -> Status | None:
    """Return in what a distribution differs; None if it does not."""
    before, after = old.rows.get(key), new.rows.get(key)
    if before is None or after is None:
        other, row = (old, after) if before is None else (new, before)
        if row is not None and row.name in {skipped.name for skipped in other.skipped}:
            return "unmeasured"
        return "added" if before is None else "removed"
    if before.version != after.version:
        return "changed"
    if before.apparent_bytes != after.apparent_bytes or before.download_bytes != after.download_bytes:
        return "resized"
    return "moved" if before.group != after.group else None


def _copy(report: Report, key: str) -> Copy | None:
    row = report.rows.get(key)
    if row is None:
        return None
    return Copy(
        version=row.version,
        group=row.group,
        direct=row.direct,
        apparent_bytes=row.apparent_bytes,
        download_bytes=row.download_bytes,
        estimated=row.archive is not None and row.archive.estimated,
    )


def _download(copy: Copy | None) -> int | None:
    """Return the bytes to download: none for a distribution that is not there."""
    return copy.download_bytes if copy else 0


def _between(old: int | None, new: int | None) -> Difference:
    return Difference(old=old, new=new, change=None if old is None or new is None else new - old)


def _totals(old: Report, new: Report) -> TotalsDifference:
    before, after = old.totals, new.totals
    of_images = old.image or new.image
    return TotalsDifference(
        distributions=_between(before.distributions, after.distributions),
        files=_between(before.files, after.files),
        apparent_bytes=_between(before.apparent_bytes, after.apparent_bytes),
        bytecode_bytes=_between(before.bytecode_bytes, after.bytecode_bytes),
        unowned_bytes=_between(old.unowned.apparent_bytes, new.unowned.apparent_bytes),
        download_bytes=_between(before.download_bytes, after.download_bytes),
        shipped_bytes=_between(*map(_shipped, (old, new))) if of_images else None,
        wasted_bytes=_between(*map(_wasted, (old, new))) if of_images else None,
    )


def _shipped(report: Report) -> int | None:
    return report.image.shipped_bytes if report.image else None


def _wasted(report: Report) -> int | None:
    return report.image.wasted_bytes if report.image else None


def _group(group: Group, old: Report, new: Report) -> GroupDifference:
    before, after = ([row for row in report.distributions if row.group == group] for report in (old, new))
    return GroupDifference(
        distributions=_between(len(before), len(after)),
        apparent_bytes=_between(*(sum(row.apparent_bytes for row in rows) for rows in (before, after))),
        download_bytes=_between(*(known_sum(row.download_bytes for row in rows) for rows in (before, after))),
    )
