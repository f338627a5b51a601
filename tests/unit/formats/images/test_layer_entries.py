"""The entries of layers as bytes."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.layer_entries import decoded, encoded
from deadweight.model import Linking

TEXTS = st.binary(max_size=20).map(lambda data: data.replace(b"\0", b"x").decode("utf-8", "surrogateescape"))
CODE = st.none() | st.builds(Linking, st.lists(st.text(max_size=5), max_size=3).map(tuple), st.text(max_size=5))
STARTS = st.binary(max_size=50)
FILES = st.builds(
    lambda path, size, start, code, is_native: TarEntry(
        path, "file", size, size, "", start, (lambda: code) if is_native else None
    ),
    TEXTS, st.integers(0, 1 << 60), STARTS, CODE, st.booleans(),
)  # fmt: skip
LONG = st.builds(lambda path, text: TarEntry(path, "file", 9, 9, "", zlib.compress(text), None, True), TEXTS, STARTS)
LINKS = st.builds(
    lambda path, kind, target: TarEntry(path, kind, 0, 0, target), TEXTS, st.sampled_from(["link", "symlink"]), TEXTS
)
OTHERS = st.builds(lambda path, kind: TarEntry(path, kind, 0, 0), TEXTS, st.sampled_from(["directory", "other"]))


def shown(entry: TarEntry) -> tuple[object, ...]:
    return (*entry[:6], entry.code and entry.code(), entry.code is None, entry.packed, entry.text())


@given(st.lists(FILES | LONG | LINKS | OTHERS, max_size=8))
def test_decoded__what_was_encoded__is_equal(entries: list[TarEntry]) -> None:
    assert list(map(shown, decoded(encoded(entries)))) == list(map(shown, entries))


@given(st.data())
def test_decoded__other_bytes__are_refused_or_are_entries(data: st.DataObject) -> None:
    whole = encoded([TarEntry("a", "file", 1, 1, "", b"x"), TarEntry("b", "symlink", 0, 0, "a")])
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + 1 :]
    try:
        entries = decoded(changed)
    except ValueError:
        return
    assert all(entry.size >= 0 for entry in entries)
