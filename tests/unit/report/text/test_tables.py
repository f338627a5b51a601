"""Tables in narrow terminals."""

from __future__ import annotations

from deadweight.report.text.tables import narrow_table, number_table, render, stacked_table

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


NUMBERS = ("name", "size", "own", "services")
WEB = [("web", "1.00 kB", "20 B", "2"), ("http", "900 MB", "", "10"), ("total", "901 MB", "", "")]


def test_stacked_table__room_for_all_columns__is_none() -> None:
    assert stacked_table(NUMBERS, WEB, NUMBERS[1:], 30) == ""


def test_stacked_table__no_room__has_further_columns_below_their_row() -> None:
    assert stacked_table(NUMBERS, WEB, NUMBERS[1:], 29) == (
        "name      size\nweb    1.00 kB\n    own 20 B, services 2\nhttp    900 MB\n    services 10\ntotal   901 MB\n"
    )


def test_stacked_table__long_names__wrap_instead_of_being_truncated() -> None:
    text = stacked_table(NUMBERS, [("a-long-name " * 4, "1 B", "2 B", "3")], NUMBERS[1:], 20)
    assert max(map(len, text.splitlines())) <= 20
    assert text.split()[2:] == ["a-long-name"] * 4 + ["1", "B", "own", "2", "B,", "services", "3"]


def test_number_table__room__is_one_line_for_each_row() -> None:
    rows = [(*row, "largest " * 20) for row in WEB]
    table = number_table(NUMBERS, rows, 30)
    assert render(table, width=30, color=False) == (
        "name      size   own  services\n"
        "web    1.00 kB  20 B         2\n"
        "http    900 MB              10\n"
        "total   901 MB\n"
    )
    filled = render(number_table(NUMBERS, rows, 50, last="largest"), width=50, color=False).splitlines()
    assert [len(line) for line in filled] == [39, 50, 50, 50]
    assert filled[1].endswith("…")
