from __future__ import annotations

import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deadweight.formats.os_packages.rpm
from deadweight.formats.os_packages.rpm import BadDatabase, rpm_packages

NAME, OLD_FILE_NAMES, DIR_INDEXES, BASE_NAMES, DIR_NAMES = 1000, 1027, 1116, 1117, 1118
PAGE = 512  # of a Berkeley DB
TABLE = "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)"

Values = str | list[str] | list[int]
Writer = Callable[..., bytes]


def header(values: dict[int, Values]) -> bytes:
    """Return the header of a package, as in a database."""
    index, store = b"", b""
    for tag, value in values.items():
        if isinstance(value, str):
            kind, count, stored = 6, 1, value.encode("utf-8", "surrogateescape") + b"\0"
        elif value and isinstance(value[0], int):
            kind, count, stored = 4, len(value), struct.pack(f">{len(value)}L", *value)
        else:
            kind, count = 8, len(value)
            stored = b"".join(str(text).encode("utf-8", "surrogateescape") + b"\0" for text in value)
        index += struct.pack(">4L", tag, kind, len(store), count)
        store += stored
    return struct.pack(">2L", len(values), len(store)) + index + store


def package(name: str, *paths: str) -> bytes:
    """Return the header of a package with files, each in its own directory."""
    if not paths:
        return header({NAME: name})
    split = [path.rpartition("/") for path in paths]
    return header(
        {
            NAME: name,
            DIR_INDEXES: list(range(len(split))),
            BASE_NAMES: [base for _, _, base in split],
            DIR_NAMES: [directory + "/" for directory, _, _ in split],
        }
    )


def sqlite_database(*headers: bytes, schema: str = TABLE, wal: bool = True) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(schema)
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(found,) for found in headers])
        connection.commit()
        data = connection.serialize()
    return data[:18] + (b"\2\2" if wal else b"\1\1") + data[20:]


