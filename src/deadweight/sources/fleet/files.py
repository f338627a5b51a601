"""A path → a connection to the file of a fleet, whose schema is current."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from urllib.parse import quote

from deadweight.errors import BadFleet, DeadweightError, FleetFailed
from deadweight.fleet.schema import APPLICATION_ID, MIGRATIONS
from deadweight.sources.fleet.records import TOO_LARGE, InvalidRow

_BUSY_SECONDS = 30.0  # to wait for another program that writes
_RETRY_SECONDS = 0.02
_PLAIN_INDEX = re.compile(r"""CREATE INDEX ["\w]+ ON ["\w]+ ?\(["\w, \n]+\)""")  # no expression, condition or UNIQUE
_CACHE_KIB = 1 << 16  # of pages in memory; the digests of 400,000 layers take half of it
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# The schema has been compared with ours, so that a value has the wrong type, is twice there, or is too long.
_DAMAGED = {
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_TOOBIG,
}  # fmt: skip
_UNDECODABLE = "Could not decode to UTF-8"  # Python raises it without a code of SQLite
_LONGEST_VALUE = 1 << 26  # bytes; the options of a run with the names of 100,000 targets take a tenth


@contextlib.contextmanager
def writing(path: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection that writes. The file is created if it is missing, and migrated if it is older.

    raises: BadFleet, FleetFailed
    """
    with translated(path), contextlib.closing(_connect(path, "rwc")) as connection:
        _migrate(connection, path)
        # Each commit is atomic. After a power failure the last ones may be missing, and a run measures them again.
        connection.execute("PRAGMA synchronous = NORMAL")
        yield connection


@contextlib.contextmanager
def reading(path: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection that cannot change the file; others may write at the same time.

    A file of an older version is migrated first.

    raises: BadFleet, also for a file that does not exist; FleetFailed
    """
    if not os.path.isfile(path):
        hint = "create it with deadweight fleet measure TARGET... -o FILE, or deadweight fleet add FILE REPORT..."
        raise BadFleet(f"{path}: no such file" if not os.path.exists(path) else f"{path} is not a file", hint=hint)
    with translated(path), contextlib.closing(_connect(path, _read_mode(path))) as connection:
        version = _check(connection, path)
    if not version:  # an empty file, perhaps of somebody else
        raise _not_ours(path)
    if version < len(MIGRATIONS):
        with writing(path):
            pass
    with translated(path), contextlib.closing(_connect(path, _read_mode(path))) as connection:
        yield connection


def _read_mode(path: str) -> str:
    """Return how to open a file for reading.

    SQLite needs to write next to a file in WAL mode even to read it. Where that is not allowed, nobody writes to the
    file, unless there is a log already.
    """
    directory = os.path.dirname(os.path.abspath(path))
    closed = not os.path.exists(f"{path}-wal") and not os.access(directory, os.W_OK)
    return "ro&immutable=1" if closed else "ro"


@contextlib.contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise an error of SQLite, or an invalid row, as one of ours: BadFleet or FleetFailed."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    except InvalidRow as error:
        raise _damaged(path, error) from error
    except UnicodeDecodeError as error:  # of what SQLite says, which quotes names of the file
        raise _damaged(path, "its schema is not text") from error


def _explained(error: sqlite3.Error, path: str) -> Exception:
    extended = getattr(error, "sqlite_errorcode", 0)
    if extended == sqlite3.SQLITE_CONSTRAINT_NOTNULL:
        return error  # only we insert values, so it is a bug
    code = extended & 0xFF
    if code in _DISK:
        hint = "free some space, or use another disk; what was added before is complete"
        return FleetFailed(f"{path}: {error}", hint=hint)
    if code in _LOCKED:
        return FleetFailed(f"{path} is locked by another program", hint="try again when the other program is done")
    if code in _DAMAGED or _UNDECODABLE in str(error):
        return _damaged(path, error)
    if code == sqlite3.SQLITE_NOTADB:
        return _not_ours(path)
    if code == sqlite3.SQLITE_READONLY:
        return BadFleet(f"{path} cannot be written: {error}")
    if code == sqlite3.SQLITE_CANTOPEN:
        return BadFleet(f"cannot open {path}: {_reason(path)}")
    if "integer overflow" in str(error):
        return _damaged(path, TOO_LARGE)
    return error


def _damaged(path: str, reason: object) -> BadFleet:
    return BadFleet(f"{path} is damaged: {reason}", hint="restore a copy, or add the reports to a new file")


def _reason(path: str) -> str:
    directory = os.path.dirname(path) or "."
    if not os.path.isdir(directory):
        return f"{directory}: no such directory"
    return "it is a directory" if os.path.isdir(path) else "permission denied"


def _not_ours(path: str) -> DeadweightError:
    return BadFleet(f"{path} is not the file of a fleet", hint="choose another path")


def _connect(path: str, mode: str) -> sqlite3.Connection:
    # A URI, since only that can forbid writing and creating; SQLite decodes it to the bytes of the path.
    uri = f"file:{quote(os.fsencode(os.path.abspath(path)))}?mode={mode}"
    # Without an isolation level, Python begins no transactions of its own.
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA temp.cache_size = -{_CACHE_KIB}")
    return connection


def _check(connection: sqlite3.Connection, path: str) -> int:
    """Return the version of a file, 0 for an empty one.

    raises: BadFleet for a file that is not ours, is newer, or whose tables are not those of its version
    """
    # A savepoint, since another program may migrate the file in the meantime, and we may be in a transaction already.
    connection.execute("SAVEPOINT schema")
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        objects = _objects(connection)
    finally:
        connection.execute("RELEASE schema")
    if not application and not version and not objects:
        return 0
    if application != APPLICATION_ID or version < 1:
        raise _not_ours(path)
    if version > len(MIGRATIONS):
        raise BadFleet(
            f"{path} was written by a newer version of deadweight: its schema is version {version},"
            f" and this one knows up to {len(MIGRATIONS)}",
            hint="upgrade deadweight",
        )
    if changed := _changed(objects, schema_of(version)):
        raise BadFleet(
            f"{path} does not have the schema of version {version}: {changed}", hint="restore a copy, or use a new file"
        )
    return int(version)


_Objects = dict[tuple[str, str], tuple[str, str | None]]  # type and name → table and statement


def _objects(connection: sqlite3.Connection) -> _Objects:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return {(kind, name): (table, sql) for kind, name, table, sql in rows}


@functools.cache
def schema_of(version: int) -> _Objects:
    """Return the tables, indexes and views that a file of a version has."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for migration in MIGRATIONS[:version]:
            for statement in migration:
                connection.execute(statement)
        return _objects(connection)


def _changed(objects: _Objects, expected: _Objects) -> str:
    """Return how the schema of a file differs from ours, "" if what we use is the same.

    Users may add tables and views of their own, and indexes that cannot make our statements fail.
    """
    for (kind, name), definition in expected.items():
        if (kind, name) not in objects:
            return f"the {kind} {name} is missing"
        if objects[kind, name] != definition:
            return f"the {kind} {name} differs"
    tables = {name for kind, name in expected if kind == "table"}
    for (kind, name), (table, sql) in objects.items():
        # A trigger has the name of its table as its statement spells it: RUN is run.
        if (kind, name) in expected or table.lower() not in tables or kind not in ("index", "trigger"):
            continue
        if kind == "trigger" or not _PLAIN_INDEX.fullmatch(str(sql)):
            return f"it has {'a' if kind == 'trigger' else 'an'} {kind} of its own, {name}, on the table {table}"
    return ""


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    if _check(connection, path) == len(MIGRATIONS):
        return
    _use_wal(connection)
    with transaction(connection):
        # Another program may have migrated it in the meantime.
        for number in range(_check(connection, path), len(MIGRATIONS)):
            for statement in MIGRATIONS[number]:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work at the same time; a file keeps this setting.

    SQLite does not wait for a lock here, unlike everywhere else: two programs that create a file would be an error.
    """
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _LOCKED or time.monotonic() > end:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit at the end of the block, or change nothing if it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back already after some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
