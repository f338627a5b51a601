"""A hash table of Berkeley DB (``Packages`` before rpm 4.16) → the headers of its packages.

The file consists of pages of one size. A hash page holds keys and values alternately; a long value is a chain of
overflow pages. All pages are read in order, because the hash of a key does not matter for reading all values.
source: Berkeley DB 5.3, dbinc/db_page.h
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise

from deadweight.formats.os_packages.rpm.header import BadDatabase

_META = "L8xL"  # in the first page, from byte 20: bytes of a page, number of the last page
_PAGE = "16xL2H2B"  # number of the next page, count of items, bytes in use (in an overflow page), level, type
_OFF_PAGE = "4x2L"  # number of the first page, total bytes
_UNSORTED_HASH, _OVERFLOW, _HASH = 2, 7, 13  # types of pages
_INLINE, _OFF = 1, 3  # types of items (the first byte): the value itself, or a reference to overflow pages
_PAGE_SIZES = frozenset(1 << bits for bits in range(9, 17))


def berkeley_headers(data: bytes) -> Iterator[bytes]:
    """Yield the headers of the packages; raises BadDatabase, or struct.error if the data is truncated."""
    pages = _Pages(data)
    for number in range(1, pages.count):
        yield from pages.values(number)


class _Pages:
    """The pages of a database. Each overflow page may be used only once, so chains end and do not overlap."""

    def __init__(self, data: bytes) -> None:
        self._order = "<" if data[12] else ">"  # the lowest byte of the magic number is not 0, the highest is
        self._size, last = struct.unpack_from(self._order + _META, data, 20)
        self.count = last + 1
        if self._size not in _PAGE_SIZES or self.count * self._size > len(data):
            raise BadDatabase("the Berkeley DB is truncated or has an invalid page size")
        self._data = data
        self._header = struct.Struct(self._order + _PAGE)
        self._used: set[int] = set()

    def values(self, number: int) -> Iterator[bytes]:
        """Yield the values on a page; none if it is not a hash page."""
        page = self._page(number)
        _, count, _, _, kind = self._header.unpack_from(page)
        if kind not in (_HASH, _UNSORTED_HASH):
            return
        # Items are stored from the end of the page towards its start.
        bounds = (self._size, *struct.unpack_from(f"{self._order}{count}H", page, self._header.size))
        if count % 2 or any(start >= end for end, start in pairwise(bounds)):
            raise BadDatabase("a page of the Berkeley DB has overlapping items or a key without a value")
        items = [page[start:end] for end, start in pairwise(bounds)]
        for key, value in zip(items[::2], items[1::2], strict=True):
            if key[1:].strip(b"\0"):  # key 0 holds the last package number that rpm assigned
                yield self._value(value)

    def _value(self, item: bytes) -> bytes:
        if item[0] == _INLINE:
            return item[1:]
        if item[0] != _OFF:
            raise BadDatabase("a value in the Berkeley DB has a type that rpm does not use")
        first, length = struct.unpack_from(self._order + _OFF_PAGE, item)
        value = b"".join(self._chain(first))
        if len(value) != length:
            raise BadDatabase("a value in the Berkeley DB does not have its recorded length")
        return value

    def _chain(self, number: int) -> Iterator[bytes]:
        while number:
            page = self._page(number)
            following, _, length, _, kind = self._header.unpack_from(page)
            if kind != _OVERFLOW or number in self._used or self._header.size + length > self._size:
                raise BadDatabase("invalid chain of overflow pages in the Berkeley DB")
            self._used.add(number)
            yield page[self._header.size : self._header.size + length]
            number = following

    def _page(self, number: int) -> bytes:
        """Return a page; b"" beyond the end."""
        return self._data[number * self._size : (number + 1) * self._size]
