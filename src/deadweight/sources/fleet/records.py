"""Rows of the file of a fleet → values of declared types: anybody may have written the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct, ValidationError, convert

from deadweight.model.report.sizes import LARGEST

T = TypeVar("T")
Parameters = Mapping[str, object] | Sequence[object]


TOO_LARGE = "its sizes are too large to add up"


class InvalidRow(Exception):
    """A row that the writer of the schema would not write: ``translated`` raises it as BadFleet."""


def records(connection: sqlite3.Connection, kind: type[T], statement: str, parameters: Parameters = ()) -> Iterator[T]:
    """Yield the rows of a statement, whose columns are the first fields of a Struct, or all of a NamedTuple, in order.

    raises: InvalidRow for a value of another type
    """
    fields: Sequence[str] = getattr(kind, "__struct_fields__", None) or kind._fields  # type: ignore[attr-defined]
    for row in connection.execute(statement, parameters):
        yield _converted(dict(zip(fields, row, strict=False)), kind)


def record(connection: sqlite3.Connection, kind: type[T], statement: str, parameters: Parameters = ()) -> T:
    """Return the first row of a statement; raises InvalidRow, also if there is none."""
    found = next(records(connection, kind, statement, parameters), None)
    if found is None:
        raise InvalidRow("a row refers to one that does not exist")
    return found


def _converted(row: Mapping[str, object], kind: type[T]) -> T:
    values: Any = row if issubclass(kind, Struct) else tuple(row.values())
    try:
        return convert(values, kind, strict=False)  # SQLite has 0 and 1 for bool, and sums of no rows are 0.0
    except ValidationError as error:
        raise InvalidRow(_reason(row, str(error))) from error


def _reason(row: Mapping[str, object], message: str) -> str:
    # SQLite multiplies integers as floating-point numbers if the result does not fit.
    if any(isinstance(value, (int, float)) and value > LARGEST for value in row.values()):
        return TOO_LARGE
    reason, _, path = message.replace("`", "").partition(" - at $")
    name = path.strip(".[]")
    field = list(row)[int(name)] if name.isdecimal() else name
    return f"a value of {field} is invalid: {reason[:1].lower()}{reason[1:]}" if field else reason
