"""An SQLite database of rpm (``rpmdb.sqlite``) → the headers of its packages.

The schema of a database can contain code, so the query runs only if the schema of the table is plain.
source: SQLite, "Database file format"; "Defense against the dark arts" for the settings
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from deadweight.formats.os_packages.rpm.header import BadDatabase
from deadweight.formats.tables import outline

if TYPE_CHECKING:
    import sqlite3

_MOST_STEPS = 1 << 20  # of SQLite's virtual machine for the query; a package takes about four
_MOST_SCHEMA_STEPS = 1 << 14  # a table takes about ten, and rpm creates about fifty tables and indexes
_LONGEST_SQL = 1 << 10  # the longest statement of rpm has 150 characters
_SETTINGS = ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON")
# Views, virtual tables and computed columns (which need a second parenthesis) could run forever.
_PLAIN = (
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'Packages'"
    " AND sql LIKE 'CREATE TABLE %(%' AND sql NOT LIKE '%(%(%'"
)


def sqlite_headers(data: bytes) -> Iterator[bytes]:
    """Yield the headers of the packages; raises BadDatabase, also if this Python cannot read SQLite from memory."""
    try:
        import sqlite3
    except ImportError as error:
        raise BadDatabase("cannot read the SQLite database, because this Python has no sqlite3 module") from error
    if not hasattr(sqlite3.Connection, "deserialize"):
        raise BadDatabase("cannot read the SQLite database, because the SQLite of this Python is too old")
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            _load(connection, data)
            for (header,) in _rows(connection):
                if not isinstance(header, bytes):
                    raise BadDatabase("a package in the SQLite database has no header")
                yield header
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter if a message quotes bytes that are not text
        raise BadDatabase(f"cannot read the SQLite database: {outline(str(error))}") from error


def _load(connection: sqlite3.Connection, data: bytes) -> None:
    import sqlite3

    # A database in write-ahead log mode (2 in these two bytes) needs shared memory, which a database in memory lacks.
    # Marking it as having a rollback journal (1) makes SQLite read it without the log.
    connection.deserialize(data[:18] + b"\1\1" + data[20:])
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, len(data))
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_SQL)
    connection.set_progress_handler(lambda: 1, _MOST_SCHEMA_STEPS)
    for setting in _SETTINGS:
        connection.execute(f"PRAGMA {setting}")


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[object]]:
    if connection.execute(_PLAIN).fetchone() != (1,):
        raise BadDatabase("the SQLite database has no valid Packages table")
    connection.set_progress_handler(lambda: 1, _MOST_STEPS)
    return connection.execute("SELECT blob FROM Packages")