def ndb_database(*headers: bytes) -> bytes:
    blobs, slots = b"", b""
    for number, found in enumerate(headers, 1):
        blob = (
            struct.pack("<4s3L", b"BlbS", number, 0, len(found)) + found + struct.pack("<2L4s", 0, len(found), b"BlbE")
        )
        blob += bytes(-len(blob) % 16)
        slots += struct.pack("<4s3L", b"Slot", number, (4096 + len(blobs)) // 16, len(blob) // 16)
        blobs += blob
    slots += struct.pack("<4s3L", b"Slot", 0, 0, 0) * (254 - len(headers))
    return struct.pack("<4s4L12x", b"RpmP", 0, 1, 1, len(headers) + 1) + slots + blobs


def page(
    number: int, kind: int, body: bytes, *, following: int = 0, count: int = 0, used: int = 0, order: str
) -> bytes:
    return struct.pack(f"{order}8x3L2H2B", number, 0, following, count, used, 0, kind) + body


def hash_page(number: int, items: list[bytes], *, order: str, kind: int = 13) -> bytes:
    """Return a page whose items are alternately keys and values, stored from its end towards its start."""
    starts = [PAGE - sum(map(len, items[: at + 1])) for at in range(len(items))]
    body = struct.pack(f"{order}{len(starts)}H", *starts)
    free = PAGE - 26 - len(body) - sum(map(len, items))
    return page(number, kind, body + bytes(free) + b"".join(reversed(items)), count=len(items), order=order)


def berkeley_database(*headers: bytes, order: str = "<", short: bool = False) -> bytes:
    """Return a hash table with a page for each header, followed by the overflow pages of the header.

    short: the headers are short enough to be stored in the hash page
    """
    room = PAGE - 26
    pages = [b""]
    pages.append(hash_page(1, [b"\1" + bytes(4), b"\1" + struct.pack(f"{order}L", len(headers))], order=order))
    for instance, found in enumerate(headers, 1):
        key = b"\1" + struct.pack(f"{order}L", instance)
        first = len(pages) + 1
        value = b"\1" + found if short else b"\3\0\0\0" + struct.pack(f"{order}2L", first, len(found))
        pages.append(hash_page(len(pages), [key, value], order=order))
        parts = [] if short else [found[at : at + room] for at in range(0, len(found), room)]
        for number, part in enumerate(parts, first):
            following = number + 1 if number - first + 1 < len(parts) else 0
            body = part.ljust(room, b"\0")
            pages.append(page(number, 7, body, following=following, count=1, used=len(part), order=order))
    meta = struct.pack(f"{order}8x4L4B2L", 0, 0x061561, 9, PAGE, 0, 8, 0, 0, 0, len(pages) - 1)
    pages[0] = meta.ljust(PAGE, b"\0")
    return b"".join(pages)


WRITERS: dict[str, Writer] = {
    "SQLite": sqlite_database,
    "ndb": ndb_database,
    "Berkeley DB": berkeley_database,
    "Berkeley DB, big endian": lambda *headers: berkeley_database(*headers, order=">"),
}
each_format = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
BASH = package("bash", "/usr/bin/bash", *(f"/usr/share/doc/bash/{number}.txt" for number in range(40)))


def read(data: bytes) -> dict[str, tuple[str, ...]]:
    return dict(rpm_packages("var/lib/rpm/Packages", data))


@each_format
def test_rpm_packages__database_of_each_kind__gives_packages_and_their_files(write: Writer) -> None:
    data = write(BASH, package("ed", "/usr/bin/ed", "/etc/ed.conf"), package("empty"))
    found = read(data)
    assert list(found) == ["bash", "ed", "empty"]
    assert found["bash"][:2] == ("usr/bin/bash", "usr/share/doc/bash/0.txt")
    assert len(found["bash"]) == 41
    assert found["ed"] == ("usr/bin/ed", "etc/ed.conf")
    assert found["empty"] == ()


@each_format
def test_rpm_packages__database_of_each_kind__leaves_out_keys(write: Writer) -> None:
    assert list(read(write(package("gpg-pubkey"), BASH))) == ["bash"]


@each_format
def test_rpm_packages__no_packages__yields_none(write: Writer) -> None:
    assert read(write()) == {}


@each_format
def test_rpm_packages__one_broken_header__refuses_all(write: Writer) -> None:
    with pytest.raises(
        BadDatabase, match=r"^var/lib/rpm/Packages: a header in the rpm database does not have its recorded length"
    ):
        read(write(BASH, BASH + b"\0"))


@each_format
@pytest.mark.parametrize("left", [20, 600, 4100])
def test_rpm_packages__truncated__is_refused(write: Writer, left: int) -> None:
    with pytest.raises(BadDatabase):
        read(write(BASH, package("ed", *(f"/{'x' * 50}{number}" for number in range(100))))[:left])


@pytest.mark.parametrize("data", [b"", b"RpmQ", bytes(4096), b"SQLite format 2\0"])
def test_rpm_packages__other_bytes__are_not_a_database(data: bytes) -> None:
    with pytest.raises(BadDatabase, match=r"^usr/lib/sysimage/rpm/Packages\.db: not an rpm database"):
        rpm_packages("usr/lib/sysimage/rpm/Packages.db", data)


@pytest.mark.parametrize(("limit", "value"), [("MOST_BYTES", 100), ("_MOST_PACKAGES", 1), ("_MOST_MEMORY", 2000)])
def test_rpm_packages__more_than_any_system_has__is_refused(
    limit: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadweight.formats.os_packages.rpm, limit, value)
    with pytest.raises(BadDatabase):
        read(ndb_database(BASH, BASH))


def test_header__old_file_names__are_paths() -> None:
    assert read(ndb_database(header({NAME: "old", OLD_FILE_NAMES: ["/bin/a", "/bin/b"]}))) == {
        "old": ("bin/a", "bin/b")
    }


def test_header__shared_directories_and_foreign_bytes__become_paths() -> None:
    files: dict[int, Values] = {DIR_INDEXES: [1, 0, 1], BASE_NAMES: ["a", "b", "\udcff"], DIR_NAMES: ["/", "/opt/ü/"]}
    assert read(ndb_database(header({NAME: "p", **files}))) == {"p": ("opt/ü/a", "b", "opt/ü/\udcff")}


FILES: dict[int, Values] = {NAME: "p", DIR_INDEXES: [0], BASE_NAMES: ["a"], DIR_NAMES: ["/"]}


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        bytes(8),
        struct.pack(">2L", 0xFFFFFFFF, 0xFFFFFFFF),
        header({NAME: ""}),
        header({NAME: [7]}),
        header({**FILES, DIR_INDEXES: [1]}),
        header({**FILES, DIR_INDEXES: [0, 0]}),
        header({**FILES, DIR_INDEXES: ["a"]}),
        struct.pack(">6L", 1, 2, NAME, 6, 0, 1) + b"ab",
        struct.pack(">6L", 1, 2, NAME, 6, 0, 0xFFFFFFFF) + b"a\0",
        struct.pack(">6L", 1, 2, NAME, 6, 0xFFFFFFFF, 1) + b"a\0",
    ],
    ids=[
        "nothing", "no tags", "counts", "empty name", "name of numbers", "directory that is not there",
        "more directories", "directories of texts", "endless text", "count of texts", "offset",
    ],
)  # fmt: skip
def test_header__broken__is_refused(broken: bytes) -> None:
    with pytest.raises(BadDatabase):
        read(ndb_database(broken))


