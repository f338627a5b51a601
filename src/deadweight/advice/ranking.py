"""Findings → their order, and what each one saves beside those before it.

Several findings may count the same bytes: tests of a distribution that only development needs are in two. Each byte
counts for the first finding that has it. Changes to the user's own layers come first, because only another base image
is without the files of the base image.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush

from msgspec.structs import replace

from deadweight.image_rules import rules
from deadweight.model import FileKey, ImageFinding


def ranked(findings: Iterable[ImageFinding], base: int) -> tuple[ImageFinding, ...]:
    """Return the findings that are large enough for their rules: in each of the two parts, what saves the most first.

    base: the number of layers of the base image; 0 if it is unknown
    """
    table = rules()
    own: list[ImageFinding] = []
    others: list[ImageFinding] = []
    for each in findings:
        if each.size >= table[each.rule].least:
            (others if each.layer < base else own).append(each)
    counted: dict[FileKey, tuple[int, ...]] = {}
    ordered = [*_by_savings(own, counted, 0), *_by_savings(others, counted, len(own))]
    return tuple(replace(each, base=each.layer < base) for each in ordered)


def _by_savings(
    findings: list[ImageFinding], counted: dict[FileKey, tuple[int, ...]], first: int
) -> Iterator[ImageFinding]:
    """Yield the findings, each time the one that saves the most beside those before it.

    counted: file → the numbers of the findings that have it; grows with each finding
    first:   number of the first finding
    """
    findings = sorted(findings, key=_place)
    # What a finding saves only shrinks as others come before it. So only the first of the queue is compared again.
    queue = [(-each.size, place) for place, each in enumerate(findings)]
    heapify(queue)
    number = first
    while queue:
        expected, place = heappop(queue)
        finding = findings[place]
        overlaps = _overlaps(finding, counted)
        saves = max(0, finding.size - sum(overlaps.values()))
        if saves < -expected:
            heappush(queue, (-saves, place))
            continue
        alone = (number,)
        for key in finding.parts:
            earlier = counted.get(key)
            counted[key] = (*earlier, number) if earlier else alone
        number += 1
        # The keys of all files are not needed any more.
        yield replace(finding, saves=saves, overlaps=tuple(sorted(overlaps.items())), parts={})


def _place(finding: ImageFinding) -> tuple[int, str, int, int, str]:
    """Return the place of a finding among those that save the same."""
    return -finding.size, finding.rule, finding.layer, finding.by or 0, finding.reason


def _overlaps(finding: ImageFinding, counted: Mapping[FileKey, tuple[int, ...]]) -> Mapping[tuple[int, ...], int]:
    """Return the numbers of earlier findings with the bytes that exactly these have too."""
    shared: Counter[tuple[int, ...]] = Counter()
    if counted:
        for key, size in finding.parts.items():
            earlier = counted.get(key)
            if earlier is not None and size:
                shared[earlier] += size
    return shared
