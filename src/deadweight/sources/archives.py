"""An archive, wherever it lies → what it holds. Of a wheel on a server only the last bytes are fetched; nothing is run.

A wheel's central directory stands at its end and names every file with its size; METADATA and entry_points.txt stand
just before it, as PEP 427 recommends.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, cast
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from deadweight.errors import BadInput, FetchFailed, MalformedArchive, NoRanges
from deadweight.formats.metadata import head_of, headers
from deadweight.formats.sdist import LARGEST_TELLING, TELLING, contents_of_sdist
from deadweight.formats.tar import Malformed, entries, pass_over
from deadweight.formats.wheel import Contents, Item, info_folder, same_name
from deadweight.formats.zip_directory import (
    TAIL_BYTES,
    Member,
    MoreBytes,
    directory_span,
    member_span,
    read_directory,
    read_member,
)
from deadweight.model import Archive
from deadweight.sources.cache import Cache
from deadweight.sources.parallel import AT_ONCE
from deadweight.sources.scratch import Scratch
from deadweight.sources.urls import parts_of

if TYPE_CHECKING:
    from deadweight.sources.http import Client

FIRST_BYTES = 40_000  # of a wheel's end: they hold all that is needed of most wheels
_HEADERS = 1 << 18
_LARGEST_SCRIPT = 1 << 16  # larger files in ``.data/scripts`` are programs
_MOST_SCRIPTS = 100
_NO_SCRIPTS = (".bat", ".cmd", ".ps1", ".sh", ".exe", ".dll", ".so", ".dylib")
_LARGEST_TEXT = 1 << 20
_LARGEST_WHEEL = 1 << 34
_LARGEST_SDIST = 1 << 31
_MOST_HEADER_BYTES = 1 << 27
_MOST_SOURCES = 100_000  # files of an sdist


class _Place(Protocol):
    """Bytes of one archive, read where they are needed."""

    size: int

    def holds(self, span: range) -> bool:
        """Say whether these bytes are here already."""

    def read(self, span: range) -> bytes:
        """Return these bytes."""


class _Read(NamedTuple):
    """What was read of a wheel on a server, or why it is none; ``sha256`` where all of its bytes came."""

    size: int
    sha256: str | None
    found: Contents | None
    error: MalformedArchive | None

    def contents(self) -> Contents:
        if self.found is None:
            assert self.error is not None
            raise self.error
        return self.found


class ArchiveReader:
    """Reads archives; threads may share it.

    connect: gives the client; called for the first archive that is neither here nor in the cache
    told:    what is worth knowing of how archives were read, as sentences
    """

    def __init__(self, connect: Callable[[], Client], cache: Cache, scratch: Scratch) -> None:
        self._connect, self._cache, self._scratch = connect, cache, scratch
        self._expected: dict[str, Future[_Read]] = {}
        self._ahead: ThreadPoolExecutor | None = None
        self.told: list[str] = []

    def expect(self, archive: Archive) -> None:
        """Begin to read a wheel on a server, which ``contents`` will probably be asked for.

        What it is to be need not be known yet: its size and hash are compared when it is asked for.
        """
        if archive.url in self._expected or not _is_remote(archive) or self._cache.has_seen(archive.url):
            return
        if self._ahead is None:
            self._ahead = ThreadPoolExecutor(AT_ONCE)
        bare = Archive(filename=archive.filename, url=archive.url)
        self._expected[archive.url] = self._ahead.submit(self._by_ranges, bare)

    def close(self) -> None:
        """Begin nothing more."""
        if self._ahead is not None:
            self._ahead.shutdown(wait=False, cancel_futures=True)

    def known(self, archive: Archive) -> Contents | None:
        """Return what an archive holds where the cache knows it."""
        return self._cache.get(archive)

    def contents(self, archive: Archive) -> Contents:
        """Return what an archive holds.

        raises: FetchFailed, MalformedArchive, BadInput where a local file cannot be read or its hash does not match
        """
        if not _is_remote(archive):
            return self._of_local(archive, _path_of(archive.url))
        return self._cache.get(archive) or self._of_remote(archive)

    def metadata(self, archive: Archive) -> bytes:
        """Return the headers of a wheel's METADATA; of one on a server no more is fetched than they take.

        raises: NoRanges where only the whole archive could be had; else what ``contents`` raises
        """
        if parts_of(archive.url).scheme in ("file", ""):
            return self.contents(archive).metadata
        found = self._cache.get(archive)
        beside = self._metadata_beside(archive) if found is None else None
        if found is None and beside is None:
            try:
                found = self._wheel(archive)
            except NoRanges:
                # Not every index announces what it has.
                beside = self._metadata_beside(replace(archive, metadata=True))
                if beside is None:
                    raise
        if found is not None:
            return found.metadata
        assert beside is not None
        _check_name(archive.filename, beside)
        return head_of(beside)

    def _of_local(self, archive: Archive, path: str) -> Contents:
        if os.path.isdir(path):
            return _of_folder(path)
        try:
            with open(path, "rb") as file:
                sha256 = None if archive.sha256 is None else _sha256(file)
                _check(archive, os.fstat(file.fileno()).st_size, sha256)
                return _of_file(archive.filename, file)
        except OSError as error:
            raise BadInput(f"cannot read {path}: {error.strerror or error}") from error

    def _of_remote(self, archive: Archive) -> Contents:
        client = self._connect()
        if archive.filename.endswith(".whl"):
            try:
                return self._wheel(archive)
            except NoRanges:
                self.told.append(f"{archive.filename} was downloaded whole: its server knows no ranges")
        path = os.path.join(self._scratch.temporary, f"{id(archive):x}.part")
        try:
            with open(path, "w+b") as file:
                most = _LARGEST_WHEEL if archive.filename.endswith(".whl") else _LARGEST_SDIST
                size, sha256 = client.download(archive.url, file, limit=min(most, archive.size or most))
                _check(archive, size, sha256)
                found = _of_file(archive.filename, file)
                self._cache.put(archive, found, verified=True)
                return found
        finally:
            with contextlib.suppress(OSError):
                os.unlink(path)

    def _wheel(self, archive: Archive) -> Contents:
        expected = self._expected.pop(archive.url, None)
        read = expected.result() if expected is not None else self._by_ranges(archive)
        _check(archive, read.size, read.sha256 or archive.sha256)
        contents = read.contents()
        self._cache.put(archive, contents, verified=read.sha256 is not None)
        return contents

    def _by_ranges(self, archive: Archive) -> _Read:
        client = self._connect()
        tail = client.tail(archive.url, FIRST_BYTES, archive.size)
        sha256 = hashlib.sha256(tail.data).hexdigest() if tail.start == 0 else None
        place = _Remote(client, archive.url, tail.data, tail.start, tail.size)
        try:
            found = _of_wheel(archive.filename, place, lambda: self._metadata_beside(archive))
        except MalformedArchive as error:
            return _Read(tail.size, sha256, None, error)
        return _Read(tail.size, sha256, found, None)

    def _metadata_beside(self, archive: Archive) -> bytes | None:
        """Return METADATA as the index offers it beside the wheel (PEP 658), None where it does not."""
        if not archive.metadata:
            return None
        parts = urlsplit(archive.url)
        url = parts._replace(path=f"{parts.path}.metadata", fragment="").geturl()
        try:
            found = self._connect().get(url, limit=_LARGEST_TEXT).data
        except FetchFailed:
            return None
        if archive.metadata_sha256 not in (None, hashlib.sha256(found).hexdigest()):
            return None
        return found


def _is_remote(archive: Archive) -> bool:
    return urlsplit(archive.url).scheme not in ("file", "")


def _path_of(url: str) -> str:
    return unquote(urlsplit(url).path) if url.startswith("file:") else url


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


def _check(archive: Archive, size: int, sha256: str | None) -> None:
    """Refuse an archive that is not the one that a lock or an index describes; raises MalformedArchive."""
    if archive.size not in (None, size):
        raise MalformedArchive(archive.filename, f"it has {size:,} bytes, and {archive.size:,} were promised")
    if archive.sha256 not in (None, sha256):
        raise MalformedArchive(archive.filename, f"its sha256 is {sha256}, and {archive.sha256} was promised")


# --- wheels ------------------------------------------------------------------------------------


class _Remote:
    """An archive on a server, whose last bytes are here."""

    def __init__(self, client: Client, url: str, tail: bytes, start: int, size: int) -> None:
        self._client, self._url, self._tail, self._start, self.size = client, url, tail, start, size

    def holds(self, span: range) -> bool:
        return span.start >= self._start

    def read(self, span: range) -> bytes:
        if span.start < self._start:
            # What lies from there up to the bytes that are here is fetched with it, where that is little.
            upto = self._start if span.stop > self._start or self._start - span.stop < FIRST_BYTES else span.stop
            got = self._client.span(self._url, range(span.start, upto), self.size)
            if upto < self._start:
                return got
            self._tail, self._start = got + self._tail, span.start
        return self._tail[span.start - self._start : span.stop - self._start]


class _File:
    """An archive in a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.size = file, file.seek(0, os.SEEK_END)

    def holds(self, span: range) -> bool:
        return True

    def read(self, span: range) -> bytes:
        self._file.seek(span.start)
        return self._file.read(len(span))


