"""QueryResult → its formats."""

from __future__ import annotations

import pytest

from deadweight.model.report.fleet.query import QueryResult
from deadweight.report.fleet.query import QUERY_FORMATS, render_query
from deadweight.report.view import View

RESULT = QueryResult(columns=("name", "bytes"), rows=(("a", 10), ("=cmd()\x1b[31m<b>|", None)), truncated=False)


def test_text__rows__are_aligned() -> None:
    assert render_query(RESULT, "text", View(width=80)).splitlines() == [
        "name                bytes",
        "a                      10",
        "=cmd()\\x1b[31m<b>|",
    ]


def test_text__more_columns_than_fit__has_a_line_for_each() -> None:
    result = QueryResult(columns=("name", "identity"), rows=(("a", "0" * 40), ("b", None)), truncated=False)
    assert render_query(result, "text", View(width=18)).count("\n") == 6  # a table whose long value is folded
    assert render_query(result, "text", View(width=17)).splitlines() == [
        "row 1", "name      a", "identity  0000000", *["          0000000"] * 4, "          00000", "",
        "row 2", "name      b", "identity",
    ]  # fmt: skip


def test_markdown_and_csv__rows__are_escaped() -> None:
    assert render_query(RESULT, "markdown", View()).splitlines()[1:] == [
        "|---|---:|",
        "| a | 10 |",
        "| =cmd()&#92;x1b&#91;31m&#60;b&#62;&#124; | |",
    ]
    assert render_query(RESULT, "csv", View()).splitlines() == ["name,bytes", "a,10", "'=cmd()\\x1b[31m<b>|,"]


def test_csv__numbers_and_long_texts__are_what_they_are() -> None:
    result = QueryResult(columns=("a", "b"), rows=((-1.5, "x" * 600),), truncated=False)
    assert render_query(result, "csv", View()).splitlines() == ["a,b", f"-1.5,{'x' * 600}"]


def test_json__rows__round_trip() -> None:
    assert QueryResult.from_json(render_query(RESULT, "json", View())) == RESULT


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_csv__column_named_as_a_formula__is_text(start: str) -> None:
    # As SELECT 1 AS "=cmd()" names it
    result = QueryResult(columns=(f"{start}cmd()",), rows=((1,),), truncated=False)
    assert render_query(result, "csv", View()).splitlines() == [f"'{start}cmd()", "1"]


@pytest.mark.parametrize("form", QUERY_FORMATS)
def test_formats__no_rows__have_a_header(form: str) -> None:
    assert "name" in render_query(QueryResult(columns=("name",), rows=(), truncated=False), form, View())
