"""ImportsReport → text."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from deadweight.errors import BadReport
from deadweight.model.report import TargetFacts
from deadweight.model.report.imports import Attempt, ImportRow, ImportsReport, LazyImport, LazyStatement, Spread
from deadweight.report.documents.imports import duration
from deadweight.report.results.imports import as_text
from deadweight.report.view import View


def spread(median: int, least: int | None = None, most: int | None = None) -> Spread:
    return Spread(median=median, least=median if least is None else least, most=median if most is None else most)


def row(key: str | None, own: int, **others: object) -> ImportRow:
    values = {"kind": "distribution", "version": "1.0", "modules": 3, "memory_bytes": spread(5_000_000), **others}
    return ImportRow(key=key, self_us=spread(own, own - 500, own + 700), cumulative_us=spread(own + 1000), **values)  # type: ignore[arg-type]


SAVES = Attempt(
    saves_us=250_000,
    saves_bytes=30_000_000,
    certain=True,
    before_us=spread(300_000, 290_000, 310_000),
    after_us=spread(50_000, 49_000, 60_000),
)
STATEMENT = LazyStatement(file="shop/app.py", line=2, statement="import pandas", function="report", function_line=10)
LAZY = LazyImport(
    statements=(STATEMENT,),
    modules=("pandas",),
    cost_us=240_000,
    attempt=SAVES,
)
REPORT = ImportsReport(
    version="0",
    target=TargetFacts(kind="requirements", location="requirements.txt", method="install", form="file"),
    source=".",
    entry="shop.app",
    entry_from="Procfile:1",
    python="3.11.7",
    runs=5,
    bare_us=spread(9_000),
    bare_bytes=spread(9_500_000),
    start_us=spread(300_000, 280_000, 1_300_000),
    start_bytes=spread(76_000_000),
    timed_us=spread(304_000, 290_000, 1_310_000),
    rows=(
        row("pandas", 240_000),
        row("numpy", 20_000),
        row(None, 1_000, kind="application", version=None),
        row(None, 30_000, kind="standard library", version=None, memory_bytes=None),
    ),
    rest_us=13_000,
    lazy=(LAZY,),
)


def test_as_text__report__is_complete() -> None:
    assert as_text(REPORT).splitlines() == [
        "shop.app (Procfile:1) starts in 300 ms and takes 76.0 MB of memory.",
        "Range of 5 runs: 280..1300 ms.",
        "Not included: 9.00 ms and 9.50 MB for Python 3.11.7 itself.",
        "With each import timed, as in the table, it starts in 304 ms.",
        "",
        "distribution                self           range  with imports   memory  modules",
        "pandas 1.0                240 ms     240..241 ms        241 ms  5.00 MB        3",
        "numpy 1.0                20.0 ms   19.5..20.7 ms       21.0 ms  5.00 MB        3",
        "(application)            1.00 ms   0.50..1.70 ms       2.00 ms  5.00 MB        3",
        "(standard library)       30.0 ms   29.5..30.7 ms       31.0 ms        ?        3",
        "(outside of imports)     13.0 ms",
        "total                     304 ms    290..1310 ms                76.0 MB       12",
        "",
        "Heavy imports at module level that only one function uses:",
        "  shop/app.py:2: import pandas",
        "    used only in report() (line 10)",
        "    importing pandas takes 240 ms",
        "    imported in the function: saves 250 ms and 30.0 MB of memory",
        "    starts in 290..310 ms before, in 49.0..60.0 ms after",
    ]


def test_as_text__few_rows__adds_up_the_others() -> None:
    text = as_text(REPORT, View(rows=1))
    assert "1 more (use --all)" in text
    assert "numpy" not in text


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (None, "not tried"),
        (Attempt(failure="x\x1b[31m"), "the application does not start: x\\x1b[31m"),
        (replace(SAVES, certain=False), "saves 30.0 MB of memory, but no time that can be measured\n"),
        (
            replace(SAVES, certain=False, saves_bytes=499_999),
            "saves nothing that can be measured\n    starts in 290..310 ms before, in 49.0..60.0 ms after\n",
        ),
        (replace(SAVES, saves_bytes=None), "saves 250 ms\n    starts in 290..310 ms before"),
        (replace(SAVES, still_loaded=("a",), loaded_by=("b", "c")), "\n    a is still loaded by b, c\n"),
        (replace(SAVES, still_loaded=("a", "b")), "\n    a, b are still loaded\n"),
        (replace(SAVES, still_loaded=("a",), loaded_by=tuple("bcdefg")), "a is still loaded by b, c, d, e and 2 more"),
    ],
)
def test_as_text__attempt__says_what_it_saved(attempt: Attempt | None, expected: str) -> None:
    text = as_text(replace(REPORT, lazy=(replace(LAZY, attempt=attempt),)), View(width=200))
    assert expected in text


@pytest.mark.parametrize(
    ("runs", "saves_bytes", "expected"),
    [
        (2, 0, "2 runs are too few to tell what it saves (use --runs 3 or more)\n    starts in 290..310 ms before"),
        (1, 30_000_000, "saves 30.0 MB of memory; 1 run is too few to tell how much time (use --runs 3 or more)\n"),
        (3, 0, "saves nothing that can be measured\n"),
    ],
)
def test_as_text__few_runs__says_that_they_cannot_tell(runs: int, saves_bytes: int, expected: str) -> None:
    attempt = replace(SAVES, certain=False, saves_bytes=saves_bytes)
    report = replace(REPORT, runs=runs, lazy=(replace(LAZY, attempt=attempt),), together=attempt)
    assert as_text(report, View(width=200)).count(expected) == 2


def test_as_text__several__are_shown_together() -> None:
    text = as_text(replace(REPORT, lazy=(LAZY, LAZY), together=SAVES), View(width=200))
    assert "\n  All of them: saves 250 ms and 30.0 MB of memory" in text


def test_as_text__one_import_in_two_files__is_one_suggestion() -> None:
    other = replace(STATEMENT, file="shop/b.py", line=3, statement="from pandas import NA", function="f")
    text = as_text(replace(REPORT, lazy=(replace(LAZY, statements=(STATEMENT, other)),)), View(width=200))
    assert text.partition("one function uses:\n")[2].splitlines()[:6] == [
        "  shop/app.py:2: import pandas",
        "    used only in report() (line 10)",
        "  shop/b.py:3: from pandas import NA",
        "    used only in f() (line 10)",
        "    importing pandas takes 240 ms",
        "    imported in the functions: saves 250 ms and 30.0 MB of memory",
    ]


def test_as_text__one_run__has_no_range() -> None:
    once = replace(REPORT, runs=1, timed_us=spread(304_000))
    lines = as_text(once, View(width=200)).splitlines()
    assert lines[1] == "Measured in 1 run. Use more --runs to see how much starts differ."
    total = next(line for line in lines if line.startswith("total"))
    assert total.split() == ["total", "304", "ms", "304", "ms", "76.0", "MB", "12"]


def test_as_text__unknown_rest__is_a_question_mark() -> None:
    assert re.search(r"\n\(outside of imports\) +\?\n", as_text(replace(REPORT, rest_us=None)))


def test_as_text__unknown_memory_and_hostile_names__are_shown_plainly() -> None:
    hostile = replace(
        REPORT, entry="a\nb", entry_from="--entry", bare_bytes=None, start_bytes=None, python=None, lazy=(),
        rows=(row("x\x1b[0m", 291_000),),
    )  # fmt: skip
    text = as_text(hostile, View(width=200))
    assert text.startswith("a\\x0ab starts in 300 ms.\n")
    assert "Not included: 9.00 ms for the interpreter itself.\n" in text
    assert "x\\x1b[0m 1.0" in text
    assert text.endswith("No heavy import at module level is used in one function only.\n")


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0.00 ms"), (1234, "1.23 ms"), (-40_000, "-40.0 ms"), (99_949, "99.9 ms"), (99_950, "100 ms"),
        (9_999_000, "9999 ms"), (10_000_000, "10.0 s"), (120_000_000, "120 s"),
    ],
)  # fmt: skip
def test_duration__microseconds__have_three_digits_and_a_unit(microseconds: int, text: str) -> None:
    assert duration(microseconds) == text


def test_report__json__is_read_back_and_must_add_up() -> None:
    assert ImportsReport.from_json(REPORT.to_json()) == REPORT
    with pytest.raises(BadReport, match="add up"):
        ImportsReport.from_json(replace(REPORT, rest_us=1).to_json())
