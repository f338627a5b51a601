"""Report → annotations: what to review, each with the line of the user's file that it is about.

formats.py  SARIF and the workflow commands of GitHub Actions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from deadweight.formats.images.history import command_text
from deadweight.formats.images.identities import identities
from deadweight.image_rules import rules
from deadweight.model.report import Finding, ImageFinding, ImageReport, Report
from deadweight.report.images import instruction, overlap_text, subjects
from deadweight.report.units import human
from deadweight.wording import listed


class Annotation(NamedTuple):
    """One thing to review.

    rule:     the code of a rule for images, or the kind of a finding in code
    title:    what the rule finds
    level:    "warning", or "note" where the user has to judge, or cannot change it
    file:     that it is about; "" for none
    line:     of the file; None if it is unknown
    identity: tells it apart from others of its rule
    """

    rule: str
    name: str
    title: str
    level: Literal["warning", "note"]
    text: str
    file: str
    line: int | None
    identity: str


def annotations_of(report: Report) -> Iterator[Annotation]:
    """Yield the findings in an image, and those in the code."""
    if report.image is not None:
        findings = report.image.findings
        for finding, identity in zip(findings, identities(findings), strict=True):
            yield _of_image(finding, report.image, identity)
    yield from map(_of_code, report.findings)


def _of_image(finding: ImageFinding, image: ImageReport, identity: str) -> Annotation:
    rule = rules().get(finding.rule)
    command = command_text(finding.command)
    names, others = subjects(finding)
    which = f": {listed(names, len(names), others=others)}" if names else ""
    overlap = overlap_text(finding, image.findings)
    known = image.dockerfile is not None and finding.line is not None
    where = "" if known else f"{instruction(finding)}{f' ({command})' * bool(command)}: "
    text = f"{where}{human(finding.apparent_bytes)}: {finding.reason}{which}\n{finding.change}"
    return Annotation(
        rule=finding.rule,
        name=finding.name,
        title=rule.title if rule else finding.name,
        level="warning" if finding.sure and not finding.base else "note",
        text=f"{text}\n{overlap}" if overlap else text,
        file=image.dockerfile or "" if known else "",
        line=finding.line if known else None,
        identity=identity,
    )


def _of_code(finding: Finding) -> Annotation:
    first = next(iter(finding.locations), None)
    return Annotation(
        rule=finding.kind,
        name=finding.kind,
        title=finding.kind,
        level="warning",
        text=f"{finding.name}: {finding.reason}",
        file=first.file if first else "",
        line=first.line if first else None,
        identity=finding.name,
    )
