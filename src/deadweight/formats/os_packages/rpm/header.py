"""The header of an rpm package → its name and the paths of its files.

source: RPM's manual, "Package format", Header structure and Tags: two counts, an index of fixed rows, and a store of
values that the rows point into. Here the header has no magic, since databases leave it out.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_COUNTS = struct.Struct(">2L")  # rows, bytes of the store
_ROW = struct.Struct(">4L")  # tag, type, offset in the store, count
_MOST_ROWS = 1 << 16
_MOST_VALUES = 1 << 20  # of a tag; the packages with most files have a hundred thousand
_NAME, _OLD_FILE_NAMES, _DIR_INDEXES, _BASE_NAMES, _DIR_NAMES = 1000, 1027, 1116, 1117, 1118
_INT32, _STRING, _STRING_ARRAY = 4, 6, 8


class BadDatabase(ValueError):
    """Bytes that are no rpm database, or a broken one."""


class Package(NamedTuple):
    """An installed package; ``paths`` are relative to the root, undecodable bytes in them are surrogates."""

    name: str
    paths: tuple[str, ...]


def read_header(header: bytes, memory: int) -> Package:
    """Return the package that a header describes.

    memory: how many characters its paths may have in all
    raises: BadDatabase; struct.error where it ends too early
    """
    store = _Store(header)
    names = store.texts(_NAME)
    if not names or not names[0]:
        raise BadDatabase("a package in it has no name")
    return Package(names[0], tuple(path.lstrip("/") for path in _paths(store, memory)))


def _paths(store: _Store, memory: int) -> list[str]:
    """Return the absolute paths: a folder's name, which ends with a slash, and one in it; or old rpm's whole ones."""
    folders, bases, indexes = store.texts(_DIR_NAMES), store.texts(_BASE_NAMES), store.numbers(_DIR_INDEXES)
    if not bases:
        return store.texts(_OLD_FILE_NAMES)
    if len(indexes) != len(bases) or max(indexes) >= len(folders):
        raise BadDatabase("a package in it has files in no folder")
    lengths = [len(folder) for folder in folders]
    if sum(lengths[index] for index in indexes) + sum(map(len, bases)) > memory:
        raise BadDatabase("its packages have more or longer paths than any system")
    return [folders[index] + base for index, base in zip(indexes, bases, strict=True)]


class _Store:
    """The values of a header, by tag; none for a tag that it does not have."""

    def __init__(self, header: bytes) -> None:
        rows, length = _COUNTS.unpack_from(header)
        self._start = _COUNTS.size + _ROW.size * rows
        if rows > _MOST_ROWS or self._start + length != len(header):
            raise BadDatabase("a package in it has not the length that it says")
        index = _ROW.iter_unpack(header[_COUNTS.size : self._start])
        # The last of a tag counts: what rpm changes in a signed header, it adds at the end.
        self._rows = {tag: (kind, offset, count) for tag, kind, offset, count in index}
        self._header = header

    def texts(self, tag: int) -> list[str]:
        """Return texts, each of which ends with NUL."""
        at, count = self._place(tag, (_STRING, _STRING_ARRAY))
        *found, _ = self._header[at:].split(b"\0", count) if count else (b"",)
        if len(found) < count:
            raise BadDatabase("a text in it does not end")
        return [text.decode("utf-8", "surrogateescape") for text in found]

    def numbers(self, tag: int) -> tuple[int, ...]:
        at, count = self._place(tag, (_INT32,))
        return struct.unpack_from(f">{count}L", self._header, at) if count else ()

    def _place(self, tag: int, kinds: tuple[int, ...]) -> tuple[int, int]:
        """Return where the values of a tag start in the header, and how many they are."""
        kind, offset, count = self._rows.get(tag, (kinds[0], 0, 0))
        if kind not in kinds or count > _MOST_VALUES:
            raise BadDatabase("a value in it is not of its type, or there are too many")
        return self._start + offset, count