def test_header__long_directory_of_many_files__is_refused_before_paths_are_built() -> None:
    count = 100_000
    files: dict[int, Values] = {
        DIR_INDEXES: [0] * count,
        BASE_NAMES: ["a"] * count,
        DIR_NAMES: ["/" + "x" * 1_000_000 + "/"],
    }
    with pytest.raises(BadDatabase, match="too long paths"):
        read(ndb_database(header({NAME: "p", **files})))


def test_sqlite__without_write_ahead_log__is_read_too() -> None:
    assert list(read(sqlite_database(BASH, wal=False))) == ["bash"]


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE Other (blob)",
        "CREATE TABLE Packages (other)",
        "CREATE TABLE Packages (other, blob AS (other || other))",
        "CREATE VIEW Packages AS WITH RECURSIVE a(blob) AS (VALUES(x'') UNION ALL SELECT blob FROM a) SELECT * FROM a",
        "CREATE VIEW Packages AS SELECT x'00' AS blob",
    ],
)
def test_sqlite__other_schema__is_refused(schema: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(schema)
        with pytest.raises(BadDatabase, match="SQLite"):
            read(connection.serialize())


def test_sqlite__more_tables_than_rpm_creates__are_not_all_read() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(TABLE)
        for number in range(3000):
            connection.execute(f"CREATE TABLE t{number} (a)")
        with pytest.raises(BadDatabase, match="interrupted"):
            read(connection.serialize())


def test_sqlite__text_for_a_header__is_refused() -> None:
    schema = TABLE.replace("BLOB NOT NULL", "TEXT")
    with pytest.raises(BadDatabase, match="has no header"):
        read(sqlite_database("text", schema=schema))  # type: ignore[arg-type]


def test_sqlite__message_that_quotes_binary_data__is_reported() -> None:
    with pytest.raises(BadDatabase, match="cannot read"):
        read(sqlite_database(BASH).replace(b"CREATE TABLE", b"CREATE \xff\xff\xff\xff\xff"))


def test_sqlite__python_without_it__is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    with pytest.raises(BadDatabase, match="this Python has no sqlite3 module"):
        read(b"SQLite format 3\0")


def test_sqlite__too_old_to_read_from_memory__is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "Connection", object)
    with pytest.raises(BadDatabase, match="too old"):
        read(b"SQLite format 3\0")


def test_ndb__two_slots_of_one_blob__are_refused() -> None:
    data = bytearray(ndb_database(*[BASH] * 20))
    first = data[32:48]
    for slot in range(254):
        data[32 + 16 * slot : 48 + 16 * slot] = first
    with pytest.raises(BadDatabase, match="larger than itself"):
        read(bytes(data))


@pytest.mark.parametrize(
    ("at", "found"),
    [(4, b"\1"), (12, b"\xff\xff"), (32, b"slot"), (36, b"\7"), (40, b"\xff\xff\xff\xff"), (4096, b"blbS"),
     (4108, b"\xff\xff\xff\xff")],
    ids=["version", "slot pages", "slot magic", "number", "block", "blob magic", "length"],
)  # fmt: skip
def test_ndb__broken__is_refused(at: int, found: bytes) -> None:
    data = ndb_database(BASH)
    with pytest.raises(BadDatabase):
        read(data[:at] + found + data[at + len(found) :])


def test_berkeley__short_header__is_stored_inline() -> None:
    assert read(berkeley_database(package("ed", "/bin/ed"), short=True)) == {"ed": ("bin/ed",)}


CHAIN = 3 * PAGE  # the first overflow page, behind the pages of the meta data, of number 0, and of the hash


