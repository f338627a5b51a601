"""An egg, zipped or unpacked → where its metadata lies, and what it says.

source: setuptools' "The Internal Structure of Python Eggs"
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

EGG_INFO = "EGG-INFO"
# NAME-VERSION-pyX.Y[-PLATFORM].egg
_EGG = re.compile(r"[^/-]+-[^/-]+-py\d[^/]*\.egg\Z")
_LARGEST = 1 << 18
_MOST_MEMBERS = 1 << 14


def is_egg(path: str) -> bool:
    """Say whether a file or a folder bears the name of an egg."""
    return _EGG.match(path.rpartition("/")[2]) is not None


def egg_metadata(data: bytes) -> tuple[bytes, bytes, tuple[str, ...]]:
    """Return (PKG-INFO, requires.txt, names that import finds) of a zipped egg; empty where it cannot be read."""
    if data.count(b"PK\1\2") > _MOST_MEMBERS:
        return b"", b"", ()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            there = set(archive.namelist())
            texts = [
                _text(archive, f"{EGG_INFO}/{name}", there) for name in ("PKG-INFO", "requires.txt", "top_level.txt")
            ]
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, OSError, EOFError, RuntimeError, NotImplementedError):
        return b"", b"", ()
    return texts[0], texts[1], tuple(texts[2].decode("utf-8", "replace").split())


def _text(archive: zipfile.ZipFile, name: str, there: set[str]) -> bytes:
    if name not in there:
        return b""
    with archive.open(name) as file:
        return file.read(_LARGEST)
