"""Untrusted texts, tables and folded parts as GitHub Flavored Markdown."""

from __future__ import annotations

import pytest

from deadweight.report.gfm import code, details, escaped, table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b", "a_b"),
        ("_a_", "&#95;a&#95;"),
        ("<b>", "&#60;b&#62;"),
        ("@you #1", "&#64;you &#35;1"),
        ("http://x", "http:&#47;&#47;x"),
        ("a\nb", "a\\x0ab"),
        ("[x](y)", "&#91;x&#93;(y)"),
    ],
)
def test_escaped__characters_with_a_meaning__have_none(text: str, expected: str) -> None:
    assert escaped(text).replace("&#92;", "\\") == expected


@pytest.mark.parametrize(
    ("text", "span"),
    [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a``", "``` a`` ```"), ("", "` `"), ("\x1b", "`\\x1b`")],
)
def test_code__any_text__is_one_span(text: str, span: str) -> None:
    assert code(text) == span


def test_table__bar__ends_no_cell() -> None:
    assert [*table(["Name", ">Size"], [[code("a|b"), "1 B"], ["total", ""]])] == [
        "| Name | Size |", "|---|---:|", "| `a\\|b` | 1 B |", "| total | |",
    ]  # fmt: skip


def test_table__backslashes_before_a_bar__end_no_cell() -> None:
    # The table takes the backslash next to the bar, and only that one, before it reads code.
    assert [*table(["x"], [[code("a\\|b")], [escaped("a\\|b")]])][2:] == ["| `a\\\\|b` |", "| a&#92;&#124;b |"]


def test_details__lines__are_folded_below_the_summary() -> None:
    lines = ["", "<details>", "<summary>2 notes</summary>", "", "- a", "- b", "", "</details>"]
    assert [*details("2 notes", ["- a", "- b"])] == lines
