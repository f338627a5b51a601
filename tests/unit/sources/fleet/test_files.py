"""Opening the file of a fleet: new, older, newer, damaged and foreign ones."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from deadweight.errors import BadFleet
from deadweight.fleet import schema
from deadweight.sources.fleet import files
from deadweight.sources.fleet.files import reading, writing
from deadweight.sources.fleet.store import Fleet
from tests.builders import bare, report_on
from tests.fleets import fleet_file, rows, version_1

SCHEMA = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"


def test_writing__new_file__is_in_wal_mode_with_the_current_version(tmp_path: Path) -> None:
    with writing(str(tmp_path / "f.db")):
        pass
    assert rows(tmp_path / "f.db", "PRAGMA journal_mode") == [("wal",)]
    assert rows(tmp_path / "f.db", "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]


def test_writing__path_with_special_characters__is_that_file(tmp_path: Path) -> None:
    with writing(str(tmp_path / "a?b#c%20.db")):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a?b#c%20.db"]


def test_writing__version_1__gets_the_current_schema_and_keeps_its_rows(tmp_path: Path) -> None:
    old, new = version_1(tmp_path / "old.db"), fleet_file(tmp_path / "new.db")
    before = rows(old, "SELECT * FROM targets")
    with writing(str(old)):
        pass
    assert rows(old, SCHEMA) == rows(new, SCHEMA)
    assert before
    assert [row[: len(before[0])] for row in rows(old, "SELECT * FROM targets")] == before


def test_reading__version_1__is_migrated(tmp_path: Path) -> None:
    with reading(str(version_1(tmp_path / "old.db"))) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
        assert connection.execute("SELECT COUNT(*) FROM targets").fetchone() == (2,)


def test_migrate__statement_fails__file_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fleet_file(tmp_path / "f.db", {"app": report_on(bare("a"))})
    before = rows(path, SCHEMA)
    wrong = ("ALTER TABLE run ADD COLUMN host TEXT", "ALTER TABLE missing ADD COLUMN host TEXT")
    monkeypatch.setattr(files, "MIGRATIONS", (*schema.MIGRATIONS, wrong))
    with pytest.raises(sqlite3.OperationalError, match="no such table"), writing(str(path)):
        pass
    assert rows(path, SCHEMA) == before
    monkeypatch.setattr(files, "MIGRATIONS", (*schema.MIGRATIONS, wrong[:1]))
    with writing(str(path)) as connection:
        assert connection.execute("SELECT host FROM run").fetchall() == [(None,)]


@pytest.mark.parametrize("mode", [reading, writing])
def test_open__newer_version__is_refused(tmp_path: Path, mode: object) -> None:
    path = fleet_file(tmp_path / "f.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(BadFleet, match="newer version of deadweight: its schema is version 99") as refused:
        with mode(str(path)):  # type: ignore[operator]
            pass
    assert refused.value.hint == "upgrade deadweight"


def changed(path: Path, script: str) -> Path:
    """Run statements on the file of a fleet, as its user or somebody else does."""
    with closing(sqlite3.connect(fleet_file(path, {"app": report_on(bare("a"))}))) as connection:
        connection.executescript(script)
    return path


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("DROP VIEW runs", "the view runs is missing"),
        ("DROP TABLE kind; CREATE VIEW kind AS SELECT 1 AS result", "the table kind is missing"),
        ("ALTER TABLE run ADD COLUMN host", "the table run differs"),
        ("CREATE TRIGGER t INSERT ON run BEGIN SELECT 1; END", "it has a trigger of its own, t, on the table run"),
        ("CREATE TRIGGER t INSERT ON RUN BEGIN SELECT 1; END", "it has a trigger of its own, t, on the table RUN"),
        ("CREATE INDEX i ON run (abs(options))", "it has an index of its own, i, on the table run"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", [reading, writing])
def test_open__another_schema__is_refused_with_the_difference(
    tmp_path: Path, script: str, reason: str, mode: object
) -> None:
    path = changed(tmp_path / "f.db", script)
    with pytest.raises(BadFleet) as refused, mode(str(path)):  # type: ignore[operator]
        pass
    assert refused.value.cause == f"{path} does not have the schema of version {len(schema.MIGRATIONS)}: {reason}"


def test_open__tables_views_and_indexes_of_the_user__are_allowed(tmp_path: Path) -> None:
    script = """
