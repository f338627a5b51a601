"""Requests to indexes, registries and file servers: ranges, retries, credentials. Threads may share a client."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import ssl
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Container, Generator, Iterable, Mapping
from typing import BinaryIO, NamedTuple, TypeVar
from urllib.parse import SplitResult, urlencode

import urllib3
from urllib3 import BaseHTTPResponse as Answer
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError

from deadweight.errors import FetchFailed, NoRanges
from deadweight.sources.net.deadlines import pool_classes
from deadweight.sources.net.urls import PORTS, basic, from_netrc, origin_of, parts_of, printable, shown, userinfo_of

_AT_ONCE = 32
_SLOWEST = 1 << 14  # bytes a second: whoever sends more than these may send for as long as it takes
_LONGEST_WAIT = 10.0  # seconds: no server may have us sleep for longer, whatever its Retry-After says
_WORTH_TAKING = 1 << 20  # bytes: a server without ranges may send a whole archive of this size
_LONGEST_REASON = 1 << 16  # bytes of what a server says about a refusal
_REDIRECTS = 5
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})\Z")
_ROOM_TO_LEAVE = 1 << 20  # bytes of the disk that a download leaves free
_DISK_HINT = "set TMPDIR to a folder with more room"
_HINT = "check the network, the address, and the proxy settings"
_Read = TypeVar("_Read")


class Page(NamedTuple):
    """A whole body, where it came from after redirects, and what the server tells of it."""

    data: bytes
    url: str
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")


class Tail(NamedTuple):
    """A file's last bytes, from ``start`` on; ``size`` is the whole file's."""

    data: bytes
    size: int
    start: int


class Client:
    """Asks servers for bytes.

    origins:  URLs that may carry credentials; what lies on the same server is asked for with them
    timeout:  seconds to wait for a connection, and for the next bytes
    context:  whose certificates count; None for those that pip and the system are set up with
    deadline: seconds that one answer may take in all, and one more for each 16 KiB of it
    """

    def __init__(
        self,
        *,
        origins: Iterable[str] = (),
        timeout: float = 20,
        deadline: float = 90,
        attempts: int = 4,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._context = context
        self._timeout, self._deadline, self._attempts = timeout, deadline, attempts
        self._credentials = {origin_of(its): found for its in map(parts_of, origins) if (found := userinfo_of(its))}
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._proxies: dict[tuple[str, str], str] = {}
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

    def get(self, url: str, *, limit: int, accept: str = "", authorization: str | None = None) -> Page:
        """Return a whole body of at most ``limit`` bytes.

        authorization: for this server alone, in place of what URLs and netrc say; "" for none
        raises:        FetchFailed
        """
        return self._page("GET", url, {"Accept": accept, **_authorized(authorization)}, limit)

    def get_changed(
        self, url: str, *, limit: int, accept: str, validators: Mapping[str, str]
    ) -> tuple[Page | None, Mapping[str, str]]:
        """Return a whole body, compressed on its way, and the headers; None if it is the one the validators belong to.

        validators: If-None-Match and If-Modified-Since (RFC 9110, 13.1)
        raises:     FetchFailed
        """

        def read() -> tuple[Page | None, Mapping[str, str]]:
            headers = {"Accept": accept, "Accept-Encoding": "gzip", **validators}
            answer, final = self._ask("GET", url, headers, also=(304,) if validators else ())
            body = b"".join(self._chunks(answer, url, limit))
            return None if answer.status == 304 else Page(body, final, answer.headers), answer.headers

        return self._tried(read)

    def post(self, url: str, form: Mapping[str, str], *, limit: int) -> Page:
        """Return what a server answers to a form, which goes to it alone; raises FetchFailed."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **_authorized("")}
        return self._page("POST", url, headers, limit, urlencode(form).encode())

    def _page(self, method: str, url: str, headers: dict[str, str], limit: int, body: bytes | None = None) -> Page:
        def read() -> Page:
            answer, final = self._ask(method, url, headers, body=body)
            return Page(b"".join(self._chunks(answer, url, limit)), final, answer.headers)

        return self._tried(read)

    def stream(self, url: str, *, limit: int, authorization: str | None = None) -> Generator[bytes]:
        """Yield a body of at most ``limit`` bytes as it is sent; raises FetchFailed, BrokeOff (cut short)."""
        answer, _ = self._tried(lambda: self._ask("GET", url, _authorized(authorization)))
        return self._chunks(answer, url, limit, decoded=False)

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
            if size not in (None, total):
                answer.close()
                raise FetchFailed(f"{shown(url)}: it has {total:,} bytes, and {size:,} were promised")
            if stop != total or start != max(0, total - length):
                raise _lied(answer, url)
            return Tail(self._exactly(answer, url, stop - start), total, start)
        whole = _length_of(answer)
        if answer.status == 200 and whole is not None and whole <= _WORTH_TAKING:
            return Tail(self._exactly(answer, url, whole), whole, 0)
        answer.close()
        if size is None and (answer.status != 200 or answer.headers.get("Accept-Ranges") == "bytes"):
            # Some know ranges, but not those that count from the end.
            return self._tail(url, length, self._size(url))
        raise NoRanges(f"{shown(url)}: the server knows no ranges")

    def _size(self, url: str) -> int:
        answer, _ = self._ask("HEAD", url, {})
        answer.close()
        if size := _length_of(answer):
            return size
        raise NoRanges(f"{shown(url)}: the server does not tell how long it is")

    def span(self, url: str, span: range, size: int) -> bytes:
        """Return exactly these bytes of a file of ``size`` bytes; raises FetchFailed."""
        return self._tried(lambda: self._span(url, span, size))

    def _span(self, url: str, span: range, size: int) -> bytes:
        answer, _ = self._ask("GET", url, {"Range": f"bytes={span.start}-{span.stop - 1}"})
        if answer.status != 206:
            answer.close()
            raise NoRanges(f"{shown(url)}: the server knows no ranges")
        if _span_of(answer, url) != (span.start, span.stop, size):
            raise _lied(answer, url)
        return self._exactly(answer, url, len(span))

    def download(self, url: str, file: BinaryIO, *, limit: int) -> tuple[int, str]:
        """Write a body of at most ``limit`` bytes to an empty file; return (bytes, sha256).

        raises: FetchFailed, also where the disk has no room for it
        """
        return self._tried(lambda: self._download(url, file, limit))

    def _download(self, url: str, file: BinaryIO, limit: int) -> tuple[int, str]:
        file.seek(0)
        file.truncate()
        answer, _ = self._ask("GET", url, {})
        announced, room = _length_of(answer), max(0, _free_bytes(file) - _ROOM_TO_LEAVE)
        if (announced or 0) > limit:
            answer.close()
            raise FetchFailed(f"{shown(url)}: {announced:,} bytes, and no more than {limit:,} were promised")
        if (announced or 0) > room:
            answer.close()
            raise FetchFailed(f"{shown(url)}: no room for its {announced:,} bytes on the disk", hint=_DISK_HINT)
        limit = min(limit, room if announced is None else announced)
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

    def _chunks(self, answer: Answer, url: str, limit: int, *, decoded: bool = True) -> Generator[bytes]:
        """Yield a body, no more of it than is allowed, no longer than is allowed."""
        size, began = 0, time.monotonic()
        try:
            while chunk := answer.read1(1 << 16, decode_content=decoded):
                size += len(chunk)
                with self._lock:
                    self.received_bytes += len(chunk)
                if size > limit:
                    raise FetchFailed(f"{shown(url)}: more than the {limit:,} bytes that were asked for came")
                if (took := time.monotonic() - began) > self._deadline + size / _SLOWEST:
                    raise FetchFailed(f"{shown(url)}: too slow: {size:,} bytes in {took:.0f} s", hint=_HINT)
                yield chunk
            answer.release_conn()
        except (HTTPError, OSError) as error:
            raise BrokeOff(f"{shown(url)}: the answer broke off: {_reason(error)}", hint=_HINT) from error
        finally:
            answer.close()

    def _ask(
        self, method: str, url: str, headers: dict[str, str], *, also: Container[int] = (), body: bytes | None = None
    ) -> tuple[Answer, str]:
        """Return an answer whose body is still to be read, and its URL; follows redirects, but with no body."""
        for _ in range(_REDIRECTS + 1):
            parts = parts_of(url)
            answer = self._send(method, parts, headers, body)
            if answer.status in (200, 206) or answer.status in also:
                return answer, url
            if answer.status not in (301, 302, 303, 307, 308) or "Location" not in answer.headers or body is not None:
                raise _refused(answer, url, self._said(answer, url))
            answer.close()
            there = parts_of(answer.headers["Location"], url)
            if there.scheme not in PORTS or (parts.scheme, there.scheme) == ("https", "http"):
                raise FetchFailed(f"{shown(url)}: it redirects to {shown(there.geturl())}, which is not followed")
            if "Authorization" in headers and origin_of(there) != origin_of(parts):
                headers = {**headers, **_authorized("")}
            url = there.geturl()
        raise FetchFailed(f"{shown(url)}: more than {_REDIRECTS} redirects")

    def _said(self, answer: Answer, url: str) -> bytes:
        """Return what a server says about its refusal, where that is JSON, and not too much of it."""
        try:
            if "json" in answer.headers.get("Content-Type", ""):
                return b"".join(self._chunks(answer, url, _LONGEST_REASON))
        except FetchFailed:
            return b""
        answer.close()
        return b""

    def _send(self, method: str, parts: SplitResult, headers: dict[str, str], body: bytes | None) -> Answer:
        bare, host = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""), parts.hostname or ""
        sent = {"Accept-Encoding": "identity", "User-Agent": "deadweight", **headers}
        if "Authorization" not in sent:
            found = userinfo_of(parts) or self._credentials.get(origin_of(parts)) or from_netrc(host)
            sent |= {"Authorization": basic(found)} if found else {}
        with self._lock:
            self.requests += 1
        try:
            return self._pool(bare).request(
                method, bare.geturl(), headers={name: value for name, value in sent.items() if value}, body=body,
                preload_content=False, redirect=False, retries=False,
                timeout=urllib3.Timeout(connect=self._timeout, read=self._timeout),
            )  # fmt: skip
        except (HTTPError, OSError, ValueError) as error:
            kind = FetchFailed if isinstance(error, SSLError | ValueError) else _Again  # ValueError: a malformed URL
            raise kind(f"cannot reach {printable(host)}: {_reason(error)}", hint=_HINT) from error

    def _pool(self, parts: SplitResult) -> urllib3.PoolManager:
        with self._lock:
            proxy = self._proxies.get((parts.scheme, parts.netloc))
            if proxy is None:  # the environment is read once for each server: that takes as long as a small answer
                found = {} if urllib.request.proxy_bypass(parts.netloc) else urllib.request.getproxies()
                proxy = found.get(parts.scheme) or found.get("all") or ""
                self._proxies[parts.scheme, parts.netloc] = proxy
            if proxy not in self._pools:
                self._pools[proxy] = _new_pool(proxy, self._deadline, self._context)
            return self._pools[proxy]


