"""A database in rpm's own format (ndb, ``Packages.db``) → the headers of its packages.

The file is little-endian: a header of 32 bytes, slots, and the blobs that the slots point to, in blocks of 16 bytes.
source: rpm, lib/backend/ndb
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from deadweight.formats.os_packages.rpm.header import BadDatabase

_HEADER = struct.Struct("<4s3L16x")  # magic, version, generation, pages of slots
_SLOT = struct.Struct("<4s3L")  # magic, package number, first block, blocks
_BLOB = struct.Struct("<4s3L")  # magic, package number, time, bytes of the package header that follows
_BLOCK, _PAGE = 16, 4096


def ndb_headers(data: bytes) -> Iterator[bytes]:
    """Yield the headers of the packages; raises BadDatabase, or struct.error if the data is truncated."""
    _, version, _, pages = _HEADER.unpack_from(data)
    if version != 0 or pages * _PAGE > len(data):
        raise BadDatabase("the ndb is truncated or has an unsupported version")
    for magic, number, block, _ in _SLOT.iter_unpack(data[_HEADER.size : pages * _PAGE]):
        if magic != b"Slot":
            raise BadDatabase("invalid slot in the ndb")
        if block:  # 0 in an empty slot
            yield _blob(data, number, block * _BLOCK)


def _blob(data: bytes, number: int, at: int) -> bytes:
    magic, owner, _, length = _BLOB.unpack_from(data, at)
    start = at + _BLOB.size
    if magic != b"BlbS" or owner != number or start + length > len(data):
        raise BadDatabase("a slot in the ndb does not point to a package")
    return data[start : start + length]
