"""Files on a server → their last bytes, a range of bytes, or a whole copy on the disk.

source: RFC 9110, 14 (ranges)
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from deadweight.errors import FetchFailed, NoRanges
from deadweight.sources.net.http import Client
from deadweight.sources.net.urls import shown

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse as Response

_SMALL_ARCHIVE = 1 << 20  # bytes of an archive that is read whole from a server without ranges
_FREE_SPACE = 1 << 20  # bytes of the disk that a download leaves free
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})\Z")


class Tail(NamedTuple):
    """The last bytes of a file, from ``start``; ``size`` is that of the whole file."""

    data: bytes
    size: int
    start: int


def fetch_tail(client: Client, url: str, length: int, size: int | None = None) -> Tail:
    """Return the last ``length`` bytes of a file.

    size:   of the file, if known
    raises: NoRanges if the server does not support ranges and the file is not small; FetchFailed
    """
    return client.retried(lambda: _tail(client, url, length, size))


def fetch_span(client: Client, url: str, span: range, size: int, authorization: str | None = None) -> bytes:
    """Return exactly these bytes of a file of ``size`` bytes; raises FetchFailed.

    authorization: as in ``Client.get``
    """
    return client.retried(lambda: _span(client, url, span, size, authorization))


def download(client: Client, url: str, file: BinaryIO, *, limit: int) -> tuple[int, str]:
    """Write a file of at most ``limit`` bytes to an empty file; return (bytes, sha256).

    raises: FetchFailed, also if the disk has no space for it
    """
    return client.retried(lambda: _download(client, url, file, limit))


def _tail(client: Client, url: str, length: int, size: int | None) -> Tail:
    requested = f"bytes=-{length}" if size is None else f"bytes={max(0, size - length)}-{size - 1}"
    response, _ = client.request("GET", url, {"Range": requested}, also=(400, 416, 501))
    if response.status == 206:
        return _partial_tail(client, response, url, length, size)
    whole = _length_of(response)
    if response.status == 200 and whole is not None and whole <= _SMALL_ARCHIVE:
        return Tail(_exactly(client, response, url, whole), whole, 0)
    response.close()
    if size is None and (response.status != 200 or response.headers.get("Accept-Ranges") == "bytes"):
        # Some servers support ranges, but not those that count from the end.
        return _tail(client, url, length, _size(client, url))
    raise NoRanges(f"{shown(url)}: the server does not support range requests")


def _partial_tail(client: Client, response: Response, url: str, length: int, size: int | None) -> Tail:
    start, stop, total = _span_of(response, url)
    if size not in (None, total):
        response.close()
        raise FetchFailed(f"{shown(url)}: the file has {total:,} bytes, not the expected {size:,}")
    if stop != total or start != max(0, total - length):
        raise _wrong_range(response, url)
    return Tail(_exactly(client, response, url, stop - start), total, start)


def _size(client: Client, url: str) -> int:
    response, _ = client.request("HEAD", url, {})
    response.close()
    if size := _length_of(response):
        return size
    raise NoRanges(f"{shown(url)}: the server does not report the size of the file")


def _span(client: Client, url: str, span: range, size: int, authorization: str | None) -> bytes:
    headers = {"Range": f"bytes={span.start}-{span.stop - 1}"}
    if authorization is not None:
        headers["Authorization"] = authorization
    response, _ = client.request("GET", url, headers)
    if response.status != 206:
        response.close()
        raise NoRanges(f"{shown(url)}: the server does not support range requests")
    if _span_of(response, url) != (span.start, span.stop, size):
        raise _wrong_range(response, url)
    return _exactly(client, response, url, len(span))


def _download(client: Client, url: str, file: BinaryIO, limit: int) -> tuple[int, str]:
    file.seek(0)
    file.truncate()
    response, _ = client.request("GET", url, {})
    size, free = _length_of(response), max(0, _free_bytes(file) - _FREE_SPACE)
    if size is not None and size > limit:
        response.close()
        raise FetchFailed(f"{shown(url)}: the file has {size:,} bytes, more than the expected {limit:,}")
    if size is not None and size > free:
        response.close()
        raise FetchFailed(
            f"{shown(url)}: not enough disk space for {size:,} bytes",
            hint="set TMPDIR to a directory with more space",
        )
    limit = min(limit, free if size is None else size)
    digest = hashlib.sha256()
    # Not decoded: some servers send a .tar.gz as "Content-Encoding: gzip", and its hash is that of the encoded bytes.
    for chunk in client.body(response, url, limit, decoded=False):
        file.write(chunk)
        digest.update(chunk)
    return file.tell(), digest.hexdigest()


def _exactly(client: Client, response: Response, url: str, length: int) -> bytes:
    if _length_of(response) in (None, length):
        data = b"".join(client.body(response, url, length))
        if len(data) == length:
            return data
    raise _wrong_range(response, url)


def _length_of(response: Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if re.fullmatch("[0-9]{1,18}", length) else None


def _span_of(response: Response, url: str) -> tuple[int, int, int]:
    match = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    start, last, total = map(int, match.groups()) if match else (0, 0, 0)
    if not start <= last < total or response.headers.get("Content-Encoding", "identity") != "identity":
        raise _wrong_range(response, url)
    return start, last + 1, total


def _wrong_range(response: Response, url: str) -> FetchFailed:
    response.close()
    return FetchFailed(f"{shown(url)}: the server sent other bytes than the requested range")


def _free_bytes(file: BinaryIO) -> int:
    """Return how many bytes can be written to the disk of a file."""
    try:
        disk = os.fstatvfs(file.fileno())
    except OSError:  # not a file on a disk
        return sys.maxsize
    return disk.f_bavail * disk.f_frsize
