from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from deadweight.errors import BadInput, FetchFailed
from deadweight.sources.fleet.cache import (
    KEY_VARIABLE,
    SealedStore,
    check,
    clear_all,
    default_location,
    refuse_credentials,
    shared_cache,
    trim_cache,
    whole_usage,
)
from deadweight.sources.wheels.cache import Cache, NoCache
from deadweight.sources.wheels.store import Store


def entries(store: SealedStore) -> list[Path]:
    return sorted(path for path in Path(store.directory).iterdir() if path.is_file())


def test_sealed_store__entry__is_returned_for_its_kind_and_key(tmp_path: Path) -> None:
    store = SealedStore(Store(str(tmp_path)))
    store.put("layer", "a", b"data")
    assert store.get("layer", "a") == b"data"
    assert store.get("layer", "b") is None
    assert store.get("listing", "a") is None


def test_sealed_store__changed_byte__is_not_returned(tmp_path: Path) -> None:
    store = SealedStore(Store(str(tmp_path)))
    store.put("layer", "a", b"data")
    (path,) = entries(store)
    whole = path.read_bytes()
    for number in range(len(whole)):
        path.write_bytes(whole[:number] + bytes([whole[number] ^ 1]) + whole[number + 1 :])
        assert store.get("layer", "a") is None
    path.write_bytes(whole[:-1])
    assert store.get("layer", "a") is None
    path.write_bytes(b"")
    assert store.get("layer", "a") is None


def test_sealed_store__entry_under_another_key__is_not_returned(tmp_path: Path) -> None:
    store = SealedStore(Store(str(tmp_path)))
    store.put("layer", "evil", b"data")
    (path,) = entries(store)
    shutil.copy(path, str(path).replace("evil", "good"))
    assert store.get("layer", "good") is None


def test_sealed_store__key__refuses_entries_of_those_without_it(tmp_path: Path) -> None:
    open_to_all, ours = SealedStore(Store(str(tmp_path))), SealedStore(Store(str(tmp_path)), b"secret")
    open_to_all.put("layer", "a", b"poison")
    assert ours.get("layer", "a") is None
    ours.put("layer", "a", b"good")
    assert ours.get("layer", "a") == b"good"
    assert SealedStore(Store(str(tmp_path)), b"other").get("layer", "a") is None
    assert b"secret" not in b"".join(path.read_bytes() for path in entries(ours))


def test_shared_cache__key_in_the_environment__seals_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    shared_cache.cache_clear()
    shared_cache(str(tmp_path)).store.put("layer", "a", b"data")
    shared_cache.cache_clear()
    assert SealedStore(Store(str(tmp_path)), b"secret").get("layer", "a") == b"data"
    assert isinstance(shared_cache(""), NoCache)


def test_usage_and_clear__cache_of_fleets__are_included(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEADWEIGHT_CACHE_DIR", str(tmp_path))
    Cache().store.put("layer", "a", bytes(100))
    shared_cache(default_location()).store.put("layer", "b", bytes(100))
    usage = whole_usage()
    assert (usage.layers, usage.size) == (2, 232)
    assert clear_all() == usage
    assert (whole_usage().layers, whole_usage().size) == (0, 0)


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:secret@bucket/x",
        "s3://key:se::cret@bucket/x",
        "https://host.example/cache?sig=secret",
        "filecache::https://host.example/b::s3://key:secret@bucket/x",
        "ssh://git@host.example/b::s3://key:secret@bucket/x",
    ],
)
def test_refuse_credentials__url_with_a_secret__is_refused_without_it(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        refuse_credentials(url)
    assert "secret" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize("location", ["s3://bucket/a@b", "filecache::s3://bucket/x", "memory://x", "/tmp/a@b", ""])
def test_refuse_credentials__other_location__is_accepted(location: str) -> None:
    refuse_credentials(location)


def test_check__directory__needs_to_be_writable(tmp_path: Path) -> None:
    check(f"file://{tmp_path}/new")
    assert list((tmp_path / "new").iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        check(str(tmp_path / "file"))


def test_check__entry_that_cannot_be_put_in_its_place__says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(PermissionError):
        check(str(tmp_path))
    assert not list(tmp_path.rglob(".new-*"))


def test_check__directory_that_loses_bytes__says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.replace", lambda source, target: Path(target).touch())
    with pytest.raises(FetchFailed, match="returns other bytes than were written"):
        check(str(tmp_path))


@pytest.mark.parametrize("url", ["memory://cache/of/tests", "file://{tmp_path}/cache", "{tmp_path}/cache"])
def test_shared_cache__url__keeps_entries_for_others(tmp_path: Path, url: str) -> None:
    pytest.importorskip("fsspec")
    url = url.format(tmp_path=tmp_path)
    shared_cache.cache_clear()
    assert shared_cache(url).store.get("layer", "a") is None
    shared_cache(url).store.put("layer", "a", b"data")
    shared_cache.cache_clear()
    assert shared_cache(url).store.get("layer", "a") == b"data"
    trim_cache(url)
    assert shared_cache(url).store.get("layer", "a") == b"data"


def test_trim_cache__others_wrote__removes_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.sources.fleet.cache.MOST_BYTES", 1000)
    store = SealedStore(Store(str(tmp_path)))
    for number in range(10):
        store.put("layer", str(number), bytes(200))
    store.trim()
    assert len(entries(store)) == 10
    trim_cache(str(tmp_path))
    assert sum(path.stat().st_size for path in entries(store)) <= 1000