def _of_wheel(filename: str, place: _Place, beside: Callable[[], bytes | None] = lambda: None) -> Contents:
    """Return what a wheel holds.

    beside: gives METADATA from beside the wheel, None where there is none; asked only where the wheel's lies far off
    """
    members = _members(filename, place)
    info = info_folder((member.path for member in members), filename)
    by_path = {member.path: member for member in members}
    described = by_path.get(f"{info}/METADATA")
    if described is None:
        raise MalformedArchive(filename, "no METADATA in its .dist-info folder")
    metadata = None if place.holds(member_span(described, place.size)) else beside()
    # The wheel's own directory tells whether that is the METADATA which an installer would write.
    if metadata is None or (len(metadata), zlib.crc32(metadata)) != (described.size, described.crc):
        metadata = _text(filename, place, described, _HEADERS)
    _check_name(filename, metadata)
    _check_wheel_version(filename, place, by_path.get(f"{info}/WHEEL"))
    texts = {name: by_path.get(f"{info}/{name}") for name in ("entry_points.txt", "top_level.txt")}
    read = {name: _text(filename, place, member, _LARGEST_TEXT) for name, member in texts.items() if member}
    return Contents(
        items=tuple(Item(m.path, m.size, bool(m.mode & 0o111)) for m in members),
        metadata=head_of(metadata),
        entry_points=read.get("entry_points.txt", b""),
        top_level=read.get("top_level.txt", b""),
        first_lines=dict(_first_lines(filename, place, members, f"{info.removesuffix('.dist-info')}.data/scripts/")),
        size=place.size,
    )


