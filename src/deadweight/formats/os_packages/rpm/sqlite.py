"""An SQLite database of rpm's (``rpmdb.sqlite``) → the headers of its packages.

A database brings its own schema, which is code: only that of a plain table is let near the query.
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

_MOST_STEPS = 1 << 20  # of SQLite's machine in the query; a package takes about four
_MOST_SCHEMA_STEPS = 1 << 14  # a table takes about ten, and rpm makes some fifty, with their indexes
_LONGEST_SQL = 1 << 10  # rpm's longest has 150 characters
_SETTINGS = ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON")
# Views, virtual tables, and columns that are computed (which take a second parenthesis) could do work without end.
_PLAIN = (
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'Packages'"
    " AND sql LIKE 'CREATE TABLE %(%' AND sql NOT LIKE '%(%(%'"
)


def sqlite_headers(data: bytes) -> Iterator[bytes]:
    """Yield the packages' headers; raises BadDatabase, also where this Python cannot read SQLite from memory."""
    try:
        import sqlite3
    except ImportError as error:
        raise BadDatabase("an SQLite database, and this Python comes without SQLite") from error
    if not hasattr(sqlite3.Connection, "deserialize"):
        raise BadDatabase("an SQLite database, and this Python's SQLite is too old to read it from memory")
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            _load(connection, data)
            for (header,) in _rows(connection):
                if not isinstance(header, bytes):
                    raise BadDatabase("a package in it is no header")
                yield header
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter where a message quotes what is no text
        raise BadDatabase(f"an SQLite database that cannot be read: {outline(str(error))}") from error


def _load(connection: sqlite3.Connection, data: bytes) -> None:
    import sqlite3

    # A database with a write-ahead log (2 in these two bytes) opens with shared memory only, which memory has not;
    # without the log, it is read as one with a rollback journal (1).
    connection.deserialize(data[:18] + b"\1\1" + data[20:])
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, len(data))
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_SQL)
    connection.set_progress_handler(lambda: 1, _MOST_SCHEMA_STEPS)
    for setting in _SETTINGS:
        connection.execute(f"PRAGMA {setting}")


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[object]]:
    if connection.execute(_PLAIN).fetchone() != (1,):
        raise BadDatabase("an SQLite database without rpm's table of packages")
    connection.set_progress_handler(lambda: 1, _MOST_STEPS)
    return connection.execute("SELECT blob FROM Packages")
