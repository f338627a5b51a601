"""SQL of the user → rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.model.report.fleet.query import QueryResult
from deadweight.sources.fleet.query import query
from tests.builders import bare, report_on
from tests.fleets import fleet_file

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(fleet_file(tmp_path / "f.db", {"app": report_on(bare("a", 10), bare("b", 20))}))


def run(path: str, statement: str, *, rows: int | None = 10, seconds: float = 60) -> QueryResult:
    return query(path, statement, rows=rows, seconds=seconds)


def test_query__select__returns_names_and_rows(path: str) -> None:
    result = run(path, "SELECT name, apparent_bytes AS size FROM distributions ORDER BY name")
    assert (result.columns, result.rows, result.truncated) == (("name", "size"), (("a", 10), ("b", 20)), False)


def test_query__more_rows_than_the_limit__says_so(path: str) -> None:
    result = run(path, "SELECT name FROM distributions", rows=1)
    assert (len(result.rows), result.truncated) == (1, True)
    assert not run(path, "SELECT name FROM distributions", rows=2).truncated
    assert len(run(path, "SELECT name FROM distributions", rows=None).rows) == 2


def test_query__values__are_those_of_json(path: str) -> None:
    result = run(path, "SELECT x'00ff', 1.5, 9e999, NULL, CAST(x'ff' AS TEXT)")
    assert result.rows == (("00ff", 1.5, None, None, "\\xff"),)


@pytest.mark.parametrize("statement", ["WITH x AS (SELECT 1 AS a) SELECT a FROM x", "EXPLAIN QUERY PLAN SELECT 1", "PRAGMA table_info(targets)", "SELECT json_group_array(name) FROM project", "VALUES (1)"])  # fmt: skip  # noqa: E501
def test_query__reading__is_allowed(path: str, statement: str) -> None:
    assert run(path, statement).rows


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM run",
        "INSERT INTO project (name) VALUES ('x')",
        "UPDATE run SET version = 'x'",
        "DROP TABLE run",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE x (y)",
        "ATTACH '/etc/passwd' AS other",
        "ATTACH ':memory:' AS other",
        "DETACH main",
        "VACUUM INTO '/tmp/copy.db'",
        "SELECT load_extension('x.so')",
        "PRAGMA query_only = OFF",
        "PRAGMA user_version = 9",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = ON",
        "BEGIN",
        "COMMIT",
        "REINDEX",
        "ANALYZE",
        "SELECT 1; DELETE FROM run",
    ],
)
def test_query__anything_else__is_refused_and_changes_nothing(path: str, statement: str) -> None:
    before = Path(path).read_bytes()
    with pytest.raises(BadInput):
        run(path, statement)
    assert Path(path).read_bytes() == before
    assert run(path, "SELECT COUNT(*) FROM run").rows == ((1,),)


@pytest.mark.parametrize("statement", ["DELETE FROM run", "DELETE FROM targets"])
def test_query__that_writes_to_a_table_or_view__says_that_queries_only_read(path: str, statement: str) -> None:
    with pytest.raises(BadInput, match="may only read this file") as refused:
        run(path, statement)
    assert refused.value.hint == "queries may only read: use one SELECT statement"


def test_query__endless_statement__stops(path: str) -> None:
    with pytest.raises(BadInput, match=r"took longer than 0\.2 s") as stopped:
        run(path, ENDLESS, seconds=0.2)
    assert "--timeout" in stopped.value.hint


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM nothing_here", "no such table"),
        ("SELECT ?", "binding"),
        ("SELECT '\udcff'", "surrogates"),
        ("SELECT zeroblob(2000000)", "too big"),
        ("", ""),
    ],
)
def test_query__invalid_statement__says_why(path: str, statement: str, message: str) -> None:
    if not statement:
        assert run(path, statement) == QueryResult(columns=(), rows=(), truncated=False)
        return
    with pytest.raises(BadInput, match=message):
        run(path, statement)
