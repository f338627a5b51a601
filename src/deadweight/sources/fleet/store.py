"""Reports and failures → the file of a fleet. Each target is one transaction."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from deadweight.fleet.rows import LayerRow, LocatedRow, Rows, Value, identity_of, rows_of
from deadweight.fleet.values import Failure, Run, storable, target_name
from deadweight.model.report import Report
from deadweight.sources.fleet.files import transaction, translated, writing
from deadweight.sources.fleet.records import records

_MOST_KNOWN = 200_000  # numbers of names and digests in memory
_RESULT = "INSERT INTO result VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Fleet:
    """The file of a fleet, open for writing. Several processes may write at once; each waits for the others.

    A run begins, gets the outcome of each of its targets, and is finished. What was added stays, whatever happens
    afterwards: an unfinished run is resumed by adding what is missing.
    """

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection, self._path = connection, path
        self._known: dict[tuple[str, Value, Value], int] = {}

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: str) -> Iterator[Fleet]:
        """Open a file, which is created if it is missing; raises BadFleet, FleetFailed."""
        with writing(path) as connection:
            yield cls(connection, path)

    def begin(self, version: str, options: Mapping[str, object] | None = None, *, complete: bool = False) -> int:
        """Begin a run and return its number.

        version:  of deadweight
        options:  how it measures, as JSON values; credentials in them are not stored
        complete: whether its targets are the whole fleet; once it is finished, targets that neither it nor a later run
                  names are no longer part of the fleet, and only their history remains
        """
        text = storable(json.dumps(options or {}, sort_keys=True))
        with self._transaction():
            return self._insert(
                "INSERT INTO run (started, finished, complete, options, version) VALUES (?, NULL, ?, ?, ?)",
                (_now(), complete, text, version),
            )

    def finish(self, run: int, *, partial: bool = False) -> None:
        """Record that a run has measured all of its targets.

        partial: whether some of them are not even known, so that the run is not complete after all
        """
        with self._transaction():
            self._connection.execute(
                "UPDATE run SET finished = ?, complete = complete AND NOT ? WHERE id = ? AND finished IS NULL",
                (_now(), partial, run),
            )

    def unfinished(self) -> Run | None:
        """Return the newest run, if it is not finished."""
        statement = "SELECT id, started, finished, complete, options, version FROM run ORDER BY id DESC LIMIT 1"
        with translated(self._path):
            newest = next(records(self._connection, Run, statement), None)
        return newest if newest and newest.finished is None else None

    def measured(self, run: int) -> set[str]:
        """Return the names of the targets that have a result in a run; failed ones do not."""
        with translated(self._path):
            return {
                name
                for (name,) in self._connection.execute(
                    "SELECT name FROM measurement JOIN target ON target.id = target"
                    " WHERE run = ? AND result IS NOT NULL",
                    (run,),
                )
            }

    def add(self, run: int, target: str, outcome: Report | Failure, *, identity: str | None = None) -> None:
        """Record the outcome of a target in a run, in one transaction.

        A target that has a result in the run keeps it; a failure is replaced. So adding twice changes nothing.

        identity: what tells whether a later measurement would give the same result, such as the digest of an image
                  with the options and the version; None for the content of the report
        """
        name = target_name(target)
        if isinstance(outcome, Failure):
            with self._transaction():
                self._measured(run, name, None, outcome)
            return
        rows = rows_of(outcome, identity or identity_of(outcome))
        with self._transaction():
            self._measured(run, name, self._result(rows), None)

    def reuse(self, run: int, target: str, identity: str) -> bool:
        """Record that a target has the result that has an identity already; return whether the file has that result."""
        with self._transaction():
            result = self._number_of("result", "identity", storable(identity))
            if result is not None:
                self._measured(run, target_name(target), result, None)
        return result is not None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with translated(self._path), transaction(self._connection):
                yield
        except BaseException:
            self._known.clear()  # rows that were rolled back have no numbers
            raise
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()

    def _measured(self, run: int, name: str, result: int | None, failure: Failure | None) -> None:
        target = self._number("target", "name", name)
        reason = storable(failure.reason) if failure else None
        self._connection.execute(
            "INSERT INTO measurement VALUES (?, ?, ?, ?, ?) ON CONFLICT (target, run) DO UPDATE"
            " SET result = excluded.result, exit_code = excluded.exit_code, reason = excluded.reason"
            " WHERE measurement.result IS NULL",
            (target, run, result, failure.exit_code if failure else 0, reason),
        )

    def _result(self, rows: Rows) -> int:
        """Return the number of the result with some rows, which are inserted unless it has them."""
        existing = self._number_of("result", "identity", rows.result[0])
        if existing is not None:
            return existing
        result = self._insert(_RESULT, rows.result)
        layers = [self._layer(layer) for layer in rows.layers]
        self._insert_all("image_layer", 5, (
            (result, number, layers[number], *layer.in_image) for number, layer in enumerate(rows.layers)
        ))  # fmt: skip
        self._insert_all("installed", 15, (
            (result, number, self._version(each.name, each.version), _at(layers, each.layer), *each.values)
            for number, each in enumerate(rows.installed)
        ))  # fmt: skip
        self._insert_all("kind", 3, ((result, *kind) for kind in rows.kinds))
        self._insert_all("split", 6, ((result, *split) for split in rows.splits))
        self._insert_all("finding", 12, _located(result, rows.findings, layers))
        self._insert_all("finding_overlap", 5, ((result, *each) for each in rows.overlaps))
        self._insert_all("saving", 7, _located(result, rows.savings, layers))
        self._insert_all("skipped", 5, ((result, number, *each) for number, each in enumerate(rows.skipped)))
        self._insert_all("warning", 3, ((result, number, *each) for number, each in enumerate(rows.warnings)))
        return result

    def _version(self, name: str, version: str | None) -> int:
        project = self._number("project", "name", name)
        key = ("version", project, version)
        if key not in self._known:
            row = self._connection.execute(
                "SELECT id FROM version WHERE project = ? AND text IS ?", (project, version)
            ).fetchone()
            insert = "INSERT INTO version (project, text) VALUES (?, ?)"
            self._known[key] = row[0] if row else self._insert(insert, (project, version))
        return self._known[key]

    def _layer(self, layer: LayerRow) -> int:
        # Only a registry knows compressed sizes: a report of an archive leaves them to a later one.
        compressed = layer.layer[-1]
        key = ("layer", layer.digest, compressed is not None)
        if key not in self._known:
            insert = (
                "INSERT INTO layer (digest, command, files, apparent_bytes, compressed_bytes) VALUES (?, ?, ?, ?, ?)"
            )
            existing = self._number_of("layer", "digest", layer.digest)
            self._known[key] = self._insert(insert, layer.layer) if existing is None else existing
            fill = "UPDATE layer SET compressed_bytes = ? WHERE id = ? AND compressed_bytes IS NULL"
            if existing is not None and compressed is not None:
                self._connection.execute(fill, (compressed, existing))
        return self._known[key]

    def _number(self, table: str, column: str, value: str) -> int:
        """Return the number of a row, which is inserted if it is missing."""
        key = (table, value, None)
        if key not in self._known:
            number = self._number_of(table, column, value)
            if number is None:
                number = self._insert(f"INSERT INTO {table} ({column}) VALUES (?)", (value,))  # noqa: S608
            self._known[key] = number
        return self._known[key]

    def _number_of(self, table: str, column: str, value: Value) -> int | None:
        # Names of tables and columns are ours; values are parameters.
        row = self._connection.execute(f"SELECT id FROM {table} WHERE {column} = ?", (value,)).fetchone()  # noqa: S608
        return None if row is None else int(row[0])

    def _insert(self, statement: str, values: tuple[Value, ...]) -> int:
        number = self._connection.execute(statement, values).lastrowid
        assert number is not None
        return number

    def _insert_all(self, table: str, columns: int, rows: Iterable[tuple[Value, ...]]) -> None:
        marks = ", ".join("?" * columns)
        self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608


def _at(layers: list[int], number: int | None) -> int | None:
    return None if number is None else layers[number]


def _located(result: int, rows: Iterable[LocatedRow], layers: list[int]) -> Iterator[tuple[Value, ...]]:
    for number, row in enumerate(rows):
        yield result, number, *row.before, _at(layers, row.layer), *row.after


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
