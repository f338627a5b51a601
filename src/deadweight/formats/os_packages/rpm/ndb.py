"""A database of rpm's own (ndb, ``Packages.db``) → the headers of its packages.

The file is little endian: 32 bytes of its own, slots, and blobs that the slots point to, in blocks of 16 bytes.
source: rpm, lib/backend/ndb
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from deadweight.formats.os_packages.rpm.header import BadDatabase

_HEADER = struct.Struct("<4s3L16x")  # magic, version, generation, pages of slots
_SLOT = struct.Struct("<4s3L")  # magic, package's number, first block, blocks
_BLOB = struct.Struct("<4s3L")  # magic, package's number, time, bytes of the package's header, which comes next
_BLOCK, _PAGE = 16, 4096


def ndb_headers(data: bytes) -> Iterator[bytes]:
    """Yield the packages' headers; raises BadDatabase, and struct.error where it ends too early."""
    _, version, _, pages = _HEADER.unpack_from(data)
    if version != 0 or pages * _PAGE > len(data):
        raise BadDatabase("an ndb of a version that is not known, or one that was cut short")
    for magic, number, block, _ in _SLOT.iter_unpack(data[_HEADER.size : pages * _PAGE]):
        if magic != b"Slot":
            raise BadDatabase("a slot in it is none")
        if block:  # an empty slot points nowhere
            yield _blob(data, number, block * _BLOCK)


def _blob(data: bytes, number: int, at: int) -> bytes:
    magic, owner, _, length = _BLOB.unpack_from(data, at)
    start = at + _BLOB.size
    if magic != b"BlbS" or owner != number or start + length > len(data):
        raise BadDatabase("a slot in it points to no package")
    return data[start : start + length]
