"""An archive, wherever it lies → what it holds. Of a wheel on a server only the last bytes are fetched; nothing is run.

A wheel's central directory stands at its end and names every file with its size; METADATA and entry_points.txt stand
just before it, as PEP 427 recommends.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from deadweight.errors import BadInput, FetchFailed, MalformedArchive, NoRanges
from deadweight.formats.distributions.metadata import head_of
from deadweight.formats.distributions.wheel import Contents
from deadweight.model import Archive
from deadweight.sources.net.parallel import AT_ONCE
from deadweight.sources.net.urls import parts_of
from deadweight.sources.system.scratch import Scratch
from deadweight.sources.wheels.cache import Cache
from deadweight.sources.wheels.wheel_reading import FIRST_BYTES, LARGEST_TEXT, Remote, check_name, of_wheel

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from deadweight.sources.net.http import Client

_LARGEST_WHEEL = 1 << 34


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
            from concurrent.futures import ThreadPoolExecutor

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
        check_name(archive.filename, beside)
        return head_of(beside)

    def _of_local(self, archive: Archive, path: str) -> Contents:
        from deadweight.sources.wheels.sdist_reading import of_file, of_folder

        if os.path.isdir(path):
            return of_folder(path)
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
                self.told.append(f"{archive.filename} was downloaded whole: its server knows no ranges")
        from deadweight.sources.net.files import download
        from deadweight.sources.wheels.sdist_reading import LARGEST_SDIST, of_file

        path = os.path.join(self._scratch.temporary, f"{id(archive):x}.part")
        try:
            with open(path, "w+b") as file:
                most = _LARGEST_WHEEL if archive.filename.endswith(".whl") else LARGEST_SDIST
                size, sha256 = download(client, archive.url, file, limit=min(most, archive.size or most))
                _check(archive, size, sha256)
                found = of_file(archive.filename, file)
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
        from deadweight.sources.net.files import fetch_tail

        client = self._connect()
        tail = fetch_tail(client, archive.url, FIRST_BYTES, archive.size)
        sha256 = hashlib.sha256(tail.data).hexdigest() if tail.start == 0 else None
        place = Remote(client, archive.url, tail.data, tail.start, tail.size)
        try:
            found = of_wheel(archive.filename, place, lambda: self._metadata_beside(archive))
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
            found = self._connect().get(url, limit=LARGEST_TEXT).data
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
        raise MalformedArchive(archive.filename, f"it has {size:,} bytes, not the expected {archive.size:,}")
    if archive.sha256 not in (None, sha256):
        raise MalformedArchive(archive.filename, f"its sha256 is {sha256}, not the expected {archive.sha256}")
