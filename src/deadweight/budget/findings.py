"""How the rules judge that limit the findings in an image."""

from __future__ import annotations

from collections.abc import Sequence, Set

from deadweight.budget.limits import Limit
from deadweight.budget.outcomes import Case, Outcome, at_most
from deadweight.budget.remedies import for_findings
from deadweight.errors import abridged
from deadweight.formats.images.history import command_text
from deadweight.formats.images.identities import identities
from deadweight.image_rules import matching
from deadweight.model.report import ImageFinding, ImageReport
from deadweight.model.report.check import Cause, Line
from deadweight.wording import listed

_LONGEST_COMMAND = 60
_MOST_NAMES = 3
_NO_IMAGE = "the target is not an image with layers"

Numbered = tuple[int, ImageFinding]


def denied_finding(limit: Limit, case: Case) -> Outcome:
    """Judge whether an image has findings of a rule."""
    image = case.report.image
    if image is None:
        return Outcome(status="skip", reason=_NO_IMAGE)
    numbered = _matching(limit.text, image)
    if not numbered:
        return Outcome(status="pass")
    remedies = for_findings(each for _, each in numbered)
    return Outcome(status="fail", causes=_causes(numbered, image), remedies=remedies)


def size_of_findings(limit: Limit, case: Case) -> Outcome:
    """Judge what the findings of a rule take together, every byte once."""
    image, most = case.report.image, limit.of(0)
    if image is None:
        return Outcome(status="skip", limit_bytes=most, reason=_NO_IMAGE)
    numbered = _matching(limit.text.partition("=")[0], image)
    found, value = [each for _, each in numbered], union_size(numbered)
    return at_most(value, most, lambda: _causes(numbered, image), lambda: for_findings(found, value - most))


def _matching(rule: str, image: ImageReport) -> list[Numbered]:
    """Return the findings of a rule, or of those that match a pattern, with their numbers."""
    codes = matching(rule)
    return [(number, each) for number, each in enumerate(image.findings) if each.rule in codes]


def union_size(numbered: Sequence[Numbered]) -> int:
    """Return the bytes of some findings; each counts for the first of these that has it, whatever others do."""
    numbers = {number for number, _ in numbered}
    return sum(max(0, each.apparent_bytes - _counted(each, numbers)) for _, each in numbered)


def _counted(finding: ImageFinding, numbers: Set[int]) -> int:
    """Return the bytes of a finding that some findings count, of those before it."""
    return sum(each.apparent_bytes for each in finding.overlaps if not numbers.isdisjoint(each.findings))


def _causes(numbered: Sequence[Numbered], image: ImageReport) -> tuple[Cause, ...]:
    known = identities(image.findings)
    ordered = sorted(numbered, key=lambda each: -each[1].apparent_bytes)
    return tuple(
        Cause(
            name=f"{each.rule} {each.name}",
            size_bytes=each.apparent_bytes,
            note=_note(each),
            line=Line(file=image.dockerfile, line=each.line) if image.dockerfile and each.line else None,
            identity=known[number],
        )
        for number, each in ordered
    )


def _note(finding: ImageFinding) -> str:
    """Return where a finding is and what it found."""
    layer = f"layer {finding.layer}{' of the base image' * finding.base}"
    command = abridged(command_text(finding.command), _LONGEST_COMMAND)
    which = f": {listed(finding.subjects, _MOST_NAMES)}" if finding.subjects else ""
    return f"{layer}{f' ({command})' * bool(command)}: {finding.reason}{which}"
