"""SQL of the user → rows of the file of a fleet. The file cannot be changed, and nothing else can be reached."""

from __future__ import annotations

import sqlite3
import time

from deadweight.errors import BadInput
from deadweight.model.report.fleet.query import Cell, QueryResult
from deadweight.sources.fleet.files import reading

_STEPS = 10_000  # of SQLite's virtual machine between two looks at the clock: about a millisecond
_LONGEST_VALUE = 1_000_000  # bytes of one text that SQL makes
_LONGEST_STATEMENT = 1_000_000
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_OF_THE_FILE = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}
)
_PRAGMAS = frozenset({"table_info", "table_xinfo", "table_list", "index_list", "index_info", "user_version"})
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "writefile", "readfile", "edit"})


def query(path: str, statement: str, *, rows: int | None, seconds: float) -> QueryResult:
    """Return what a statement selects.

    rows:    the most rows; None for all
    seconds: the most time that it may take
    raises:  BadFleet, FleetFailed; BadInput for a statement that is invalid, would change something or takes too long
    """
    with reading(path) as connection:
        _restrict(connection)
        end = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        connection.text_factory = _text
        try:
            cursor = connection.execute(statement)
            columns = tuple(name for name, *_ in cursor.description or ())
            fetched = cursor.fetchall() if rows is None else cursor.fetchmany(rows + 1)
        except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError) as error:
            # An exception in the handler, such as Ctrl-C, stops the query, and SQLite forgets the reason.
            if _code(error) == sqlite3.SQLITE_INTERRUPT and time.monotonic() <= end:
                raise KeyboardInterrupt from error
            raise _explained(error, seconds) from error
    shown = fetched if rows is None else fetched[:rows]
    return QueryResult(
        columns=columns,
        rows=tuple(tuple(map(_cell, row)) for row in shown),
        truncated=len(fetched) > len(shown),
    )


def _restrict(connection: sqlite3.Connection) -> None:
    """Let the connection read tables, and nothing else: no other file, no extension, no temporary table."""
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_STATEMENT)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_authorize)


def _authorize(action: int, first: str | None, second: str | None, database: str | None, inner: str | None) -> int:
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in _FORBIDDEN_FUNCTIONS:
        return sqlite3.SQLITE_OK
    # A pragma with a value may set something; those in the table take the name of a table.
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _PRAGMAS and not _sets(first, second):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _sets(pragma: str | None, value: str | None) -> bool:
    return (pragma or "").lower() == "user_version" and value is not None


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _explained(error: Exception, seconds: float) -> Exception:
    code = _code(error)
    if code == sqlite3.SQLITE_INTERRUPT:
        return BadInput(
            f"the query took longer than {seconds:g} s", hint="select less, or allow more with --timeout SECONDS"
        )
    if code in _OF_THE_FILE:
        return error
    # SQLite reports some statements that the authorizer denies as another error. It refuses to write to a view itself.
    if code == sqlite3.SQLITE_AUTH or any(text in str(error) for text in ("not authorized", "cannot modify")):
        return BadInput(
            f"the query may only read this file: {error}", hint="queries may only read: use one SELECT statement"
        )
    return BadInput(f"the query failed: {error}", hint="list tables and views with: SELECT sql FROM sqlite_master")


def _cell(value: object) -> Cell:
    """Return a value as JSON has it: bytes as hexadecimal digits, infinite numbers as None."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not -1e308 <= value <= 1e308:
        return None
    assert value is None or isinstance(value, (str, int, float))
    return value
