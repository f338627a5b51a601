"""An archive in a file, or the directory of a project → the files that installing it would leave.

Nothing is unpacked to the disk or run.
"""

from __future__ import annotations

import contextlib
import os
from typing import BinaryIO, cast

from deadweight.errors import BadInput, MalformedArchive
from deadweight.formats.archives.tar import Malformed, entries, pass_over
from deadweight.formats.distributions.sdist import LARGEST_METADATA_FILE, METADATA_FILES, contents_of_sdist
from deadweight.formats.distributions.wheel import Contents
from deadweight.sources.wheels.wheel_reading import ArchiveBytes, File, members_of, of_wheel, text_of

LARGEST_SDIST = 1 << 31
_MOST_HEADER_BYTES = 1 << 27
_MOST_SOURCES = 100_000  # files of an sdist


def of_file(filename: str, file: BinaryIO) -> Contents:
    """Return the contents of an archive in a file."""
    archive = File(file)
    if filename.endswith(".whl"):
        return of_wheel(filename, archive)
    listing = _of_zip(filename, archive) if filename.endswith(".zip") else _of_tar(filename, file)
    return contents_of_sdist(*listing, filename, size=archive.size)


_Listing = tuple[list[tuple[str, int]], dict[str, bytes]]


def _of_zip(filename: str, archive: ArchiveBytes) -> _Listing:
    members = members_of(filename, archive)
    texts = {
        _below(m.path): text_of(filename, archive, m, LARGEST_METADATA_FILE)
        for m in members
        if m.path.rpartition("/")[2] in METADATA_FILES and m.path.count("/") <= 3
    }
    return [(_below(m.path), m.size) for m in members], texts


def _of_tar(filename: str, file: BinaryIO) -> _Listing:
    """List a tar archive as a stream, without following any path in it."""
    import lzma
    import zlib

    items: list[tuple[str, int]] = []
    texts: dict[str, bytes] = {}
    file.seek(0)
    try:
        with _unpacked(file) as stream:
            blocks = _Bounded(stream)
            for entry in entries(blocks):
                if len(items) >= _MOST_SOURCES:
                    raise MalformedArchive(filename, f"more than the limit of {_MOST_SOURCES:,} files")
                content, path = b"", _below(entry.path)
                if entry.kind == "file":
                    items.append((path, entry.size))
                    if path.rpartition("/")[2] in METADATA_FILES and path.count("/") <= 2:
                        content = texts[path] = blocks.read(min(entry.stored, LARGEST_METADATA_FILE))
                pass_over(blocks, entry.stored, len(content))
    except (Malformed, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError, OverflowError) as error:
        raise MalformedArchive(filename, f"not a valid tar archive: {error}") from error
    if not items:
        raise MalformedArchive(filename, "it contains no files")
    return items, texts


def _unpacked(file: BinaryIO) -> BinaryIO:
    """Return the decompressed stream of a file; unlike tarfile's streams, it detects truncation."""
    import bz2
    import gzip
    import lzma

    start = file.read(6)
    file.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if start.startswith(b"BZh"):
        return cast("BinaryIO", bz2.BZ2File(file))
    if start.startswith(b"\xfd7zXZ"):
        return cast("BinaryIO", lzma.LZMAFile(file))
    return cast("BinaryIO", contextlib.nullcontext(file))


class _Bounded:
    """The bytes of a tar archive, limited to the size of an sdist.

    Headers have a lower limit than skipped content: each of their bytes takes far longer to read.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._left, self._headers = stream, LARGEST_SDIST, _MOST_HEADER_BYTES

    def read(self, length: int) -> bytes:
        self._headers -= length
        if self._headers < 0:
            raise Malformed(f"more than the limit of {_MOST_HEADER_BYTES:,} bytes of headers")
        return self._take(length)

    def skip(self, length: int) -> int:
        left = length
        while left > 0 and (chunk := self._take(min(left, 1 << 20))):
            left -= len(chunk)
        return length - left

    def _take(self, length: int) -> bytes:
        data = self._stream.read(length)
        self._left -= len(data)
        if self._left < 0:
            raise Malformed(f"unpacks to more than the limit of {LARGEST_SDIST:,} bytes")
        return data


def _below(path: str) -> str:
    """Return a path without the top-level directory of an sdist."""
    return path.removeprefix("./").partition("/")[2] or path


def of_directory(directory: str) -> Contents:
    """Return what a project's directory would install, with the same estimate."""
    items: list[tuple[str, int]] = []
    texts: dict[str, bytes] = {}
    for parent, directories, names in os.walk(directory):
        directories[:] = [
            name for name in directories if not name.startswith(".") and name not in ("node_modules", "venv")
        ]
        for name in names:
            full = os.path.join(parent, name)
            path = os.path.relpath(full, directory).replace(os.sep, "/")
            with contextlib.suppress(OSError):
                items.append((path, os.lstat(full).st_size))
                if name in METADATA_FILES and path.count("/") <= 2 and os.path.isfile(full):
                    with open(full, "rb") as file:
                        texts[path] = file.read(LARGEST_METADATA_FILE)
        if len(items) > _MOST_SOURCES:
            raise BadInput(f"{directory} has more than the limit of {_MOST_SOURCES:,} files")
    return contents_of_sdist(items, texts, os.path.basename(os.path.abspath(directory)), size=0)  # nothing to download
