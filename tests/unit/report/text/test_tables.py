"""Tables with a sentence in the last column, in narrow terminals."""

from __future__ import annotations

from deadweight.report.text.tables import narrow_table

COLUMNS = ("Size", "Path", "Why")
ROWS = [("1 B", "a", "this is a reason that takes several lines"), ("20 kB", "b/c", "short")]


def test_narrow_table__room_for_the_sentence__is_no_narrow_table() -> None:
    assert narrow_table(COLUMNS, ROWS, ("Size",), 44) == ""


def test_narrow_table__no_room__has_the_sentence_below_its_row() -> None:
    assert narrow_table(COLUMNS, ROWS, ("Size",), 30) == (
        " Size  Path\n  1 B  a\n    this is a reason that\n      takes several lines\n20 kB  b/c\n    short\n"
    )


def test_narrow_table__long_path__wraps() -> None:
    text = narrow_table(COLUMNS, [("1 B", "a b " * 20, "why")], ("Size",), 40)
    assert max(map(len, text.splitlines())) <= 40