@pytest.mark.parametrize(
    ("at", "found", "reason"),
    [
        (CHAIN + 16, b"\3", "invalid chain"),
        (CHAIN + 16, b"\2", "invalid chain"),
        (CHAIN + 16, b"\xff\xff\xff\xff", "beyond its end"),
        (CHAIN + 16, b"\0", "not have its recorded length"),
        (CHAIN + 22, b"\xff\xff", "invalid chain"),
        (20, b"\1\2", "invalid page size"),
        (32, b"\xff\xff", "truncated"),
        (2 * PAGE + 20, b"\3", "overlap"),
        (2 * PAGE + 20, b"\xff\xff", "beyond its end"),
        (2 * PAGE + 26, b"\1\0", "overlap"),
        (3 * PAGE - 17, b"\4", "type that rpm does not use"),
    ],
    ids=[
        "chain to itself", "chain to a hash", "chain beyond", "chain too short", "length", "page size", "last page",
        "odd items", "many items", "overlapping items", "duplicates",
    ],
)  # fmt: skip
def test_berkeley__broken__is_refused(at: int, found: bytes, reason: str) -> None:
    data = berkeley_database(BASH)
    with pytest.raises(BadDatabase, match=reason):
        read(data[:at] + found + data[at + len(found) :])


def test_berkeley__two_values_of_one_chain__are_refused() -> None:
    data = berkeley_database(BASH, BASH)
    second = data.rindex(struct.pack("<L", len(BASH))) - 4  # the number of the page on which its value starts
    with pytest.raises(BadDatabase, match="invalid chain"):
        read(data[:second] + b"\3" + data[second + 1 :])


DATABASES = [write(BASH, package("ed", "/bin/ed")) for write in WRITERS.values()]


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_rpm_packages__mutated__reads_or_refuses(data: st.DataObject) -> None:
    found = bytearray(data.draw(st.sampled_from(DATABASES)))
    locations = st.integers(0, len(found) - 1)
    for at, value in data.draw(st.lists(st.tuples(locations, st.binary(min_size=1, max_size=4)), max_size=8)):
        found[at : at + len(value)] = value
    try:
        packages = list(rpm_packages("Packages", bytes(found[: data.draw(locations) or None])))
    except BadDatabase:
        return
    assert all(path[:1] != "/" for _, paths in packages for path in paths)


@settings(max_examples=200, deadline=None)
@given(mutations=st.lists(st.tuples(st.integers(0, len(BASH) - 1), st.integers(0, 255)), max_size=4))
def test_header__mutated__reads_or_refuses(mutations: list[tuple[int, int]]) -> None:
    found = bytearray(BASH)
    for at, value in mutations:
        found[at] = value
    try:
        packages = read(ndb_database(bytes(found)))
    except BadDatabase:
        return
    # A header of a few hundred bytes describes one package, and no path outside of the root.
    assert len(packages) <= 1
    assert all(path[:1] != "/" for paths in packages.values() for path in paths)


SPEC = """\
Name: tiny
Version: 1
Release: 1
Summary: tiny
License: MIT
BuildArch: noarch
%description
%install
mkdir -p %{buildroot}/usr/share/tiny/deep %{buildroot}/opt/ü
touch %{buildroot}/usr/share/tiny/a %{buildroot}/usr/share/tiny/deep/b %{buildroot}/opt/ü/c
%files
/usr/share/tiny
/opt/ü/c
"""


@pytest.mark.skipif(not (shutil.which("rpm") and shutil.which("rpmbuild")), reason="needs rpm and rpmbuild")
def test_rpm_packages__database_by_rpm_itself__is_read(tmp_path: Path) -> None:
    (tmp_path / "tiny.spec").write_text(SPEC, "utf-8")
    locations = [f"--define=_topdir {tmp_path}", f"--define=_rpmdir {tmp_path}", "--define=_rpmfilename tiny.rpm"]
    subprocess.run(["rpmbuild", "-bb", *locations, "tiny.spec"], cwd=tmp_path, check=True, capture_output=True)
    database = [f"--dbpath={tmp_path / 'db'}", "--define=_db_backend sqlite"]
    subprocess.run(
        ["rpm", *database, "-i", "--justdb", "--nodeps", "tiny.rpm"], cwd=tmp_path, check=True, capture_output=True
    )
    found = read((tmp_path / "db" / "rpmdb.sqlite").read_bytes())
    listed = subprocess.check_output(["rpm", *database, "-ql", "tiny"], text=True, encoding="utf-8")
    assert found == {"tiny": tuple(path.lstrip("/") for path in listed.splitlines())}
    assert "opt/ü/c" in found["tiny"]
