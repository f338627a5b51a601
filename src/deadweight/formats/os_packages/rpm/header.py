"""The header of an rpm package → its name and the paths of its files.

source: RPM manual, "Package format", Header structure and Tags

A header is two counts, an index of fixed-size rows, and a store of values that the rows point into. In a database it
has no magic number.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_COUNTS = struct.Struct(">2L")  # rows, bytes of the store
_ROW = struct.Struct(">4L")  # tag, type, offset in the store, count
_MOST_ROWS = 1 << 16
_MOST_VALUES = 1 << 20  # of a tag; the packages with the most files have 100,000
_NAME, _OLD_FILE_NAMES, _DIR_INDEXES, _BASE_NAMES, _DIR_NAMES = 1000, 1027, 1116, 1117, 1118
_INT32, _STRING, _STRING_ARRAY = 4, 6, 8


class BadDatabase(ValueError):
    """The bytes are not a valid rpm database."""


class Package(NamedTuple):
    """An installed package; ``paths`` are relative to the root, with undecodable bytes as surrogates."""

    name: str
    paths: tuple[str, ...]


def read_header(header: bytes, memory: int) -> Package:
    """Return the package that a header describes.

    memory: the most characters that its paths may have in total
    raises: BadDatabase; struct.error if the header is truncated
    """
    store = _Store(header)
    names = store.texts(_NAME)
    if not names or not names[0]:
        raise BadDatabase("a package in the rpm database has no name")
    return Package(names[0], tuple(path.lstrip("/") for path in _paths(store, memory)))


def _paths(store: _Store, memory: int) -> list[str]:
    """Return the absolute paths, composed of directory (with a final slash) and base name, or whole as in old rpm."""
    directories, bases, indexes = store.texts(_DIR_NAMES), store.texts(_BASE_NAMES), store.numbers(_DIR_INDEXES)
    if not bases:
        return store.texts(_OLD_FILE_NAMES)
    if len(indexes) != len(bases) or max(indexes) >= len(directories):
        raise BadDatabase("a package in the rpm database has a file without a directory")
    lengths = [len(directory) for directory in directories]
    if sum(lengths[index] for index in indexes) + sum(map(len, bases)) > memory:
        raise BadDatabase("the packages in the rpm database have too many or too long paths")
    return [directories[index] + base for index, base in zip(indexes, bases, strict=True)]


class _Store:
    """The values of a header by tag; empty for a missing tag."""

    def __init__(self, header: bytes) -> None:
        rows, length = _COUNTS.unpack_from(header)
        self._start = _COUNTS.size + _ROW.size * rows
        if rows > _MOST_ROWS or self._start + length != len(header):
            raise BadDatabase("a header in the rpm database does not have its recorded length")
        index = _ROW.iter_unpack(header[_COUNTS.size : self._start])
        # The last row of a tag counts, because rpm appends changes to a signed header.
        self._rows = {tag: (kind, offset, count) for tag, kind, offset, count in index}
        self._header = header

    def texts(self, tag: int) -> list[str]:
        """Return the NUL-terminated strings of a tag."""
        at, count = self._locate(tag, (_STRING, _STRING_ARRAY))
        *texts, _ = self._header[at:].split(b"\0", count) if count else (b"",)
        if len(texts) < count:
            raise BadDatabase("a string in the rpm database is not terminated")
        return [text.decode("utf-8", "surrogateescape") for text in texts]

    def numbers(self, tag: int) -> tuple[int, ...]:
        at, count = self._locate(tag, (_INT32,))
        return struct.unpack_from(f">{count}L", self._header, at) if count else ()

    def _locate(self, tag: int, kinds: tuple[int, ...]) -> tuple[int, int]:
        """Return (offset in the header, count) of the values of a tag."""
        kind, offset, count = self._rows.get(tag, (kinds[0], 0, 0))
        if kind not in kinds or count > _MOST_VALUES:
            raise BadDatabase("a tag in the rpm database has the wrong type or too many values")
        return self._start + offset, count