def _check_wheel_version(filename: str, place: _Place, wheel: Member | None) -> None:
    """Refuse a wheel of a later format where that can be told without a request; raises MalformedArchive."""
    if wheel is None or not place.holds(member_span(wheel, place.size)):
        return
    text = _text(filename, place, wheel, _HEADERS).decode("utf-8", "replace")
    version = re.search(r"^Wheel-Version:\s*(\d+)", text, re.MULTILINE)
    if version and version[1] != "1":
        raise MalformedArchive(filename, f"a wheel of format {version[1][:20]}, which installers do not know")


def _first_lines(filename: str, place: _Place, members: Iterable[Member], folder: str) -> Iterator[tuple[str, int]]:
    """Yield (path, bytes of the first line) of the scripts that begin with "#!python" (PEP 427)."""
    scripts = [
        member
        for member in members
        if member.path.startswith(folder)
        and len(b"#!python") <= member.size <= _LARGEST_SCRIPT
        and not member.path.endswith(_NO_SCRIPTS)
    ]
    # From the back, so that each request brings what is between a script and the bytes that are here.
    for member in sorted(scripts[:_MOST_SCRIPTS], key=lambda member: -member.offset):
        text = _text(filename, place, member, _LARGEST_SCRIPT)
        if text.startswith(b"#!python"):
            yield member.path, len(text.splitlines(keepends=True)[0])


def _check_name(filename: str, metadata: bytes) -> None:
    names = headers(metadata).get("name", [""])
    if not same_name(filename, names[0]):
        raise MalformedArchive(filename, f"its METADATA names {names[0][:80] or 'nothing'}")


