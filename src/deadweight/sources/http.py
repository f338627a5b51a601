"""Requests to indexes and file servers: ranges, retries, credentials. Threads may share a client."""

from __future__ import annotations

import hashlib
import netrc
import os
import re
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from deadweight.errors import FetchFailed, NoRanges

_AT_ONCE = 32
_CHUNK = 1 << 16
_LONGEST_WAIT = 10.0  # seconds: no server may have us sleep for longer, whatever its Retry-After says
_WORTH_TAKING = 1 << 20  # bytes: a server without ranges may send a whole archive of this size
_REDIRECTS = 5
_AGAIN = frozenset((429, 500, 502, 503, 504))
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)\Z")
_HINT = "check the network, the index's address, and the proxy settings"


@dataclass(frozen=True, slots=True)
class Page:
    """A whole body, where it came from after redirects, and what the server calls it."""

    data: bytes
    url: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Tail:
    """A file's last bytes, from ``start`` on; ``size`` is the whole file's."""

    data: bytes
    size: int
    start: int


class Client:
    """Asks servers for bytes.

    origins:  URLs that may carry credentials; what lies on the same server is asked for with them
    timeout:  seconds to wait for a connection, and for the next bytes
    deadline: seconds that one answer may take in all, large downloads apart
    """

    def __init__(
        self, *, origins: Iterable[str] = (), timeout: float = 20, deadline: float = 90, attempts: int = 4
    ) -> None:
        self._timeout, self._deadline, self._attempts = timeout, deadline, attempts
        self._credentials = {_origin(urlsplit(url)): found for url in origins if (found := _userinfo(urlsplit(url)))}
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._lock = threading.Lock()
        self.requests = 0
        self.received_bytes = 0

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
        answer, final = self._ask("GET", url, {"Accept": accept} if accept else {})
        data = b"".join(self._chunks(answer, url, limit))
        return Page(data, final, answer.headers.get("Content-Type", ""))

    def tail(self, url: str, length: int, size: int | None = None) -> Tail:
        """Return the last ``length`` bytes of a file.

        size:   the file's, where it is known
        raises: NoRanges where the server sends whole files only, and this one is not small; FetchFailed
        """
        wanted = f"bytes=-{length}" if size is None else f"bytes={max(0, size - length)}-{size - 1}"
        answer, _ = self._ask("GET", url, {"Range": wanted}, also=(400, 416, 501))
        if answer.status == 206:
            start, stop, total = self._span_of(answer, url)
            if stop != total or (size is not None and total != size):
                raise _lied(answer, url)
            return Tail(self._exactly(answer, url, stop - start), total, start)
        if answer.status == 200:
            whole = int(answer.headers.get("Content-Length") or -1)
            if 0 <= whole <= _WORTH_TAKING:
                return Tail(self._exactly(answer, url, whole), whole, 0)
        _drop(answer)
        refused = answer.status != 200 or answer.headers.get("Accept-Ranges") == "bytes"
        if size is None and refused:
            # Some know ranges, but not those that count from the end.
            return self.tail(url, length, self._size(url))
        raise NoRanges(f"{_shown(url)}: the server knows no ranges")

    def _size(self, url: str) -> int:
        answer, _ = self._ask("HEAD", url, {})
        _drop(answer)
        try:
            return int(answer.headers["Content-Length"])
        except (KeyError, ValueError):
            raise NoRanges(f"{_shown(url)}: the server does not tell how long it is") from None

    def span(self, url: str, span: range, size: int) -> bytes:
        """Return exactly these bytes of a file of ``size`` bytes; raises FetchFailed."""
        answer, _ = self._ask("GET", url, {"Range": f"bytes={span.start}-{span.stop - 1}"})
        if answer.status != 206:
            _drop(answer)
            raise NoRanges(f"{_shown(url)}: the server knows no ranges")
        if self._span_of(answer, url) != (span.start, span.stop, size):
            raise _lied(answer, url)
        return self._exactly(answer, url, len(span))

    def download(self, url: str, file: BinaryIO, *, limit: int) -> tuple[int, str]:
        """Write a whole body of at most ``limit`` bytes to a file; return (bytes, sha256); raises FetchFailed."""
        answer, _ = self._ask("GET", url, {})
        digest, size = hashlib.sha256(), 0
        for chunk in self._chunks(answer, url, limit, deadline=None):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        promised = answer.headers.get("Content-Length")
        if promised is not None and promised.isdecimal() and int(promised) != size:
            raise FetchFailed(f"{_shown(url)}: {promised} bytes were promised, and {size} came")
        return size, digest.hexdigest()

    def _span_of(self, answer: urllib3.BaseHTTPResponse, url: str) -> tuple[int, int, int]:
        match = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
        encoding = answer.headers.get("Content-Encoding", "identity")
        if match is None or encoding != "identity":
            raise _lied(answer, url)
        start, last, total = (int(number) for number in match.groups())
        if not start <= last < total:
            raise _lied(answer, url)
        return start, last + 1, total

    def _exactly(self, answer: urllib3.BaseHTTPResponse, url: str, length: int) -> bytes:
        data = b"".join(self._chunks(answer, url, length))
        if len(data) != length:
            raise _lied(answer, url)
        return data

    def _chunks(
        self, answer: urllib3.BaseHTTPResponse, url: str, limit: int, *, deadline: float | None = 0
    ) -> Iterator[bytes]:
        """Yield a body, no more of it than is allowed, no longer than is allowed."""
        until = time.monotonic() + self._deadline
        size = 0
        try:
            while chunk := answer.read1(_CHUNK):
                size += len(chunk)
                with self._lock:
                    self.received_bytes += len(chunk)
                if size > limit:
                    _drop(answer)
                    raise FetchFailed(f"{_shown(url)}: more than the {limit:,} bytes that were asked for came")
                if deadline is not None and time.monotonic() > until:
                    _drop(answer)
                    raise FetchFailed(f"{_shown(url)}: too slow: {size:,} bytes in {self._deadline:.0f} s", hint=_HINT)
                yield chunk
            answer.release_conn()
        except (HTTPError, OSError) as error:
            _drop(answer)
            raise FetchFailed(f"{_shown(url)}: the answer broke off: {_reason(error)}", hint=_HINT) from error

    def _ask(
        self, method: str, url: str, headers: dict[str, str], *, also: tuple[int, ...] = ()
    ) -> tuple[urllib3.BaseHTTPResponse, str]:
        """Return an answer whose body is still to be read, and its URL; follows redirects, tries again."""
        for _ in range(_REDIRECTS + 1):
            answer = self._retried(method, url, headers)
            location = answer.headers.get("Location") if answer.status in (301, 302, 303, 307, 308) else None
            if location is None:
                if answer.status in (200, 206, *also):
                    return answer, url
                _drop(answer)
                raise _refused(answer.status, url)
            _drop(answer)
            there = urljoin(url, location)
            if urlsplit(there).scheme not in ("http", "https") or (
                urlsplit(url).scheme == "https" and urlsplit(there).scheme == "http"
            ):
                raise FetchFailed(f"{_shown(url)}: it redirects to {_shown(there)}, which is not followed")
            url = there
        raise FetchFailed(f"{_shown(url)}: more than {_REDIRECTS} redirects")

    def _retried(self, method: str, url: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        parts = urlsplit(url)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
        sent = {"Accept-Encoding": "identity", "User-Agent": "deadweight", **headers, **self._authorization(parts)}
        for attempt in range(1, self._attempts + 1):
            with self._lock:
                self.requests += 1
            try:
                answer = self._pool(parts).request(
                    method, bare, headers=sent, preload_content=False, redirect=False, retries=False,
                    timeout=urllib3.Timeout(connect=self._timeout, read=self._timeout),
                )  # fmt: skip
            except (HTTPError, OSError) as error:
                if attempt == self._attempts or isinstance(error, SSLError):
                    host = parts.hostname or url
                    raise FetchFailed(f"cannot reach {host}: {_reason(error)}", hint=_HINT) from error
                time.sleep(_backoff(attempt))
                continue
            if answer.status not in _AGAIN or attempt == self._attempts:
                return answer
            _drop(answer)
            time.sleep(_wait(answer, attempt))
        raise AssertionError("unreachable")

    def _pool(self, parts: SplitResult) -> urllib3.PoolManager:
        proxies = urllib.request.getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
        if proxy and urllib.request.proxy_bypass(parts.hostname or ""):
            proxy = ""
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = _new_pool(proxy)
            return self._pools[proxy]

    def _authorization(self, parts: SplitResult) -> dict[str, str]:
        found = _userinfo(parts) or self._credentials.get(_origin(parts)) or _from_netrc(parts.hostname or "")
        return urllib3.make_headers(basic_auth=":".join(found)) if found else {}


def _new_pool(proxy: str) -> urllib3.PoolManager:
    bundle = next(filter(None, map(os.environ.get, ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"))), None)
    is_folder = bundle is not None and os.path.isdir(bundle)
    trusted = ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)
    if proxy:
        found = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        userinfo = _userinfo(found)
        headers = urllib3.make_headers(proxy_basic_auth=":".join(userinfo)) if userinfo else {}
        bare = found._replace(netloc=found.netloc.rpartition("@")[2]).geturl()
        return urllib3.ProxyManager(bare, proxy_headers=headers, maxsize=_AT_ONCE, ssl_context=trusted)
    return urllib3.PoolManager(maxsize=_AT_ONCE, ssl_context=trusted)


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, parts.hostname or "", parts.port


def _userinfo(parts: SplitResult) -> tuple[str, str] | None:
    if not parts.username:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def _from_netrc(host: str) -> tuple[str, str] | None:
    try:
        found = netrc.netrc(os.environ.get("NETRC")).authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return None
    return (found[0], found[2]) if found else None


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _drop(answer: urllib3.BaseHTTPResponse) -> None:
    """Give up an answer without reading what is left of it."""
    answer.close()


def _backoff(attempt: int) -> float:
    return float(min(_LONGEST_WAIT, 0.1 * 2**attempt))


def _wait(answer: urllib3.BaseHTTPResponse, attempt: int) -> float:
    told = urllib3.Retry().get_retry_after(answer)
    return min(_LONGEST_WAIT, told) if told is not None else _backoff(attempt)


def _lied(answer: urllib3.BaseHTTPResponse, url: str) -> FetchFailed:
    _drop(answer)
    return FetchFailed(f"{_shown(url)}: the server lied about ranges: other bytes came than were asked for")


def _refused(status: int, url: str) -> FetchFailed:
    if status in (401, 403, 407):
        return FetchFailed(
            f"{_shown(url)}: the server refused ({status})", hint="give credentials in the index's URL or in netrc"
        )
    if status in (404, 410):
        return FetchFailed(f"{_shown(url)}: it is not there ({status})")
    return FetchFailed(f"{_shown(url)}: the server answered {status}", hint="try again later")


def _reason(error: BaseException) -> str:
    if isinstance(error, MaxRetryError) and error.reason is not None:
        error = error.reason
    if isinstance(error, Urllib3Timeout | TimeoutError):
        return "it took too long to answer"
    text = re.sub(r"<[^>]*>[:,]?\s*|^\(?'?|HTTPS?ConnectionPool\([^)]*\):\s*", "", str(error)).strip(" '()")
    return text.splitlines()[0][:200] if text else type(error).__name__
