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
        ("NULL, 1, 1", r"Expected str, got null - at \$\.name"),
        ("'a', 2, 1", r"Expected bool, got int - at \$\.known"),
        ("'a', 1, 'many'", r"Expected int \| null, got str - at \$\.size"),
        ("'a', 1, -1", "Expected int >= 0"),
        ("x'ff', 1, 1", "Expected str, got bytes"),
        ("'a', 1, 1.5", r"Expected int \| null, got float"),
        ("'a', 1, 1e300", "its sizes are too large to add up"),
    ],
)
def test_record__value_of_another_type__is_invalid(connection: sqlite3.Connection, values: str, reason: str) -> None:
    with pytest.raises(InvalidRow, match=reason):
        record(connection, Sized, f"SELECT {values}")


def test_record__no_row__is_invalid(connection: sqlite3.Connection) -> None:
    with pytest.raises(InvalidRow, match="a row refers to one that does not exist"):
        record(connection, Sized, "SELECT 1 WHERE 0")
