"""Requests to indexes and file servers: ranges, retries, credentials. Threads may share a client."""

from __future__ import annotations

import contextlib
import hashlib
import netrc
import os
import re
import ssl
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Container, Iterable, Iterator
from typing import BinaryIO, NamedTuple, TypeVar
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import urllib3
from urllib3 import BaseHTTPResponse as Answer
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError

from deadweight.errors import FetchFailed, NoRanges

_AT_ONCE = 32
_SLOWEST = 1 << 14  # bytes a second: whoever sends more than these may send for as long as it takes
_LONGEST_WAIT = 10.0  # seconds: no server may have us sleep for longer, whatever its Retry-After says
_WORTH_TAKING = 1 << 20  # bytes: a server without ranges may send a whole archive of this size
_REDIRECTS = 5
_PORTS = {"http": 80, "https": 443}
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})\Z")
_HINT = "check the network, the index's address, and the proxy settings"
_Read = TypeVar("_Read")


class Page(NamedTuple):
    """A whole body, where it came from after redirects, and what the server calls it."""

    data: bytes
    url: str
    content_type: str


class Tail(NamedTuple):
    """A file's last bytes, from ``start`` on; ``size`` is the whole file's."""

    data: bytes
    size: int
    start: int


class Client:
    """Asks servers for bytes.

    origins:  URLs that may carry credentials; what lies on the same server is asked for with them
    timeout:  seconds to wait for a connection, and for the next bytes
    deadline: seconds that one answer may take in all, and one more for each 16 KiB of it
    """

    def __init__(
        self, *, origins: Iterable[str] = (), timeout: float = 20, deadline: float = 90, attempts: int = 4
    ) -> None:
        self._timeout, self._deadline, self._attempts = timeout, deadline, attempts
        self._credentials = {_origin(its): found for its in map(_parts_of, origins) if (found := _userinfo(its))}
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._lock = threading.Lock()
        self.requests = self.received_bytes = 0

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.clear()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, url: str, *, limit: int, accept: str = "") -> Page:
        """Return a whole body of at most ``limit`` bytes; raises FetchFailed."""
        return self._tried(lambda: self._get(url, limit, accept))

    def _get(self, url: str, limit: int, accept: str) -> Page:
        answer, final = self._ask("GET", url, {"Accept": accept} if accept else {})
        return Page(b"".join(self._chunks(answer, url, limit)), final, answer.headers.get("Content-Type", ""))

    def tail(self, url: str, length: int, size: int | None = None) -> Tail:
        """Return the last ``length`` bytes of a file.

        size:   the file's, where it is known
        raises: NoRanges where the server sends whole files only, and this one is not small; FetchFailed
        """
        return self._tried(lambda: self._tail(url, length, size))

    def _tail(self, url: str, length: int, size: int | None) -> Tail:
        wanted = f"bytes=-{length}" if size is None else f"bytes={max(0, size - length)}-{size - 1}"
        answer, _ = self._ask("GET", url, {"Range": wanted}, also=(400, 416, 501))
        if answer.status == 206:
            start, stop, total = _span_of(answer, url)
            if stop != total or start != max(0, total - length) or size not in (None, total):
                raise _lied(answer, url)
            return Tail(self._exactly(answer, url, stop - start), total, start)
        whole = _length_of(answer)
        if answer.status == 200 and whole is not None and whole <= _WORTH_TAKING:
            return Tail(self._exactly(answer, url, whole), whole, 0)
        answer.close()
        if size is None and (answer.status != 200 or answer.headers.get("Accept-Ranges") == "bytes"):
            # Some know ranges, but not those that count from the end.
            return self._tail(url, length, self._size(url))
        raise NoRanges(f"{_shown(url)}: the server knows no ranges")

    def _size(self, url: str) -> int:
        answer, _ = self._ask("HEAD", url, {})
        answer.close()
        if size := _length_of(answer):
            return size
        raise NoRanges(f"{_shown(url)}: the server does not tell how long it is")

    def span(self, url: str, span: range, size: int) -> bytes:
        """Return exactly these bytes of a file of ``size`` bytes; raises FetchFailed."""
        return self._tried(lambda: self._span(url, span, size))

    def _span(self, url: str, span: range, size: int) -> bytes:
        answer, _ = self._ask("GET", url, {"Range": f"bytes={span.start}-{span.stop - 1}"})
        if answer.status != 206:
            answer.close()
            raise NoRanges(f"{_shown(url)}: the server knows no ranges")
        if _span_of(answer, url) != (span.start, span.stop, size):
            raise _lied(answer, url)
        return self._exactly(answer, url, len(span))

    def download(self, url: str, file: BinaryIO, *, limit: int) -> tuple[int, str]:
        """Write a body of at most ``limit`` bytes to an empty file; return (bytes, sha256); raises FetchFailed."""
        return self._tried(lambda: self._download(url, file, limit))

    def _download(self, url: str, file: BinaryIO, limit: int) -> tuple[int, str]:
        file.seek(0)
        file.truncate()
        answer, _ = self._ask("GET", url, {})
        digest = hashlib.sha256()
        # Not decoded: some servers call a .tar.gz "Content-Encoding: gzip", and its hash is that of what they send.
        for chunk in self._chunks(answer, url, limit, decoded=False):
            file.write(chunk)
            digest.update(chunk)
        return file.tell(), digest.hexdigest()

    def _tried(self, read: Callable[[], _Read]) -> _Read:
        """Return what ``read`` does, which is called again where that may help."""
        for attempt in range(1, self._attempts):
            try:
                return read()
            except _Again as failure:
                time.sleep(min(_LONGEST_WAIT, 0.1 * 2**attempt if failure.wait is None else failure.wait))
        return read()

    def _exactly(self, answer: Answer, url: str, length: int) -> bytes:
        if _length_of(answer) in (None, length):
            data = b"".join(self._chunks(answer, url, length))
            if len(data) == length:
                return data
        raise _lied(answer, url)

    def _chunks(self, answer: Answer, url: str, limit: int, *, decoded: bool = True) -> Iterator[bytes]:
        """Yield a body, no more of it than is allowed, no longer than is allowed."""
        size, began = 0, time.monotonic()
        try:
            while chunk := answer.read1(1 << 16, decode_content=decoded):
                size += len(chunk)
                with self._lock:
                    self.received_bytes += len(chunk)
                if size > limit:
                    raise FetchFailed(f"{_shown(url)}: more than the {limit:,} bytes that were asked for came")
                if (took := time.monotonic() - began) > self._deadline + size / _SLOWEST:
                    raise FetchFailed(f"{_shown(url)}: too slow: {size:,} bytes in {took:.0f} s", hint=_HINT)
                yield chunk
            answer.release_conn()
        except (HTTPError, OSError) as error:
            raise _Again(f"{_shown(url)}: the answer broke off: {_reason(error)}", hint=_HINT) from error
        finally:
            answer.close()

    def _ask(self, method: str, url: str, headers: dict[str, str], *, also: Container[int] = ()) -> tuple[Answer, str]:
        """Return an answer whose body is still to be read, and its URL; follows redirects."""
        for _ in range(_REDIRECTS + 1):
            parts = _parts_of(url)
            answer = self._send(method, parts, headers)
            if answer.status in (200, 206) or answer.status in also:
                return answer, url
            answer.close()
            if answer.status not in (301, 302, 303, 307, 308) or "Location" not in answer.headers:
                raise _refused(answer, url)
            there = _parts_of(answer.headers["Location"], url)
            if there.scheme not in _PORTS or (parts.scheme, there.scheme) == ("https", "http"):
                raise FetchFailed(f"{_shown(url)}: it redirects to {_shown(there.geturl())}, which is not followed")
            url = there.geturl()
        raise FetchFailed(f"{_shown(url)}: more than {_REDIRECTS} redirects")

    def _send(self, method: str, parts: SplitResult, headers: dict[str, str]) -> Answer:
        bare, host = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""), parts.hostname or ""
        found = _userinfo(parts) or self._credentials.get(_origin(parts)) or _from_netrc(host)
        sent = {"Accept-Encoding": "identity", "User-Agent": "deadweight", **headers}
        sent |= {"Authorization": _basic(found)} if found else {}
        with self._lock:
            self.requests += 1
        try:
            return self._pool(bare).request(
                method, bare.geturl(), headers=sent, preload_content=False, redirect=False, retries=False,
                timeout=urllib3.Timeout(connect=self._timeout, read=self._timeout),
            )  # fmt: skip
        except (HTTPError, OSError, ValueError) as error:
            kind = FetchFailed if isinstance(error, SSLError | ValueError) else _Again  # ValueError: a malformed URL
            raise kind(f"cannot reach {_printable(host)}: {_reason(error)}", hint=_HINT) from error

    def _pool(self, parts: SplitResult) -> urllib3.PoolManager:
        proxies = {} if urllib.request.proxy_bypass(parts.netloc) else urllib.request.getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = _new_pool(proxy)
            return self._pools[proxy]


