"""The bytes of an rpm database → the packages that it has and the paths of their files.

rpm keeps one header for each package, in one of three kinds of database; which one, the first bytes tell, since the
names of the files do not (``Packages`` was Berkeley DB's, ``Packages.db`` is ndb's, ``rpmdb.sqlite`` SQLite's).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from deadweight.formats.os_packages.rpm.berkeley import berkeley_headers
from deadweight.formats.os_packages.rpm.header import BadDatabase, Package, read_header
from deadweight.formats.os_packages.rpm.ndb import ndb_headers
from deadweight.formats.os_packages.rpm.sqlite import sqlite_headers

__all__ = ["MOST_BYTES", "BadDatabase", "rpm_packages"]

MOST_BYTES = 1 << 29  # of a database; a desktop's with 2,500 packages has 200 million
_MOST_PACKAGES = 1 << 16
# Of all paths; a million files take 140 million. Without it, a folder's long name could be repeated for each file.
_MOST_MEMORY = 1 << 28
_MEMORY_OF_PATH = 64  # bytes of a path beside its characters
_KEYS = "gpg-pubkey"  # what rpm calls the keys that it trusts, which it keeps like packages

# where the magic stands, the magic, the reader
_FORMATS = (
    (0, b"SQLite format 3\0", sqlite_headers),
    (0, b"RpmP", ndb_headers),
    (12, b"\x61\x15\x06\x00", berkeley_headers),  # written on a little endian machine
    (12, b"\x00\x06\x15\x61", berkeley_headers),
)


def rpm_packages(name: str, data: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return (package, its paths relative to the root) of an rpm database; all is read before the first is returned.

    name:   the database's path, for the message of the error
    data:   all of it; a journal beside it is not read
    raises: BadDatabase where any of it is broken
    """
    read = next((read for at, magic, read in _FORMATS if data.startswith(magic, at)), None)
    try:
        if read is None or len(data) > MOST_BYTES:
            raise BadDatabase("no rpm database" if read is None else f"an rpm database of {len(data):,} bytes")
        return iter([package for package in _packages(read(data), len(data)) if package.name != _KEYS])
    except BadDatabase as error:
        raise BadDatabase(f"{name}: {error}") from error
    except struct.error as error:
        raise BadDatabase(f"{name}: it is cut short, or points beyond its end") from error


def _packages(headers: Iterable[bytes], size: int) -> Iterator[Package]:
    """Yield the packages of a database of ``size`` bytes."""
    memory = _MOST_MEMORY
    for count, header in enumerate(headers, 1):
        size -= len(header)
        if size < 0 or count > _MOST_PACKAGES:  # below 0: the same bytes were handed out more than once
            raise BadDatabase("its packages are too many, or longer than itself")
        package = read_header(header, memory)
        memory -= sum(map(len, package.paths)) + _MEMORY_OF_PATH * len(package.paths)
        yield package
