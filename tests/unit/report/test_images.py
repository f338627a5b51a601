"""The phrases about images that every format shares."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from deadweight.analysis.reporting import report_of
from deadweight.errors import BadReport
from deadweight.formats.images.history import command_text
from deadweight.model.report import (
    BreakdownRow,
    HidingLayer,
    ImageFinding,
    ImageReport,
    LayerFacts,
    Overlap,
    PartSize,
    Report,
    SystemReport,
)
from deadweight.report.html.as_html import as_html
from deadweight.report.images import (
    base_text,
    efficiency_text,
    hiding,
    overlap_text,
    spans,
    together,
)
from deadweight.report.markdown import as_markdown
from deadweight.report.text.as_text import as_text
from deadweight.report.view import View
from tests.builders import bare, bare_inventory, profile_of

EVIL = "\x1b[2J<b>|\u202e"


def layer(*hidden_by: int) -> LayerFacts:
    return LayerFacts(
        digest="", command="", files=0, apparent_bytes=9, wasted_bytes=9, hides_bytes=0,
        hidden_by=tuple(HidingLayer(layer=number, wasted_bytes=1) for number in hidden_by),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "text"), [((), ""), ((3,), "layer 3"), ((3, 5), "layers 3 and 5"), ((3, 5, 6), "layers 3, 5 and 6")]
)
def test_hiding__any_layers__are_named(numbers: tuple[int, ...], text: str) -> None:
    assert hiding(layer(*numbers)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, ""), (0, ""), (1, "layer 0 is the base image"), (2, "layers 0 and 1 are the base image"),
        (4, "layers 0 to 3 are the base image"),
    ],
)  # fmt: skip
def test_base_text__any_number_of_layers(count: int | None, text: str) -> None:
    assert base_text(count) == text


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("RUN /bin/sh -c make install # buildkit", "RUN make install"),
        ("COPY . . # buildkit", "COPY . ."),
        ("RUN make", "RUN make"),
        ("make", "make"),
        ("", ""),
    ],
)
def test_command_text__what_buildkit_adds__is_left_out(command: str, text: str) -> None:
    assert command_text(command) == text


@pytest.mark.parametrize(
    ("efficiency", "text"), [(1.0, "100.0%"), (0.99999, ">99.9%"), (0.9994, "99.9%"), (0.5, "50.0%"), (None, "")]
)
def test_efficiency_text__little_waste__is_not_none(efficiency: float | None, text: str) -> None:
    image = ImageReport(
        layers=(), shipped_bytes=0, wasted_bytes=0, efficiency=efficiency, wasted=(), wasted_paths=()
    )  # fmt: skip
    assert efficiency_text(image) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use `a` or `b`", [("use ", False), ("a", True), (" or ", False), ("b", True)]),
        ("`a`", [("a", True)]),
        ("plain", [("plain", False)]),
        ("", []),
    ],
)
def test_spans__backticks__mark_code(text: str, expected: list[tuple[str, bool]]) -> None:
    assert spans(text) == expected


def found(size: int, saves: int, *overlaps: tuple[int, int], base: bool = False, sure: bool = True) -> ImageFinding:
    return ImageFinding(
        rule="DW509", name="tests-and-docs", layer=3, command="", line=7, base=base, hidden_by=None,
        apparent_bytes=size, files=1, names=(), paths=(), reason="", change="", sure=sure, saves_bytes=saves,
        overlaps=tuple(Overlap(finding=number, apparent_bytes=shared) for number, shared in overlaps),
    )  # fmt: skip


def test_overlap_text__same_bytes_in_earlier_findings__names_them() -> None:
    every = (found(9000, 9000), found(4000, 4000, base=True), found(5000, 2000, (0, 1000), (1, 2000)))
    assert overlap_text(every[0], every) == ""
    assert overlap_text(every[2], every) == (
        "3.00 kB of these 5.00 kB are already counted for DW509 (base image, layer 3), DW509 (line 7)"
    )


def test_overlap_text__bytes_in_several_earlier_findings__names_the_first_once() -> None:
    every = (found(9000, 9000), found(4000, 0, (0, 4000)), found(5000, 2000))
    both = Overlap(finding=0, also=(1,), apparent_bytes=1000)
    last = replace(every[2], overlaps=(Overlap(finding=0, apparent_bytes=2000), both))
    assert overlap_text(last, every) == "3.00 kB of these 5.00 kB are already counted for DW509 (line 7)"


def test_overlap_text__number_of_no_finding__is_ignored() -> None:
    assert overlap_text(found(5000, 2000, (7, 3000)), ()) == ""


def test_together__base_image_and_doubt__are_named() -> None:
    image = replace(evil_image(), shipped_bytes=10_000)
    assert together((found(3000, 2000), found(500, 500)), image) == (2500, "together: 25 % of what the image ships")
    _, text = together((found(3000, 2000, base=True), found(500, 500, sure=False)), image)
    assert text == (
        "together: 25 % of what the image ships; 2.00 kB of it only with another base image;"
        " 500 B of it only if nothing needs the files"
    )


def evil_image() -> ImageReport:
    image = evil_report().image
    assert image is not None
    return image


def evil_report() -> Report:
    """Return the report of an image in which every text is hostile, as in a saved report that somebody edited."""
    part = PartSize(kind="path", name=EVIL, apparent_bytes=9)
    finding = ImageFinding(
        rule=EVIL, name=EVIL, layer=0, command=EVIL, line=None, hidden_by=None, apparent_bytes=9, files=1,
        names=(EVIL,), paths=(), reason=EVIL, change=EVIL, sure=True, saves_bytes=9,
    )  # fmt: skip
    image = ImageReport(
        layers=(replace(layer(0), command=EVIL, largest=(part,), hides=(part,), hides_bytes=9),), shipped_bytes=9,
        wasted_bytes=9, efficiency=0.0, wasted=(), wasted_paths=(), findings=(finding,),
    )  # fmt: skip
    rows = (BreakdownRow(name=EVIL, apparent_bytes=9, share=1.0, largest=(part,)),)
    system = SystemReport(contents=(), packages=(), needs=(), duplicates=(), breakdown=rows)
    return replace(report_of(profile_of(bare_inventory(bare("a", 9)))), image=image, system=system)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_text__hostile_names__have_no_control_characters(width: int) -> None:
    text = as_text(evil_report(), View(width=width))
    assert not {"\x1b", "\u202e"} & set(text)
    assert "9 B" in text
    assert max(map(len, text.splitlines())) <= width


def test_markdown__hostile_names__are_escaped() -> None:
    text = as_markdown(evil_report(), View())
    assert not {"\x1b", "\u202e"} & set(text)
    assert "| Breakdown | Size | Share | Largest |" in text
    assert "<b>" not in "".join(text.split("`")[::2])  # but in code


NEW_KEYS = {
    "image": ("base_layers", "compressed_bytes", "findings", "dockerfile"),
    "system": ("breakdown", "copies"),
    "layer": ("compressed_bytes", "largest", "hides", "hidden_by", "line"),
}


def test_report__saved_by_an_older_version__is_shown_without_a_breakdown() -> None:
    document = json.loads(evil_report().to_json())
    for key in NEW_KEYS["image"]:
        del document["image"][key]
    for key in NEW_KEYS["system"]:
        del document["system"][key]
    for key in NEW_KEYS["layer"]:
        del document["image"]["layers"][0][key]
    report = Report.from_json(json.dumps(document))
    assert report.system is not None
    assert (report.system.breakdown, report.system.copies) == ((), ())
    for text in (as_text(report, View()), as_markdown(report, View()), as_html(report)):
        assert "9 B" in text
        assert "breakdown" not in text.rpartition("</style>")[2].lower()


def test_report__breakdown_that_does_not_add_up__is_refused() -> None:
    document = json.loads(evil_report().to_json())
    document["system"]["breakdown"][0]["apparent_bytes"] = 8
    with pytest.raises(BadReport, match="the breakdown do not add up"):
        Report.from_json(json.dumps(document))


def test_report__copy_of_no_distribution__is_refused() -> None:
    document = json.loads(evil_report().to_json())
    copies = {"name": "a", "version": None, "copies": ["a", "b"], "apparent_bytes": 1, "extra_bytes": 1}
    document["system"]["copies"] = [copies]
    with pytest.raises(BadReport, match="'b' is the key of no distribution"):
        Report.from_json(json.dumps(document))
