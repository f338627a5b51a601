"""What a report says of images → the phrases that every format shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from deadweight.model.report import ImageFinding, ImageReport, LayerFacts, Report
from deadweight.report.units import human, percent
from deadweight.wording import listed

MOST_FINDINGS = 5
_MOST_NAMES = 4
_MOST_OVERLAPS = 3


def findings(report: Report) -> tuple[ImageFinding, ...]:
    """Return the findings in an image, in the order in which they are best resolved."""
    return report.image.findings if report.image else ()


def total_name(report: Report) -> str:
    """Return what the rows of the breakdown sum to."""
    return "shipped" if report.image else "total"


def subjects(finding: ImageFinding) -> tuple[list[str], int]:
    """Return the first subjects of a finding, and the number of others."""
    names = finding.subjects
    return list(names[:_MOST_NAMES]), len(names[_MOST_NAMES:])


def instruction(finding: ImageFinding) -> str:
    """Return where the instruction is that a finding is about."""
    if finding.base:
        return f"base image, layer {finding.layer}"
    return f"layer {finding.layer}" if finding.line is None else f"line {finding.line}"


def overlap_text(finding: ImageFinding, every: Sequence[ImageFinding]) -> str:
    """Return which earlier findings count bytes of a finding, as a sentence; "" for none.

    every: all findings of the image
    """
    shared: Counter[int] = Counter()
    for each in finding.overlaps:
        if each.finding < len(every):
            shared[each.finding] += each.apparent_bytes
    if not shared:
        return ""
    names = [f"{every[number].rule} ({instruction(every[number])})" for number, _ in shared.most_common()]
    size, whole = human(shared.total()), human(finding.apparent_bytes)
    return f"{size} of these {whole} are already counted for {listed(names, _MOST_OVERLAPS)}"


def together(findings: Sequence[ImageFinding], image: ImageReport) -> tuple[int, str]:
    """Return what several changes save together, with what that means."""
    whole = sum(each.saves_bytes for each in findings)
    text = f"together: {percent(whole, image.shipped_bytes)} of what the image ships"
    parts = (
        (sum(each.saves_bytes for each in findings if each.base), "only with another base image"),
        (sum(each.saves_bytes for each in findings if not each.sure), "only if nothing needs the files"),
    )
    return whole, "; ".join([text, *(f"{human(size)} of it {condition}" for size, condition in parts if size)])


def spans(text: str) -> list[tuple[str, bool]]:
    """Return the spans of a sentence and whether each is code, which is between backticks."""
    return [(span, bool(number % 2)) for number, span in enumerate(text.split("`")) if span]


def efficiency_text(image: ImageReport) -> str:
    """Return the efficiency in percent, never rounded to 100 % if bytes are wasted; "" for an image without files."""
    if image.efficiency is None:
        return ""
    return ">99.9%" if 0.9995 <= image.efficiency < 1 else f"{image.efficiency:.1%}"


def hiding(layer: LayerFacts) -> str:
    """Return which layers hide files of a layer: "layer 4", "layers 4 and 6"; "" for none."""
    numbers = [str(each.layer) for each in layer.hidden_by]
    if len(numbers) < 2:
        return "".join(f"layer {number}" for number in numbers)
    return f"layers {', '.join(numbers[:-1])} and {numbers[-1]}"


def base_text(layers: int | None) -> str:
    """Return which layers are the base image; "" if that is unknown."""
    if not layers:
        return ""
    if layers == 1:
        return "layer 0 is the base image"
    return f"layers 0 {'and' if layers == 2 else 'to'} {layers - 1} are the base image"