class Refused(FetchFailed):
    """A server answered, but not with what it was asked for.

    url:       whose answer it is, after redirects
    challenge: its WWW-Authenticate
    said:      the answer's body where it is JSON
    """

    def __init__(self, cause: str, *, answer: Answer, url: str, said: bytes, hint: str = "") -> None:
        super().__init__(cause, hint=hint)
        self.status, self.url, self.said = answer.status, url, said
        self.challenge = answer.headers.get("WWW-Authenticate", "")


class _Again(FetchFailed):
    """What may go better the next time."""

    wait: float | None = None  # seconds that the server asks for


class BrokeOff(_Again):
    """An answer began, and its rest did not come."""


class _Busy(Refused, _Again):
    """A server that is not up to it now."""


def _authorized(authorization: str | None) -> dict[str, str]:
    return {} if authorization is None else {"Authorization": authorization}


def _default_context() -> ssl.SSLContext:
    bundle = next(filter(None, map(os.environ.get, ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"))), None)
    is_folder = bundle is not None and os.path.isdir(bundle)
    return ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)


def _new_pool(proxy: str, deadline: float, context: ssl.SSLContext | None) -> urllib3.PoolManager:
    trusted = context or _default_context()
    if not proxy:
        return _timed(urllib3.PoolManager(maxsize=_AT_ONCE, ssl_context=trusted), deadline)
    parts = parts_of(proxy if "://" in proxy else f"http://{proxy}")
    found, bare = userinfo_of(parts), parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    headers = {"Proxy-Authorization": basic(found)} if found else {}
    return _timed(urllib3.ProxyManager(bare, proxy_headers=headers, maxsize=_AT_ONCE, ssl_context=trusted), deadline)


def _timed(pool: urllib3.PoolManager, deadline: float) -> urllib3.PoolManager:
    pool.pool_classes_by_scheme = pool_classes(deadline)
    return pool


def _free_bytes(file: BinaryIO) -> int:
    """Return how many bytes may be written to the disk that a file is on."""
    try:
        found = os.fstatvfs(file.fileno())
    except OSError:  # not a file on a disk
        return sys.maxsize
    return found.f_bavail * found.f_frsize


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
    return FetchFailed(f"{shown(url)}: the server lied about ranges: other bytes came than were asked for")


def _refused(answer: Answer, url: str, said: bytes) -> Refused:
    status, hint = answer.status, ""
    if status in (429, 500, 502, 503, 504):
        busy = _Busy(
            f"{shown(url)}: the server answered {status}", answer=answer, url=url, said=said, hint="try again later"
        )
        with contextlib.suppress(HTTPError, ValueError, OverflowError):  # a Retry-After that means nothing
            busy.wait = urllib3.Retry().get_retry_after(answer)
        return busy
    if status in (401, 403, 407):
        says, hint = "the server refused", "give credentials in the index's URL or in netrc"
    else:
        says = "it is not there" if status in (404, 410) else "the server answered"
    return Refused(f"{shown(url)}: {says} ({status})", answer=answer, url=url, said=said, hint=hint)


def _reason(error: BaseException) -> str:
    if isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError) and not isinstance(error, NewConnectionError):
        return "it took too long to answer"
    text = re.sub(r"<[^>]*>[:,]?\s*|^\(?'?|HTTPS?Connection(?:Pool)?\([^)]*\):\s*", "", str(error)).strip(" '()")
    return printable(text.partition("\n")[0][:200]) or type(error).__name__
