"""A plan in every format, from values alone; names of others come out inert."""

from __future__ import annotations

import csv
import io

import pytest

from deadweight.model.report import Location, TargetFacts
from deadweight.model.report.levels import Effort, Goal, Holding, Level, LevelReport, Step
from deadweight.report.levels import LEVEL_FORMATS, render_levels
from deadweight.report.view import View

USE = Location(
    kind="import", name="numpy", file="app.py", line=3, cell=None, role="application", how="start", condition=None
)
HOSTILE = "\x1b[31m<b>|`@all`"


def report(name: str = "numpy", goal: Goal | None = None) -> LevelReport:
    step = Step(
        kind="drop", name=name, action=f"drop {name}", reason="your code | never", saves_bytes=30, locations=(USE,)
    )
    return LevelReport(
        version="1",
        target=TargetFacts(kind="requirements", location="requirements.txt", method="wheels", form="file"),
        base_bytes=1000,
        levels=(
            Level(name="today", apparent_bytes=200, download_bytes=90, verified=True),
            Level(
                name="production", apparent_bytes=170, download_bytes=None, saved_bytes=30, steps=(step,),
                effort=Effort(requirement_lines=1, code_lines=2), risk="high", verified=False,
            ),
            Level(name="alpine", apparent_bytes=None, steps=(step,), not_taken="no wheel for musl: a"),
        ),
        goal=goal,
    )  # fmt: skip


def test_text__levels__add_the_base_and_compare_with_today() -> None:
    lines = render_levels(report(), "text", View(width=80)).splitlines()
    assert lines[0] == "requirements.txt, on a base of 1.00 kB"
    assert lines[3].split() == ["today", "1.20", "kB", "100", "%", "90", "B", "yes"]
    assert " ".join(lines[4].split()) == "production 1.17 kB 30 B 98 % ? 1, 2 code high lacks 0"
    assert "  drop numpy (30 B): your code | never (app.py:3)" in lines
    assert "  not taken: no wheel for musl: a" in lines


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (
            Goal(target_bytes=1190, steps=(), apparent_bytes=1100, reached=True, optimal=True, cost=0),
            "1.19 kB is reached already: 1.10 kB.",
        ),
        (
            Goal(
                target_bytes=500, steps=(), apparent_bytes=1100, reached=False, optimal=True, cost=0,
                held_by=(Holding(name="numpy", freed_bytes=90, locations=(USE,)),),
            ),
            "  numpy: 90 B, used in app.py:3",
        ),
    ],
)  # fmt: skip
def test_text__goal__says_whether_it_is_reached(goal: Goal, expected: str) -> None:
    assert expected in render_levels(report(goal=goal), "text", View(width=80)).splitlines()
    assert report(goal=goal).exit_code == (0 if goal.reached else 3)


def test_text__floor__every_byte_is_listed_or_counted() -> None:
    rows = [Holding(name=f"n{size}", freed_bytes=size, own_bytes=size) for size in (50, 40, 30)]
    shared = Holding(name="scipy", freed_bytes=0, own_bytes=900, required_by=("scikit-learn",))
    goal = Goal(
        target_bytes=5, steps=(), apparent_bytes=1100, reached=False, optimal=True, cost=0,
        held_by=(shared, *rows), shared_bytes=80,
    )  # fmt: skip
    text = render_levels(report(goal=goal), "text", View(width=110, rows=2))
    assert text.split("would free:\n")[1].splitlines() == [
        "  scipy: 900 B, which your code does not name, frees nothing alone: scikit-learn requires it",
        "  n50: 50 B, which your code does not name",
        "  and 2 more: 70 B (use --all)",
        "  what none of them frees alone: 80 B",
    ]
    whole = render_levels(report(goal=goal), "text", View(rows=None))
    assert "more" not in whole
    assert "n30: 30 B" in whole


@pytest.mark.parametrize("form", LEVEL_FORMATS)
def test_formats__hostile_names__are_inert(form: str) -> None:
    text = render_levels(report(HOSTILE), form, View(width=80))
    assert "\x1b" not in text
    if form in ("markdown", "html"):
        assert "<b>" not in text
        assert "@all" not in text or form == "html"  # it notifies nobody there


def test_csv__levels__are_rows_with_bytes() -> None:
    rows = list(csv.DictReader(io.StringIO(render_levels(report(), "csv", View()))))
    assert [row["level"] for row in rows] == ["today", "production", "alpine"]
    assert (rows[1]["apparent_bytes"], rows[1]["download_bytes"], rows[1]["verified"]) == ("170", "", "false")


def test_markdown__levels__are_a_table_with_the_same_cells() -> None:
    lines = render_levels(report(), "markdown", View()).splitlines()
    assert lines[0] == "### requirements.txt: 1.20 kB today, 1.17 kB at the last level"
    assert "| `production` | 1.17 kB | 30 B | 98 % | ? | 1, 2 code | high | lacks 0 |" in lines
