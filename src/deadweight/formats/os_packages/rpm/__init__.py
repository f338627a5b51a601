"""The bytes of an rpm database → its packages and the paths of their files.

rpm stores one header for each package in one of three databases: Berkeley DB (``Packages``), ndb (``Packages.db``) or
SQLite (``rpmdb.sqlite``). The format is identified by magic number, not by file name.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from deadweight.formats.os_packages.rpm.berkeley import berkeley_headers
from deadweight.formats.os_packages.rpm.header import BadDatabase, Package, read_header
from deadweight.formats.os_packages.rpm.ndb import ndb_headers
from deadweight.formats.os_packages.rpm.sqlite import sqlite_headers

__all__ = ["MOST_BYTES", "BadDatabase", "rpm_packages"]

MOST_BYTES = 1 << 29  # of a database; that of a desktop with 2,500 packages has 200 million
_MOST_PACKAGES = 1 << 16
# Bytes of all paths; a million files take 140 million. Without it, a long directory name could repeat for each file.
_MOST_MEMORY = 1 << 28
_MEMORY_OF_PATH = 64  # bytes of a path besides its characters
_KEYS = "gpg-pubkey"  # the name of the pseudo-packages in which rpm stores trusted keys

# (offset of the magic number, magic number, reader)
_FORMATS = (
    (0, b"SQLite format 3\0", sqlite_headers),
    (0, b"RpmP", ndb_headers),
    (12, b"\x61\x15\x06\x00", berkeley_headers),  # written on a little-endian machine
    (12, b"\x00\x06\x15\x61", berkeley_headers),
)


def rpm_packages(name: str, data: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return (package, its paths relative to the root) for each package; the whole database is read first.

    name:   path of the database, for error messages
    data:   the whole database; a journal next to it is not read
    raises: BadDatabase if any part is malformed
    """
    read = next((read for at, magic, read in _FORMATS if data.startswith(magic, at)), None)
    try:
        if read is None:
            raise BadDatabase("not an rpm database")
        if len(data) > MOST_BYTES:
            raise BadDatabase(f"the rpm database is too large: {len(data):,} bytes")
        return iter([package for package in _packages(read(data), len(data)) if package.name != _KEYS])
    except BadDatabase as error:
        raise BadDatabase(f"{name}: {error}") from error
    except struct.error as error:
        raise BadDatabase(f"{name}: the rpm database is truncated, or refers to an offset beyond its end") from error


def _packages(headers: Iterable[bytes], size: int) -> Iterator[Package]:
    """Yield the packages of a database of ``size`` bytes."""
    memory = _MOST_MEMORY
    for count, header in enumerate(headers, 1):
        size -= len(header)
        if size < 0 or count > _MOST_PACKAGES:  # below 0 if several packages share bytes
            raise BadDatabase("the rpm database has too many packages, or packages larger than itself")
        package = read_header(header, memory)
        memory -= sum(map(len, package.paths)) + _MEMORY_OF_PATH * len(package.paths)
        yield package