def _members(filename: str, place: _Place) -> tuple[Member, ...]:
    """Return the members; the end record is looked for farther from the end only where a comment follows it."""
    size = place.size
    try:
        directory = directory_span(place.read(range(max(0, size - FIRST_BYTES), size)), size, filename=filename)
    except MalformedArchive:
        if size <= FIRST_BYTES:
            raise
        directory = directory_span(place.read(range(max(0, size - TAIL_BYTES), size)), size, filename=filename)
    return read_directory(place.read(directory.span), directory, size, filename=filename)


def _text(filename: str, place: _Place, member: Member, limit: int) -> bytes:
    span = member_span(member, place.size)
    try:
        return read_member(place.read(span), member, limit=limit, filename=filename)
    except MoreBytes as more:
        longer = range(span.start, min(place.size, span.start + more.needed))
        return read_member(place.read(longer), member, limit=limit, filename=filename, last=True)


# --- sdists ------------------------------------------------------------------------------------


def _of_file(filename: str, file: BinaryIO) -> Contents:
    """Return what an archive holds that lies in a file."""
    place = _File(file)
    if filename.endswith(".whl"):
        return _of_wheel(filename, place)
    found = _of_zipped(filename, place) if filename.endswith(".zip") else _of_tar(filename, file)
    return contents_of_sdist(*found, filename, size=place.size)


_Listed = tuple[list[tuple[str, int]], dict[str, bytes]]


def _of_zipped(filename: str, place: _Place) -> _Listed:
    members = _members(filename, place)
    texts = {
        _below(m.path): _text(filename, place, m, LARGEST_TELLING)
        for m in members
        if m.path.rpartition("/")[2] in TELLING and m.path.count("/") <= 3
    }
    return [(_below(m.path), m.size) for m in members], texts


def _of_tar(filename: str, file: BinaryIO) -> _Listed:
    """List a tar archive as a stream: nothing of it is written anywhere, and no name in it is followed."""
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
                    raise MalformedArchive(filename, f"more than {_MOST_SOURCES:,} files, which is no sdist")
                content, path = b"", _below(entry.path)
                if entry.kind == "file":
                    items.append((path, entry.size))
                    if path.rpartition("/")[2] in TELLING and path.count("/") <= 2:
                        content = texts[path] = blocks.read(min(entry.stored, LARGEST_TELLING))
                pass_over(blocks, entry.stored, len(content))
    except (Malformed, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError, OverflowError) as error:
        raise MalformedArchive(filename, f"not a tar archive that can be read: {error}") from error
    if not items:
        raise MalformedArchive(filename, "no files in it")
    return items, texts


def _unpacked(file: BinaryIO) -> BinaryIO:
    """Return what a compressed file holds; unlike tarfile's streams, these notice where it was cut short."""
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
    """The bytes of a tar archive, no more of them than an sdist holds.

    Headers are bounded more tightly than the files that are skipped: each byte of them takes far longer to read.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._left, self._headers = stream, _LARGEST_SDIST, _MOST_HEADER_BYTES

    def read(self, length: int) -> bytes:
        self._headers -= length
        if self._headers < 0:
            raise Malformed("its headers take more bytes than those of any sdist")
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
            raise Malformed("it unpacks to more than any sdist holds")
        return data


def _below(path: str) -> str:
    """Return a path without the folder that all of an sdist lies in."""
    return path.removeprefix("./").partition("/")[2] or path


def _of_folder(folder: str) -> Contents:
    """Return what a project's own folder would install, by the same guess."""
    items: list[tuple[str, int]] = []
    texts: dict[str, bytes] = {}
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in ("node_modules", "venv")]
        for name in names:
            full = os.path.join(above, name)
            path = os.path.relpath(full, folder).replace(os.sep, "/")
            with contextlib.suppress(OSError):
                items.append((path, os.lstat(full).st_size))
                if name in TELLING and path.count("/") <= 2 and os.path.isfile(full):
                    with open(full, "rb") as file:
                        texts[path] = file.read(LARGEST_TELLING)
        if len(items) > _MOST_SOURCES:
            raise BadInput(f"{folder} holds more files than any project")
    return contents_of_sdist(items, texts, os.path.basename(os.path.abspath(folder)), size=0)  # nothing to download