class _Again(FetchFailed):
    """What may go better the next time."""

    wait: float | None = None  # seconds that the server asks for


def _new_pool(proxy: str) -> urllib3.PoolManager:
    bundle = next(filter(None, map(os.environ.get, ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"))), None)
    is_folder = bundle is not None and os.path.isdir(bundle)
    trusted = ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)
    if not proxy:
        return urllib3.PoolManager(maxsize=_AT_ONCE, ssl_context=trusted)
    parts = _parts_of(proxy if "://" in proxy else f"http://{proxy}")
    found, bare = _userinfo(parts), parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    headers = {"Proxy-Authorization": _basic(found)} if found else {}
    return urllib3.ProxyManager(bare, proxy_headers=headers, maxsize=_AT_ONCE, ssl_context=trusted)


def _parts_of(url: str, base: str = "") -> SplitResult:
    """Return the parts of a URL, which may count from another; raises FetchFailed where it is none."""
    try:
        parts = urlsplit(urljoin(base, url))
        _ = parts.port
    except ValueError as error:
        # What cannot be taken apart is shown from its last @ on: a password may be anywhere before that.
        raise FetchFailed(f"{_printable(url.rpartition('@')[2])}: this is no URL") from error
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _userinfo(parts: SplitResult) -> tuple[str, str] | None:
    found = unquote(parts.username or ""), unquote(parts.password or "")
    return found if any(found) else None


def _from_netrc(host: str) -> tuple[str, str] | None:
    with contextlib.suppress(OSError, ValueError, netrc.NetrcParseError):
        found = netrc.netrc(os.environ.get("NETRC") or None).authenticators(host)
        return (found[0], found[2]) if found else None
    return None


def _basic(userinfo: tuple[str, str]) -> str:
    return "Basic " + b64encode(":".join(userinfo).encode("utf-8", "surrogateescape")).decode()


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)[:500]


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return _printable(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl())


def _length_of(answer: Answer) -> int | None:
    told = answer.headers.get("Content-Length", "")
    return int(told) if re.fullmatch("[0-9]{1,18}", told) else None


def _span_of(answer: Answer, url: str) -> tuple[int, int, int]:
    match = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
    start, last, total = map(int, match.groups()) if match else (0, 0, 0)
    if not start <= last < total or answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _lied(answer, url)
    return start, last + 1, total


def _lied(answer: Answer, url: str) -> FetchFailed:
    answer.close()
    return FetchFailed(f"{_shown(url)}: the server lied about ranges: other bytes came than were asked for")


def _refused(answer: Answer, url: str) -> FetchFailed:
    status, shown = answer.status, _shown(url)
    if status in (401, 403, 407):
        return FetchFailed(
            f"{shown}: the server refused ({status})", hint="give credentials in the index's URL or in netrc"
        )
    if status not in (429, 500, 502, 503, 504):
        says = "it is not there" if status in (404, 410) else "the server answered"
        return FetchFailed(f"{shown}: {says} ({status})")
    failure = _Again(f"{shown}: the server answered {status}", hint="try again later")
    with contextlib.suppress(HTTPError, ValueError, OverflowError):  # a Retry-After that means nothing
        failure.wait = urllib3.Retry().get_retry_after(answer)
    return failure


def _reason(error: BaseException) -> str:
    if isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError) and not isinstance(error, NewConnectionError):
        return "it took too long to answer"
    text = re.sub(r"<[^>]*>[:,]?\s*|^\(?'?|HTTPS?Connection(?:Pool)?\([^)]*\):\s*", "", str(error)).strip(" '()")
    return _printable(text.partition("\n")[0][:200]) or type(error).__name__
