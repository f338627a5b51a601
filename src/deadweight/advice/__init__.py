"""What an image ships → findings: which bytes a change to its Dockerfile saves. Pure, on values.

rules.py    the table of rules, rules.toml      case.py     what rules about files read
portions.py sums of files by layer              paths.py    files by their paths: caches, lists (paths.toml)
hidden.py   files that later layers delete or replace
"""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.advice.case import Case
from deadweight.advice.hidden import hidden_findings
from deadweight.advice.paths import path_findings
from deadweight.advice.rules import Rule, rules
from deadweight.model import ImageFinding

__all__ = ["Case", "Rule", "file_findings", "in_order", "rules"]


def file_findings(case: Case) -> tuple[ImageFinding, ...]:
    """Return the findings that need only the files of an image, the largest first."""
    return in_order((*path_findings(case), *hidden_findings(case)))


def in_order(findings: Iterable[ImageFinding]) -> tuple[ImageFinding, ...]:
    """Return the findings that are large enough for their rules, the largest first."""
    table = rules()
    kept = [each for each in findings if each.size >= table[each.rule].least]
    return tuple(sorted(kept, key=lambda each: (-each.size, each.rule, each.layer, each.by or 0, each.reason)))
