"""The cache of layers: what leads to an entry, and what is not one."""

from __future__ import annotations

import random
from pathlib import Path

from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.layer_entries import encoded
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.layers import Room
from deadweight.sources.wheels.store import Store

DIFF_ID, DIGEST = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
ENTRIES = [TarEntry("etc/passwd", "file", 4, 4, start=b"root")]


def cache_in(path: Path) -> LayerCache:
    return LayerCache(Store(str(path)))


def test_find__entry_of_an_alias_was_removed__layer_is_stored_and_found_again(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.put((DIFF_ID, DIGEST), encoded(ENTRIES))
    assert cache.find((DIGEST,), Room()) == ENTRIES
    (entry,) = (path for path in tmp_path.rglob("layer-*") if "a" * 64 in path.name)
    entry.unlink()
    assert not cache.has((DIGEST,))
    cache.put((DIGEST,), encoded(ENTRIES))
    assert cache.has((DIGEST,))
    assert cache.find((DIGEST,), Room()) == ENTRIES


def test_find__alias_that_is_no_key__is_no_entry(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    for alias in (b"\0", b"../../etc/passwd", b"\xff" * 64):
        cache._put("alias", "b" * 64, alias)  # whoever can write to the cache can seal an entry, too
        assert not cache.has((DIGEST,))
        assert cache.find((DIGEST,), Room()) is None


def test_put__entries_of_several_pieces__are_found_while_all_pieces_are_there(tmp_path: Path) -> None:
    cache = LayerCache(Store(str(tmp_path), most=1 << 30))
    text = random.Random(1).randbytes((1 << 25) + 10)
    entries = [*ENTRIES, TarEntry("var/lib/rpm/rpmdb.sqlite", "file", len(text), len(text), start=text)]
    cache.put((DIFF_ID, DIGEST), encoded(entries))
    pieces = sorted(tmp_path.rglob("piece-*"))
    assert len(pieces) == 2
    for digest in (DIFF_ID, DIGEST):
        assert cache.has((digest,))
        assert cache.find((digest,), Room()) == entries
    pieces[1].unlink()
    assert not cache.has((DIGEST,))
    assert cache.find((DIGEST,), Room()) is None
    cache.put((DIGEST,), encoded(ENTRIES))
    assert cache.find((DIGEST,), Room()) == ENTRIES


def test_put__entries_larger_than_a_sixth_of_the_cache__are_not_kept(tmp_path: Path) -> None:
    cache = LayerCache(Store(str(tmp_path), most=6 << 24))
    text = random.Random(1).randbytes(1 << 24)
    cache.put((DIGEST,), encoded([TarEntry("a", "file", len(text), len(text), start=text)]))
    assert not list(tmp_path.rglob("*.entry"))


def test_text__damaged_or_too_large__is_bounded() -> None:
    assert TarEntry("a", "file", 4, 4, start=b"no zlib", packed=True).text() == b""
