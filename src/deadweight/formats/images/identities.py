"""Findings in an image → identities, by which code scanning knows them again in later builds."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from deadweight.formats.images.history import command_text
from deadweight.model.report import ImageFinding

_MOST_NAMES = 4


def identities(findings: Sequence[ImageFinding]) -> list[str]:
    """Return an identity for each finding in an image, in their order.

    It is of the rule, the command and what was found there. Sizes and the numbers of layers and lines change with other
    instructions and with every build, so findings that are equal but for them are only counted, the lowest layer first.
    """
    known = [_known(finding) for finding in findings]
    result = [""] * len(findings)
    seen: Counter[str] = Counter()
    for number in sorted(range(len(findings)), key=lambda number: findings[number].layer):
        seen[known[number]] += 1
        result[number] = f"{known[number]}:{seen[known[number]]}"
    return result


def _known(finding: ImageFinding) -> str:
    # Of the largest names or paths, in an order that does not depend on their sizes
    names = sorted((finding.names or tuple(each.path for each in finding.paths))[:_MOST_NAMES])
    text = "\0".join([finding.rule, command_text(finding.command), *names])
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]
