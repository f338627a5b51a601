"""The files of an image → the findings that need nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.advice.case import Case
from deadweight.advice.hidden import hidden_findings
from deadweight.advice.paths import path_findings
from deadweight.advice.rules import rules
from deadweight.model import ImageFinding


def file_findings(case: Case) -> tuple[ImageFinding, ...]:
    """Return the findings that need only the files of an image, the largest first."""
    return in_order((*path_findings(case), *hidden_findings(case)))


def in_order(findings: Iterable[ImageFinding]) -> tuple[ImageFinding, ...]:
    """Return the findings that are large enough for their rules, the largest first."""
    table = rules()
    kept = [each for each in findings if each.size >= table[each.rule].least]
    return tuple(sorted(kept, key=lambda each: (-each.size, each.rule, each.layer, each.by or 0, each.reason)))
