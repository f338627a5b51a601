"""Rows as text of an exact width."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from deadweight.explore.browsing import ORDERS, Order
from deadweight.explore.columns import Layout, bar, columns, fitted, fitted_end, heading, row_text, wrapped
from deadweight.explore.node import Node

NAMES = (
    "plain", "日本語のパッケージ" * 20, "\x1b[31mred\x07", "[bold]markup[/]", "\u202eright to left", "e\u0301" * 90, "",
)  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 99, 140, 200])
@pytest.mark.parametrize("name", NAMES)
def test_row_text__any_name__has_the_width_and_no_control_characters(name: str, width: int) -> None:
    node = Node(kind="distribution", name=name, own=12_345_678, retained=1, freed=2, native=3, files=4)
    text = row_text(node, Layout(20_000_000, width, "own"), marked=True, current=True)
    assert cell_len(text) == width
    assert text.startswith("›✓")
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("order", ORDERS)
def test_columns__narrow__include_the_one_that_is_sorted_by(order: Order) -> None:
    titles = [column.title for column in columns(60, order)]
    assert "own" in titles
    assert order == "name" or order in titles
    assert f"{order}↓" in heading(60, order)
    assert cell_len(heading(60, order)) == 60


def test_columns__wide__are_all() -> None:
    titles = [column.title for column in columns(140, "own")]
    assert titles == ["own", "share", "", "retained", "freed", "native", "files"]


def test_row_text__unknown_sizes__are_empty_not_zero() -> None:
    node = Node(kind="rest", name="(other files)", own=1000)
    text = row_text(node, Layout(2000, 140, "own"), marked=False, current=False)
    assert text.split() == ["1.00", "kB", "50", "%", "█████", "(other", "files)"]


@pytest.mark.parametrize(("part", "shown"), [(0, ""), (1, "█"), (10, "██████████"), (5.5, "█████▌")])
def test_bar__share__is_drawn_in_eighths(part: int, shown: str) -> None:
    assert bar(part, 10) == shown.ljust(10)
    assert bar(part, 0) == " " * 10


def test_fitted__text__is_padded_or_cut_by_columns() -> None:
    assert fitted("ab", 4) == "ab  "
    assert fitted("abcdef", 4) == "abc…"
    assert fitted("日本語", 5) == "日本…"
    assert cell_len(fitted("日本語", 4)) == 4


def test_fitted_end__text__is_cut_at_its_start() -> None:
    assert fitted_end("ab", 4) == "ab"
    assert fitted_end("abcdef", 4) == "…def"
    assert fitted_end("日本語", 4) == "…語"


def test_wrapped__sentence__breaks_at_spaces_and_long_words() -> None:
    assert [*wrapped("one two three", 7)] == ["one two", "three"]
    assert [*wrapped("abcdefghij kl", 4)] == ["abcd", "efgh", "ij", "kl"]
    assert [*wrapped("", 4)] == [""]
    assert [*wrapped("日本語", 4)] == ["日本", "語"]