CREATE TABLE team (name TEXT); CREATE TRIGGER t AFTER INSERT ON team BEGIN DELETE FROM team; END;
CREATE VIEW mine AS SELECT * FROM latest; CREATE INDEX by_version ON installed (version, result); ANALYZE"""
    path = changed(tmp_path / "f.db", script)
    for mode in (reading, writing):
        with mode(str(path)) as connection:
            assert connection.execute("SELECT COUNT(*) FROM mine").fetchone() == (1,)


def test_writing__value_of_ours_is_missing__is_no_damage_of_the_file(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db")
    with pytest.raises(sqlite3.IntegrityError), writing(str(path)) as connection:
        connection.execute("INSERT INTO target (name) VALUES (NULL)")


def test_reading__value_that_is_no_text__says_so(tmp_path: Path) -> None:
    path = changed(tmp_path / "f.db", "UPDATE target SET name = CAST(x'ff' AS TEXT)")
    with (
        pytest.raises(BadFleet, match=r"f\.db is damaged: Could not decode to UTF-8"),
        reading(str(path)) as connection,
    ):
        connection.execute("SELECT * FROM target").fetchall()


def test_reading__huge_value__is_not_read(tmp_path: Path) -> None:
    path = changed(tmp_path / "f.db", "UPDATE target SET name = CAST(zeroblob(100000000) AS TEXT)")
    with pytest.raises(BadFleet, match="too big"), reading(str(path)) as connection:
        connection.execute("SELECT * FROM target").fetchall()


def test_open__other_files__are_refused_and_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database" * 100, "utf-8")
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE mine (id INTEGER)")
    for name in ("text", "other.db"):
        before = (tmp_path / name).read_bytes()
        for mode in (reading, writing):
            with pytest.raises(BadFleet, match=f"{name} is not the file of a fleet"), mode(str(tmp_path / name)):
                pass
        assert (tmp_path / name).read_bytes() == before


def test_reading__empty_file__is_refused_and_stays_empty(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(BadFleet, match="is not the file of a fleet"), reading(str(tmp_path / "notes.txt")):
        pass
    assert [(each.name, each.stat().st_size) for each in tmp_path.iterdir()] == [("notes.txt", 0)]


def test_open__no_file__says_so(tmp_path: Path) -> None:
    with pytest.raises(BadFleet, match=r"f\.db: no such file"), reading(str(tmp_path / "f.db")):
        pass
    with pytest.raises(BadFleet, match="is not a file"), reading(str(tmp_path)):
        pass
    with pytest.raises(BadFleet, match="it is a directory"), writing(str(tmp_path)):
        pass
    with pytest.raises(BadFleet, match="missing: no such directory"), writing(str(tmp_path / "missing" / "f.db")):
        pass


def test_open__damaged_file__says_so(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"app": report_on(*(bare(f"a{n}") for n in range(500)))})
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(BadFleet, match="damaged") as damaged, reading(str(path)) as connection:
        connection.execute("SELECT COUNT(*) FROM distributions").fetchone()
    assert "restore a copy" in damaged.value.hint


def test_reading__directory_that_is_read_only__needs_no_files_next_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fleet_file(tmp_path / "f.db", {"app": report_on(bare("a"))})
    monkeypatch.setattr(os, "access", lambda *_: False)  # the superuser may write everywhere
    with reading(str(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM targets").fetchone() == (1,)
        assert [each.name for each in tmp_path.iterdir()] == ["f.db"]


def test_reading__writes__are_refused(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db")
    with pytest.raises(BadFleet, match="cannot be written"), reading(str(path)) as connection:
        connection.execute("DELETE FROM run")


def test_reading__while_another_writes__sees_what_is_committed(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"app": report_on(bare("a"))})
    with Fleet.open(str(path)) as fleet, reading(str(path)) as reader:
        with fleet._transaction():
            fleet._connection.execute("DELETE FROM measurement")
            assert reader.execute("SELECT COUNT(*) FROM targets").fetchone() == (1,)
        assert reader.execute("SELECT COUNT(*) FROM targets").fetchone() == (0,)


def test_reading__malformed_schema_that_is_not_text__is_damaged(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    data = path.read_bytes().replace(b"CREATE TABLE run", b"CREATE TABLX run")
    path.write_bytes(data.replace(b"tablerunrun", b"table\xffunrun"))
    with pytest.raises(BadFleet, match="is damaged: its schema is not text"), reading(str(path)):
        pass
