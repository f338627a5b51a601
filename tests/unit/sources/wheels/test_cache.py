from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from deadweight.formats.distributions.wheel import Contents, Item
from deadweight.model import Archive
from deadweight.sources.wheels.cache import Cache, NoCache
from deadweight.sources.wheels.store import default_directory

CONTENTS = Contents(
    items=(Item("a/b.py", 10), Item("a/späte", 0), Item("bin/x", 1 << 40, program=True)),
    metadata="Name: ä\n".encode() + b"\xff",
    entry_points=b"[console_scripts]\n",
    top_level=b"a\n",
    first_lines={"a-1.data/scripts/x": 9},
    size=123,
    estimated=True,
)


def archive(number: int = 1, filename: str = "a-1.whl") -> Archive:
    return Archive(filename=filename, url="https://files.example/a", sha256=f"{number:064x}")


def files(cache: Cache) -> list[Path]:
    return sorted(Path(cache.usage().directory).iterdir())


def test_cache__put_and_get__are_equal(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    assert cache.get(archive()) is None
    cache.put(archive(), CONTENTS, verified=True)
    assert Cache(str(tmp_path)).get(archive()) == CONTENTS
    assert (cache.usage().listings, cache.usage().size) == (1, files(cache)[0].stat().st_size)


@pytest.mark.parametrize("verified", [True, False])
def test_cache__has__what_was_put(tmp_path: Path, verified: bool) -> None:
    cache = Cache(str(tmp_path))
    assert not cache.has(archive())
    cache.put(archive(), CONTENTS, verified=verified)
    assert cache.has(archive())
    assert not cache.has(archive(2))


def test_cache__other_file_of_the_same_hash__is_not_it(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    cache.put(archive(), CONTENTS, verified=True)
    assert cache.get(archive(filename="b-1.whl")) is None


def test_cache__hash_that_was_not_checked__holds_for_its_url_alone(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    evil = replace(archive(), url="https://evil.example/a-1.whl")
    cache.put(evil, CONTENTS, verified=False)
    assert cache.get(archive()) is None
    assert cache.get(replace(archive(), url="https://evil.example/b/a-1.whl")) is None
    assert cache.get(evil) == CONTENTS
    assert cache.get(replace(evil, url="https://me:secret@evil.example/a-1.whl#sha256=1")) == CONTENTS


def test_cache__verified_hash__is_valid_for_any_url(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    cache.put(archive(), CONTENTS, verified=True)
    assert cache.get(replace(archive(), url="https://mirror.example/a")) == CONTENTS


def test_cache__archive_of_another_size__is_another_archive(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    cache.put(archive(), CONTENTS, verified=True)
    assert cache.get(replace(archive(), size=123)) == CONTENTS
    assert cache.get(replace(archive(), size=124)) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [("sizes", ["1", "2", "3"]), ("sizes", [1, 2, -3]), ("sizes", {}), ("programs", ["x"]), ("programs", 1),
     ("paths", []), ("metadata", 1), ("entry_points", None), ("size", "123"), ("estimated", 0),
     ("first_lines", {"x": "1"}), ("first_lines", []), ("top_level", 1)],
)  # fmt: skip
def test_cache__value_of_another_type__is_read_anew(tmp_path: Path, key: str, value: object) -> None:
    cache = Cache(str(tmp_path))
    cache.put(archive(), CONTENTS, verified=True)
    values = json.loads(files(cache)[0].read_text())
    files(cache)[0].write_text(json.dumps({**values, key: value}))
    assert cache.get(archive()) is None


@pytest.mark.parametrize("sha256", [None, "", "../../etc/passwd", "0" * 63, "G" * 64])
def test_cache__archive_without_a_hash__is_not_kept(tmp_path: Path, sha256: str | None) -> None:
    cache = Cache(str(tmp_path / "cache"))
    cache.put(Archive(filename="a", url="", sha256=sha256), CONTENTS, verified=True)
    assert cache.get(Archive(filename="a", url="", sha256=sha256)) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"filename": "a-1.whl"}', b"\xff" * 99, b"[" * 9999])
def test_cache__damaged_listing__is_read_anew(tmp_path: Path, damage: bytes) -> None:
    cache = Cache(str(tmp_path))
    cache.put(archive(), CONTENTS, verified=True)
    files(cache)[0].write_bytes(damage)
    assert cache.get(archive()) is None
    cache.put(archive(), CONTENTS, verified=True)
    assert cache.get(archive()) == CONTENTS


def test_cache__too_much__the_longest_unused_goes(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path), most=1_000_000_000)
    for number in range(10):
        cache.put(archive(number), CONTENTS, verified=True)
        os.utime(tmp_path / "kept-4" / f"listing-{number:064x}.entry", (number, number))
    assert cache.get(archive(0)) is not None  # used just now
    size = files(cache)[0].stat().st_size
    small = Cache(str(tmp_path), most=5 * size)
    small.put(archive(10), CONTENTS, verified=True)
    small.trim()
    assert small.usage().size <= 5 * size
    assert small.get(archive(0)) is not None
    assert small.get(archive(1)) is None
    assert small.get(archive(10)) is not None


def test_cache__read_only_directory__is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    cache = Cache(str(tmp_path / "file"))
    cache.put(archive(), CONTENTS, verified=True)
    assert cache.get(archive()) is None
    cache.trim()
    assert cache.usage().listings == 0


def test_cache__clear__leaves_other_files(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    cache.put(archive(), CONTENTS, verified=True)
    (tmp_path / "kept-4" / ".new-left-behind").write_text("x")
    (tmp_path / "kept-4" / "mine.txt").write_text("x")
    assert cache.clear().listings == 1
    assert [path.name for path in files(cache)] == ["mine.txt"]


def test_no_cache__keeps_nothing_and_knows_nothing(tmp_path: Path) -> None:
    Cache(str(tmp_path)).put(archive(), CONTENTS, verified=True)
    cache = NoCache(str(tmp_path))
    cache.put(archive(2), CONTENTS, verified=True)
    assert cache.get(archive()) is None
    assert cache.usage().listings == 1


def test_default_directory__variables__overrule(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DEADWEIGHT_CACHE_DIR", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_directory() == "/home/me/.cache/deadweight"
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert default_directory() == "/caches/deadweight"
    monkeypatch.setenv("DEADWEIGHT_CACHE_DIR", str(tmp_path))
    assert default_directory() == str(tmp_path)
