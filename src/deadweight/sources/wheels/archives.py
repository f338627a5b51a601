"""An archive on the disk or on a server → its contents. Nothing is run.

For a wheel on a server, only its last bytes are fetched: the central directory, which lists every file with its size,
is at the end, and METADATA and entry_points.txt are just before it, as PEP 427 recommends.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from deadweight.errors import BadInput, FetchFailed, MalformedArchive, NoRanges
from deadweight.formats.distributions.metadata import head_of
from deadweight.formats.distributions.wheel import Contents
from deadweight.model import Archive
from deadweight.sources.net.urls import parts_of
from deadweight.sources.system.scratch import Scratch
from deadweight.sources.system.threads import Background
from deadweight.sources.wheels.cache import Cache
from deadweight.sources.wheels.wheel_reading import FIRST_BYTES, LARGEST_TEXT, Remote, check_name, of_wheel

if TYPE_CHECKING:
    from concurrent.futures import Future

    from deadweight.sources.net.http import Client

_LARGEST_WHEEL = 1 << 34


class _Read(NamedTuple):
    """The contents of a wheel on a server, or the error; ``sha256`` only if all of its bytes were read."""

    size: int
    sha256: str | None
    value: Contents | None
    error: MalformedArchive | None

    def contents(self) -> Contents:
        if self.value is None:
            assert self.error is not None
            raise self.error
        return self.value


class ArchiveReader:
    """Reads archives; threads may share it.

    connect: returns the client; called for the first archive that is neither local nor cached
    notes:   sentences for the user about how archives were read
    """

    def __init__(self, connect: Callable[[], Client], cache: Cache, scratch: Scratch) -> None:
        self._connect, self._cache, self._scratch = connect, cache, scratch
        self._expected: dict[str, Future[_Read]] = {}
        self._ahead = Background()
        self._lock = threading.Lock()
        self._closed = False
        self.notes: list[str] = []

    def expect(self, archive: Archive) -> None:
        """Start to read a wheel on a server, for a probable later call of ``contents``, unless the reader is closed.

        Its size and hash need not be known yet: ``contents`` compares them.
        """
        if (
            self._closed
            or archive.url in self._expected
            or not _is_remote(archive)
            or self._cache.has_seen(archive.url)
        ):
            return
        bare = Archive(filename=archive.filename, url=archive.url)
        with self._lock:
            if archive.url not in self._expected:
                self._expected[archive.url] = self._ahead.submit(self._by_ranges, bare)

    def close(self) -> None:
        """Read only what ``contents`` and ``metadata`` are asked for."""
        self._closed = True
        self._ahead.close()

    def can_keep(self, archive: Archive) -> bool:
        """Return whether ``contents`` puts an archive into the cache: one on a server whose hash is known."""
        return _is_remote(archive) and archive.sha256 is not None

    def known(self, archive: Archive) -> Contents | None:
        """Return the contents of an archive if they are cached."""
        return self._cache.get(archive)

    def contents(self, archive: Archive) -> Contents:
        """Return the contents of an archive.

        raises: FetchFailed, MalformedArchive; BadInput if a local file cannot be read
        """
        if not _is_remote(archive):
            return self._of_local(archive, _path_of(archive.url))
        return self._cache.get(archive) or self._of_remote(archive)

    def metadata(self, archive: Archive) -> bytes:
        """Return the headers of a wheel's METADATA, fetching no more than needed.

        raises: NoRanges if only the whole archive could be fetched; else as ``contents``
        """
        if parts_of(archive.url).scheme in ("file", ""):
            return self.contents(archive).metadata
        contents = self._cache.get(archive)
        beside = self._metadata_beside(archive) if contents is None else None
        if contents is None and beside is None:
            try:
                contents = self._wheel(archive)
            except NoRanges:
                # Some indexes have a metadata file (PEP 658) but do not announce it.
                beside = self._metadata_beside(replace(archive, metadata=True))
                if beside is None:
                    raise
        if contents is not None:
            return contents.metadata
        assert beside is not None
        check_name(archive.filename, beside)
        return head_of(beside)

    def _of_local(self, archive: Archive, path: str) -> Contents:
        from deadweight.sources.wheels.sdist_reading import of_directory, of_file

        if os.path.isdir(path):
            return of_directory(path)
        try:
            with open(path, "rb") as file:
                sha256 = None if archive.sha256 is None else _sha256(file)
                _check(archive, os.fstat(file.fileno()).st_size, sha256)
                return of_file(archive.filename, file)
        except OSError as error:
            raise BadInput(f"cannot read {path}: {error.strerror or error}") from error

    def _of_remote(self, archive: Archive) -> Contents:
        client = self._connect()
        if archive.filename.endswith(".whl"):
            try:
                return self._wheel(archive)
            except NoRanges:
                self.notes.append(
                    f"{archive.filename} was downloaded completely: its server does not support range requests"
                )
        from deadweight.sources.net.files import download
        from deadweight.sources.wheels.sdist_reading import LARGEST_SDIST, of_file

        path = os.path.join(self._scratch.temporary, f"{id(archive):x}.part")
        try:
            with open(path, "w+b") as file:
                limit = _LARGEST_WHEEL if archive.filename.endswith(".whl") else LARGEST_SDIST
                size, sha256 = download(client, archive.url, file, limit=min(limit, archive.size or limit))
                _check(archive, size, sha256)
                contents = of_file(archive.filename, file)
                self._cache.put(archive, contents, verified=True)
                return contents
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
        from deadweight.sources.net.files import fetch_tail

        client = self._connect()
        tail = fetch_tail(client, archive.url, FIRST_BYTES, archive.size)
        sha256 = hashlib.sha256(tail.data).hexdigest() if tail.start == 0 else None
        source = Remote(client, archive.url, tail.data, tail.start, tail.size)
        try:
            contents = of_wheel(archive.filename, source, lambda: self._metadata_beside(archive))
        except MalformedArchive as error:
            return _Read(tail.size, sha256, None, error)
        return _Read(tail.size, sha256, contents, None)

    def _metadata_beside(self, archive: Archive) -> bytes | None:
        """Return METADATA from the file beside the wheel (PEP 658), None if the index has none."""
        if not archive.metadata:
            return None
        parts = urlsplit(archive.url)
        url = parts._replace(path=f"{parts.path}.metadata", fragment="").geturl()
        try:
            metadata = self._connect().get(url, limit=LARGEST_TEXT).data
        except FetchFailed:
            return None
        if archive.metadata_sha256 not in (None, hashlib.sha256(metadata).hexdigest()):
            return None
        return metadata


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
    """Compare an archive to its size and hash in a lock or an index; raises MalformedArchive."""
    if archive.size not in (None, size):
        raise MalformedArchive(archive.filename, f"it has {size:,} bytes, not the expected {archive.size:,}")
    if archive.sha256 not in (None, sha256):
        raise MalformedArchive(archive.filename, f"its sha256 is {sha256}, not the expected {archive.sha256}")
