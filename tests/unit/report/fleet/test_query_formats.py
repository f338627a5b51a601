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


def test_markdown_and_csv__rows__are_escaped() -> None:
    assert render_query(RESULT, "markdown", View()).splitlines()[1:] == [
        "|---|---:|",
        "| a | 10 |",
        "| =cmd()&#92;x1b&#91;31m&#60;b&#62;&#124; | |",
    ]
    assert render_query(RESULT, "csv", View()).splitlines() == ["name,bytes", "a,10", "'=cmd()\\x1b[31m<b>|,"]


def test_json__rows__round_trip() -> None:
    assert QueryResult.from_json(render_query(RESULT, "json", View())) == RESULT


@pytest.mark.parametrize("form", QUERY_FORMATS)
def test_formats__no_rows__have_a_header(form: str) -> None:
    assert "name" in render_query(QueryResult(columns=("name",), rows=(), truncated=False), form, View())
