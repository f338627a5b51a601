"""Rows → values of declared types."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

import pytest
from msgspec import Struct

from deadweight.model.report.sizes import Size
from deadweight.sources.fleet.records import InvalidRow, record, records


class Named(NamedTuple):
    name: str | None
    size: Size


class Sized(Struct, frozen=True, kw_only=True):
    name: str
    known: bool
    size: Size | None = None


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as opened:
        yield opened


def test_records__rows__are_values_by_position(connection: sqlite3.Connection) -> None:
    assert list(records(connection, Named, "VALUES ('a', 1), (NULL, ?)", (2,))) == [Named("a", 1), Named(None, 2)]
    assert record(connection, Sized, "SELECT 'a', 1, NULL") == Sized(name="a", known=True)
    assert record(connection, Sized, "SELECT 'null', 0") == Sized(name="null", known=False)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("NULL, 1, 1", "a value of name is invalid: expected str, got null"),
        ("'a', 2, 1", "a value of known is invalid: expected bool, got int"),
        ("'a', 1, 'many'", r"a value of size is invalid: expected int \| null, got str"),
        ("'a', 1, -1", "expected int >= 0"),
        ("x'ff', 1, 1", "expected str, got bytes"),
        ("'a', 1, 1.5", r"expected int \| null, got float"),
        ("'a', 1, 1e300", "its sizes are too large to add up"),
    ],
)
def test_record__value_of_another_type__is_invalid(connection: sqlite3.Connection, values: str, reason: str) -> None:
    with pytest.raises(InvalidRow, match=reason):
        record(connection, Sized, f"SELECT {values}")


def test_record__column_of_a_tuple__is_named(connection: sqlite3.Connection) -> None:
    with pytest.raises(InvalidRow, match="a value of size is invalid: expected int, got str"):
        record(connection, Named, "SELECT 'a', 'many'")


def test_record__no_row__is_invalid(connection: sqlite3.Connection) -> None:
    with pytest.raises(InvalidRow, match="a row refers to one that does not exist"):
        record(connection, Sized, "SELECT 1 WHERE 0")
