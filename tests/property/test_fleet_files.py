"""Whatever a file of a fleet contains, it is used or refused: nobody sees a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deadweight.errors import BadFleet, DeadweightError
from deadweight.fleet import schema
from deadweight.fleet.values import Failure
from deadweight.model.report import Overlap
from deadweight.model.tree import Skipped
from deadweight.operations.fleet.checking import fleet_check
from deadweight.operations.fleet.measuring import Plan, measure_fleet
from deadweight.operations.fleet.reporting import FleetScope, fleet_report
from deadweight.operations.fleet.tasks import Identified, Measured
from deadweight.report.fleet import FLEET_FORMATS, render_fleet
from deadweight.report.fleet.check import CHECK_FORMATS, render_fleet_check
from deadweight.report.fleet.query import QUERY_FORMATS, render_query
from deadweight.report.view import View
from deadweight.sources.fleet.files import schema_of
from deadweight.sources.fleet.query import query
from deadweight.sources.fleet.store import Fleet
from deadweight.sources.fleet.stored import known_tags
from deadweight.sources.system.pool import Call, Finished
from tests.builders import bare, report_on
from tests.fleets import fleet_file, image_report, layer, wasteful

MB = 10**6
SAME = Overlap(finding=0, apparent_bytes=MB)
TABLES = sorted(name for kind, name in schema_of(len(schema.MIGRATIONS)) if kind == "table")
VIEWS = sorted(name for kind, name in schema_of(len(schema.MIGRATIONS)) if kind == "view")
# As literals of SQL: of each type, and at the edges of what the columns take
VALUES = (
    "NULL", "'x'", "''", "x'ff'", "CAST(x'ff' AS TEXT)", "'3'", "-1", "0", "1", "2", "7", "1.5", "1e300", "9e999",
    "9223372036854775807", "4611686018427387904", "'2026-01-31'", "'=cmd()'", "char(0)", "char(27)", "zeroblob(100)",
)  # fmt: skip


def image(name: str, version: str) -> object:
    return image_report(
        [layer("base", 9 * MB), layer(f"{name}{version}", 5 * MB, wasted=MB, compressed=MB)],
        bare("numpy", 2 * MB, version=version), bare("pytest", 3 * MB, requested=True),
        where={"numpy": (1,), "pytest": (0, 1)}, findings=[wasteful(MB), replace(wasteful(MB), overlaps=(SAME,))],
    )  # fmt: skip


@cache
def good() -> bytes:
    """Return a file with two runs, in which every table has rows."""
    with TemporaryDirectory() as directory:
        runs = [{f"registry:reg.example/{name}:1": image(name, version) for name in "ab"} for version in ("1.0", "2.0")]
        path = fleet_file(Path(directory) / "f.db", *runs)  # type: ignore[arg-type]
        with Fleet.open(str(path)) as fleet:
            fleet.add(2, "broken", Failure(reason="refused", exit_code=5))
            skipping = replace(report_on(bare("numpy", MB)), skipped=(Skipped("x", "no wheel", 4),), warnings=("old",))
            fleet.add(2, "requirements.txt", skipping)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            for table in TABLES:
                assert connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0], table
        return path.read_bytes()


class Worker:
    """Measures every image at once."""

    is_remote, size, workers = False, 1, 1

    def submit(self, call: Call) -> None:
        self.call = call

    def next(self, seconds: float | None) -> Finished:
        identified = self.call.function.endswith("identify")
        result = Identified("sha256:0") if identified else Measured(report_on(bare("a")).to_json().encode())
        return Finished(self.call.key, msgspec.msgpack.encode(result))


def reported(path: str) -> None:
    report = fleet_report(path, FleetScope(rows=None))
    for form in FLEET_FORMATS:
        render_fleet(report, form, (), View())


def checked(path: str) -> None:
    limits = {"max": "1MB", "max_growth": "1%", "max_package": "1MB", "max_wasted": "1kB", "deny": ("pytest",)}
    report = fleet_check(path, {}, limits)
    assert 0 <= report.exit_code <= 5
    for form in CHECK_FORMATS:
        render_fleet_check(report, form)


def queried(path: str) -> None:
    for view in VIEWS:
        result = query(path, f'SELECT * FROM "{view}"', rows=None, seconds=60)
        for form in QUERY_FORMATS:
            render_query(result, form, View(width=80))


def measured(path: str) -> None:
    known_tags(path, "reg.example/a")
    measure_fleet(path, Plan(targets=["registry:reg.example/a:1", "new"], complete=True), Worker())


USES: tuple[Callable[[str], None], ...] = (reported, checked, queried, measured)


def use(data: bytes, change: Callable[[sqlite3.Connection], object] | None = None) -> list[type[Exception] | None]:
    """Use a file that was changed in every way; return the expected error of each use, None for success."""
    errors: list[type[Exception] | None] = []
    with TemporaryDirectory() as directory:
        path = Path(directory, "f.db")
        for each in USES:
            path.write_bytes(data)
            if change:
                with closing(sqlite3.connect(path, isolation_level=None)) as connection, suppress(sqlite3.Error):
                    change(connection)
            try:
                each(str(path))
            except DeadweightError as error:
                errors.append(type(error))
            else:
                errors.append(None)
    return errors


def without_constraints(table: str, statement: str) -> Callable[[sqlite3.Connection], object]:
    """Run a statement as if a column could be NULL, as who edits the schema of a file by hand can."""

    def change(connection: sqlite3.Connection) -> None:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        rewrite = "UPDATE sqlite_master SET sql = ? WHERE name = ?"
        (number,) = connection.execute("PRAGMA schema_version").fetchone()
        for step, text in enumerate((sql.replace(" NOT NULL", ""), sql)):
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(rewrite, (text, table))
            connection.execute(f"PRAGMA schema_version = {number + step + 1}")
            connection.execute("PRAGMA writable_schema = RESET")
            if not step:
                with suppress(sqlite3.Error):
                    connection.execute(statement)

    return change


@st.composite
def wrong_values(draw: st.DrawFn) -> tuple[str, str]:
    """Return a table, and a statement that puts a value into a column of some of its rows."""
    table = draw(st.sampled_from(TABLES))
    with closing(sqlite3.connect(":memory:")) as connection:
        for migration in schema.MIGRATIONS:
            for statement in migration:
                connection.execute(statement)
        columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    column, value = draw(st.sampled_from(columns)), draw(st.sampled_from(VALUES))
    rows = draw(st.sampled_from(["", " WHERE result = 1", " WHERE id = 1", " WHERE run = 2"]))
    return table, f"UPDATE OR IGNORE {table} SET {column} = {value}{rows}"


@given(wrong_values())
def test_file_with_wrong_values__any_use__is_refused_or_works(change: tuple[str, str]) -> None:
    use(good(), without_constraints(*change))


@given(st.sampled_from(TABLES), st.sampled_from(["", " WHERE rowid % 2", " WHERE number = 0", " WHERE result = 1"]))
def test_file_without_some_rows__any_use__is_refused_or_works(table: str, rows: str) -> None:
    use(good(), lambda connection: connection.executescript(f"DELETE FROM {table}{rows}"))


@given(st.integers(0, 200), st.integers(0, 4095), st.binary(min_size=1, max_size=64))
def test_file_with_damaged_pages__any_use__is_refused_or_works(page: int, offset: int, wrong: bytes) -> None:
    data = bytearray(good())
    at = (page * 4096 + offset) % len(data)
    data[at : at + len(wrong)] = wrong
    use(bytes(data))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE {table}",
        "ALTER TABLE {table} RENAME TO other",
        "ALTER TABLE {table} ADD COLUMN other",
        "ALTER TABLE {table} RENAME TO other; CREATE VIEW {table} AS SELECT * FROM other",
        "DROP TABLE {table}; CREATE TABLE {table} (id INTEGER PRIMARY KEY)",
        "CREATE TRIGGER t BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'stop'); END",
        "CREATE UNIQUE INDEX i ON {table} (1) WHERE 0",
    ],
)
def test_file_with_another_schema__any_use__is_refused(table: str, change: str) -> None:
    errors = use(good(), lambda connection: connection.executescript(change.format(table=table)))
    assert errors == [BadFleet] * len(USES)


@pytest.mark.parametrize("version", [-1, 0, 1, 99])
def test_file_with_another_version__any_use__is_refused(version: int) -> None:
    errors = use(good(), lambda connection: connection.execute(f"PRAGMA user_version = {version}"))
    assert errors == [BadFleet] * len(USES)
