"""An egg, zipped or unpacked → its metadata.

source: setuptools' "The Internal Structure of Python Eggs"
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deadweight.errors import MalformedArchive

if TYPE_CHECKING:
    from deadweight.formats.archives.zip_directory import Member

EGG_INFO = "EGG-INFO"
# NAME-VERSION-pyX.Y[-PLATFORM].egg
_EGG = re.compile(r"[^/-]+-[^/-]+-py\d[^/]*\.egg\Z")
_LARGEST = 1 << 18
_MOST_MEMBERS = 1 << 14


def is_egg(path: str) -> bool:
    """Return whether a file or directory has the name of an egg."""
    return _EGG.match(path.rpartition("/")[2]) is not None


def egg_metadata(data: bytes) -> tuple[bytes, bytes, tuple[str, ...]]:
    """Return (PKG-INFO, requires.txt, top-level import names) of a zipped egg; empty if it cannot be read."""
    from deadweight.formats.archives.zip_directory import directory_span, read_directory

    try:
        directory = directory_span(data, len(data), filename=EGG_INFO)
        if directory.entries > _MOST_MEMBERS:
            return b"", b"", ()
        listed = data[directory.span.start : directory.span.stop]
        members = {m.path: m for m in read_directory(listed, directory, len(data), filename=EGG_INFO)}
        head, requires, top_level = (
            _text(data, members.get(f"{EGG_INFO}/{name}")) for name in ("PKG-INFO", "requires.txt", "top_level.txt")
        )
    except MalformedArchive:
        return b"", b"", ()
    return head, requires, tuple(top_level.decode("utf-8", "replace").split())


def _text(data: bytes, member: Member | None) -> bytes:
    if member is None:
        return b""
    from deadweight.formats.archives.zip_directory import read_member

    return read_member(data[member.offset :], member, limit=_LARGEST, filename=member.path, last=True)
