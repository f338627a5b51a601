"""How the rules judge that limit a size of the target."""

from __future__ import annotations

from deadweight.budget.causes import cause_of, largest
from deadweight.budget.limits import Limit
from deadweight.budget.outcomes import Case, Outcome, at_most
from deadweight.budget.remedies import for_download, for_large, for_size
from deadweight.errors import abridged
from deadweight.model.report import ImageReport
from deadweight.model.report.check import Cause, Remedy

_LONGEST_COMMAND = 60


def total(limit: Limit, case: Case) -> Outcome:
    """Judge the size of all files."""
    report, most = case.report, limit.of(0)
    value = report.totals.apparent_bytes
    return at_most(
        value, most, lambda: _contents(case), lambda: for_size(report, value - most, case.blame), case.estimated
    )


def _contents(case: Case) -> tuple[Cause, ...]:
    """Return the distributions and the files that none owns, the largest first."""
    unowned = Cause(name=None, size_bytes=case.report.totals.unowned_bytes)
    owned = largest(case.report, case.blame, lambda row: row.apparent_bytes)
    causes = (*owned, *((unowned,) if unowned.size_bytes else ()))
    return tuple(sorted(causes, key=lambda cause: -(cause.size_bytes or 0)))


def largest_distribution(limit: Limit, case: Case) -> Outcome:
    """Judge the size of each distribution."""
    report, most = case.report, limit.of(0)
    value = max((row.apparent_bytes for row in report.distributions), default=0)
    over = [row for row in report.distributions if row.apparent_bytes > most]
    over.sort(key=lambda row: (-row.apparent_bytes, row.key))
    causes = tuple(cause_of(row, case.blame, size=row.apparent_bytes) for row in over)
    return at_most(value, most, lambda: causes, lambda: for_large(report, over, case.blame), case.estimated)


def download(limit: Limit, case: Case) -> Outcome:
    """Judge the size of the archives; only requirements have archives to download."""
    report, most = case.report, limit.of(0)
    value = report.totals.download_bytes
    if report.target.kind != "requirements":
        return Outcome(status="skip", limit_bytes=most, reason=f"{_ARTICLE[report.target.kind]} downloads nothing")
    if value is None:
        reason = "the sizes of the archives are unknown; they are known with --no-install"
        return Outcome(status="fail", limit_bytes=most, incomplete=True, reason=reason)
    return at_most(
        value,
        most,
        lambda: largest(report, case.blame, lambda row: row.download_bytes),
        lambda: for_download(report, value - most),
    )


_ARTICLE = {"environment": "an environment", "image": "an image", "container": "a container"}


def wasted(limit: Limit, case: Case) -> Outcome:
    """Judge the files that later layers of an image remove or replace."""
    image, most = case.report.image, limit.of(0)
    if image is None:
        return Outcome(status="skip", limit_bytes=most, reason="the target is not an image with layers")
    return at_most(image.wasted_bytes, most, lambda: _wasted_files(image), lambda: (_ONE_INSTRUCTION,))


_ONE_INSTRUCTION = Remedy(
    action="remove files in the instruction that creates them, or copy the result from another build stage"
)


def _wasted_files(image: ImageReport) -> tuple[Cause, ...]:
    """Return the largest files and directories that are shipped in vain, with the layers."""
    return tuple(
        Cause(
            name=each.path,
            size_bytes=each.wasted_bytes,
            note=f"added by {_layer(each.layer, image)}, removed or replaced by {_layer(each.hidden_by, image)}",
        )
        for each in image.wasted_paths
    )


def _layer(number: int, image: ImageReport) -> str:
    command = image.layers[number].command if 0 <= number < len(image.layers) else ""
    return f"layer {number} ({abridged(command, _LONGEST_COMMAND)})" if command else f"layer {number}"
