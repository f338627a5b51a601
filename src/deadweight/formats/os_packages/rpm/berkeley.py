"""A hash of Berkeley DB (``Packages`` before rpm 4.16) → the headers of its packages.

The file is pages of one size. Pages of a hash hold keys and values by turns; a long value is a chain of overflow pages.
All pages are gone through in order, since what a key hashes to does not matter to who wants all of them.
source: Berkeley DB 5.3, dbinc/db_page.h
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise

from deadweight.formats.os_packages.rpm.header import BadDatabase

_META = "L8xL"  # of the first page, from its byte 20: bytes of a page; number of the last one
_PAGE = "16xL2H2B"  # number of the next page, count of items, bytes in use (of an overflow page), level, type
_OFF_PAGE = "4x2L"  # first page, bytes in all
_UNSORTED_HASH, _OVERFLOW, _HASH = 2, 7, 13  # types of pages
_HERE, _ELSEWHERE = 1, 3  # types of items: an item starts with its type
_PAGE_SIZES = frozenset(1 << bits for bits in range(9, 17))


def berkeley_headers(data: bytes) -> Iterator[bytes]:
    """Yield the packages' headers; raises BadDatabase, and struct.error where it ends too early."""
    pages = _Pages(data)
    for number in range(1, pages.count):
        yield from pages.values(number)


class _Pages:
    """The pages of a database; each overflow page is used once, so that chains end and share nothing."""

    def __init__(self, data: bytes) -> None:
        self._order = "<" if data[12] else ">"  # the lowest byte of the magic is not 0, its highest is
        self._size, last = struct.unpack_from(self._order + _META, data, 20)
        self.count = last + 1
        if self._size not in _PAGE_SIZES or self.count * self._size > len(data):
            raise BadDatabase("a Berkeley DB with pages of no known size, or one that was cut short")
        self._data = data
        self._header = struct.Struct(self._order + _PAGE)
        self._used: set[int] = set()

    def values(self, number: int) -> Iterator[bytes]:
        """Yield the values on a page, none if it is not of the hash."""
        page = self._page(number)
        _, count, _, _, kind = self._header.unpack_from(page)
        if kind not in (_HASH, _UNSORTED_HASH):
            return
        # Items are laid from the end of the page towards its front.
        bounds = (self._size, *struct.unpack_from(f"{self._order}{count}H", page, self._header.size))
        if count % 2 or any(start >= end for end, start in pairwise(bounds)):
            raise BadDatabase("a page in it has items that overlap, or a key without a value")
        items = [page[start:end] for end, start in pairwise(bounds)]
        for key, value in zip(items[::2], items[1::2], strict=True):
            if key[1:].strip(b"\0"):  # what rpm keeps under the number 0 is the last number that it gave
                yield self._value(value)

    def _value(self, item: bytes) -> bytes:
        if item[0] == _HERE:
            return item[1:]
        if item[0] != _ELSEWHERE:
            raise BadDatabase("a value in it is of a type that rpm does not use")
        first, length = struct.unpack_from(self._order + _OFF_PAGE, item)
        value = b"".join(self._chain(first))
        if len(value) != length:
            raise BadDatabase("a value in it has not the length that it says")
        return value

    def _chain(self, number: int) -> Iterator[bytes]:
        while number:
            page = self._page(number)
            following, _, length, _, kind = self._header.unpack_from(page)
            if kind != _OVERFLOW or number in self._used or self._header.size + length > self._size:
                raise BadDatabase("a chain of pages in it leads astray")
            self._used.add(number)
            yield page[self._header.size : self._header.size + length]
            number = following

    def _page(self, number: int) -> bytes:
        """Return a page; b"" for one beyond the end."""
        return self._data[number * self._size : (number + 1) * self._size]
