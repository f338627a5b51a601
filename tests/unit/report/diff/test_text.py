"""A difference as text: signs, sums, limits and hostile names."""

from __future__ import annotations

import re

from msgspec.structs import replace

from deadweight.analysis.diff import compare
from deadweight.model.report import ImageReport
from deadweight.model.report.diff import Diff
from deadweight.model.tree import Skipped
from deadweight.report.diff.text import as_text
from deadweight.report.view import View
from tests.builders import bare, report_on
from tests.conftest import Golden


def shop() -> Diff:
    """What came, went, changed version, grew and shrank, with the requirements that explain it."""
    old = report_on(
        bare("flask", 300_000, version="3.0.0", requires=["jinja2"], download=100_000),
        bare("jinja2", 1_000_000, version="3.1.0", download=130_000),
        bare("pandas", 44_000_000, version="2.2.0", requires=["numpy", "pytz"], download=13_000_000),
        bare("numpy", 64_000_000, version="1.26.4", download=18_000_000),
        bare("pytz", 1_000_000, version="2024.1", download=500_000),
        bare("lxml", 9_000_000, version="5.0", download=5_000_000),
        bare("rich", 800_000, version="13.0", download=240_000),
        lines="flask pandas lxml rich",
        location="old/requirements.txt",
    )
    new = report_on(
        bare("flask", 340_000, version="3.1.0", requires=["jinja2"], download=103_000),
        bare("jinja2", 1_100_000, version="3.1.4", download=133_000),
        bare("polars", 105_000_000, version="1.9.0", download=33_000_000),
        bare("lxml", 9_500_000, version="5.0", download=5_100_000),
        bare("rich", 700_000, version="13.0", download=200_000),
        bare("pytest", 1_500_000, version="8.0", download=340_000, estimated=True),
        lines="flask polars lxml rich pytest",
        location="requirements.txt",
    )
    return compare(old, new)


def test_as_text__golden(golden: Golden) -> None:
    text = as_text(shop(), View(width=80))
    assert text == golden("diff.txt", text)


def test_as_text__narrow__leaves_out_reasons(golden: Golden) -> None:
    text = as_text(shop(), View(width=60))
    assert text == golden("diff-60.txt", text)


def test_as_text__without_color__has_signs_and_no_escapes() -> None:
    text = as_text(shop())
    assert re.findall(r"^([-+~?]) (\w+)", text, re.MULTILINE)[:3] == [("+", "polars"), ("-", "numpy"), ("-", "pandas")]
    assert "\x1b" not in text
    assert "\x1b[31m" in as_text(shop(), View(color=True))


def test_as_text__limit__sums_the_rest() -> None:
    for width in (60, 80, 120):
        text = as_text(shop(), View(rows=2, width=width))
        assert re.search(r"^  7 more changes +\(use --all\) +-43.0 MB", text, re.MULTILINE), text
    assert "more changes" not in as_text(shop(), View(rows=None))
    assert "more change" not in as_text(shop(), View(rows=8))  # that row would take as much room


def test_as_text__nothing_differs__says_so() -> None:
    report = report_on(bare("a", 10), location="env")
    text = as_text(compare(report, report))
    assert text.splitlines() == [
        "env → env",
        "installed  10 B → 10 B  no change",
        "no distribution differs; 1 unchanged",
    ]


def test_as_text__unowned_files_and_image__are_shown() -> None:
    old, new = report_on(bare("a", 10), unowned=5), report_on(bare("a", 10), unowned=9_000)
    facts = ImageReport(layers=(), shipped_bytes=90, wasted_bytes=8, efficiency=None, wasted=(), wasted_paths=())
    text = as_text(compare(replace(old, image=facts), replace(new, image=replace(facts, shipped_bytes=70))))
    assert re.search(r"^installed +15 B → 9.01 kB +\+8.99 kB$", text, re.MULTILINE)
    assert re.search(r"^shipped +90 B → 70 B +-20 B \(-22 %\)$", text, re.MULTILINE)
    assert re.search(r"^wasted +8 B → 8 B +no change$", text, re.MULTILINE)
    assert re.search(r"^  unowned files +\+8.99 kB$", text, re.MULTILINE)


def test_as_text__hostile_names__are_escaped() -> None:
    old = report_on(bare("a", 10), location="x\x1b[2J")
    new = report_on(bare("evil\x1b]0;x\x07\n", 9, version="1\u202e\x9b2", requested=True))
    new = replace(new, skipped=(Skipped("\x1b[31m", "https://me:secret@host/\x07\n", 5),))
    text = as_text(compare(old, new), View(width=120))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert "secret" not in text


def test_as_text__not_measured_in_both__is_no_difference() -> None:
    old = replace(report_on(bare("a", 10)), skipped=(Skipped("b", "no wheel", 5),))
    assert "no wheel" not in as_text(compare(old, replace(old, warnings=("of a split",))))


def test_as_text__not_measured_in_one__is_marked() -> None:
    old, new = report_on(bare("a", 10), bare("b", 5)), report_on(bare("a", 10))
    text = as_text(compare(old, replace(new, skipped=(Skipped("b", "no wheel", 5),))))
    assert re.search(r"^\? b .*could not be measured in NEW$", text, re.MULTILINE)
    assert "note: NEW: b was not measured: no wheel" in text
