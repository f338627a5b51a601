"""Requests to indexes, registries and file servers, with retries and credentials. Threads may share a client."""

from __future__ import annotations

import os
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Container, Generator, Iterable, Mapping
from typing import NamedTuple, TypeVar
from urllib.parse import SplitResult, urlencode

import urllib3
from urllib3 import BaseHTTPResponse as Response
from urllib3.exceptions import HTTPError

from deadweight.errors import FetchFailed
from deadweight.sources.net.deadlines import pool_classes
from deadweight.sources.net.failures import NETWORK_HINT, Retryable, refused, truncated, unreachable
from deadweight.sources.net.urls import PORTS, basic, from_netrc, origin_of, parts_of, shown, userinfo_of

_CONNECTIONS = 32  # to one server
_SLOWEST = 1 << 14  # bytes per second; a faster server may take as long as it needs
_LONGEST_WAIT = 10.0  # seconds between attempts, whatever Retry-After says
_LARGEST_REASON = 1 << 16  # bytes of the body of a refusal
_REDIRECTS = 5
_Result = TypeVar("_Result")
_paces: dict[str, float] = {}  # host → when the next request to it may be sent
_interval = 0.0


def pace(interval: float) -> None:
    """Limit how often this process sends requests to one server: one in ``interval`` seconds; 0 for no limit."""
    global _interval
    _interval = interval


class Page(NamedTuple):
    """A whole body, its URL after redirects, and its headers."""

    data: bytes
    url: str
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")


class Client:
    """Sends requests.

    origins:  URLs that may contain credentials; requests to the same servers use these
    timeout:  seconds to wait for a connection, and for the next bytes
    context:  the trusted certificates; None for those that pip and the system are configured with
    deadline: seconds for a whole response, plus one for each 16 KiB of it
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
        parts = map(parts_of, origins)
        self._credentials = {origin_of(each): userinfo for each in parts if (userinfo := userinfo_of(each))}
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

    # --- whole responses -----------------------------------------------------------------------------

    def get(self, url: str, *, limit: int, accept: str = "", authorization: str | None = None) -> Page:
        """Return a whole body of at most ``limit`` bytes.

        authorization: for this server only, instead of credentials from URLs and netrc; "" for none
        raises:        FetchFailed
        """
        return self._page("GET", url, {"Accept": accept, **_authorization(authorization)}, limit)

    def get_changed(
        self, url: str, *, limit: int, accept: str, validators: Mapping[str, str]
    ) -> tuple[Page | None, Mapping[str, str]]:
        """Return a whole body, compressed in transit, and the headers; None if it has not changed.

        validators: If-None-Match and If-Modified-Since (RFC 9110, 13.1)
        raises:     FetchFailed
        """

        def read() -> tuple[Page | None, Mapping[str, str]]:
            headers = {"Accept": accept, "Accept-Encoding": "gzip", **validators}
            response, final = self.request("GET", url, headers, also=(304,) if validators else ())
            data = b"".join(self.body(response, url, limit))
            return None if response.status == 304 else Page(data, final, response.headers), response.headers

        return self.retried(read)

    def post(self, url: str, form: Mapping[str, str], *, limit: int) -> Page:
        """Return the response to a form, which is not sent on to another server; raises FetchFailed."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **_authorization("")}
        return self._page("POST", url, headers, limit, urlencode(form).encode())

    def _page(self, method: str, url: str, headers: dict[str, str], limit: int, form: bytes | None = None) -> Page:
        def read() -> Page:
            response, final = self.request(method, url, headers, form=form)
            return Page(b"".join(self.body(response, url, limit)), final, response.headers)

        return self.retried(read)

    def stream(self, url: str, *, limit: int, authorization: str | None = None) -> Generator[bytes]:
        """Yield a body of at most ``limit`` bytes as it arrives, not decoded; raises FetchFailed, Truncated."""
        response, _ = self.retried(lambda: self.request("GET", url, _authorization(authorization)))
        return self.body(response, url, limit, decoded=False)

    # --- the steps of a request, for callers that need more than a whole body ------------------------

    def retried(self, read: Callable[[], _Result]) -> _Result:
        """Return the result of ``read``, calling it again after failures that may not occur again."""
        for attempt in range(1, self._attempts):
            try:
                return read()
            except Retryable as failure:
                time.sleep(min(_LONGEST_WAIT, 0.1 * 2**attempt if failure.wait is None else failure.wait))
        return read()

    def request(
        self, method: str, url: str, headers: dict[str, str], *, also: Container[int] = (), form: bytes | None = None
    ) -> tuple[Response, str]:
        """Return a response whose body is still to be read, and its URL; follows redirects, except with a form.

        also:   statuses that are no failure, beside 200 and 206
        raises: FetchFailed
        """
        for _ in range(_REDIRECTS + 1):
            parts = parts_of(url)
            response = self._send(method, parts, headers, form)
            if response.status in (200, 206) or response.status in also:
                return response, url
            is_redirect = response.status in (301, 302, 303, 307, 308) and "Location" in response.headers
            if not is_redirect or form is not None:
                raise refused(response, url, self._refusal(response, url))
            response.close()
            target = parts_of(response.headers["Location"], url)
            if target.scheme not in PORTS or (parts.scheme, target.scheme) == ("https", "http"):
                raise FetchFailed(f"{shown(url)}: refusing to follow the redirect to {shown(target.geturl())}")
            if "Authorization" in headers and origin_of(target) != origin_of(parts):
                headers = {**headers, **_authorization("")}
            url = target.geturl()
        raise FetchFailed(f"{shown(url)}: more than the limit of {_REDIRECTS} redirects")

    def body(self, response: Response, url: str, limit: int, *, decoded: bool = True) -> Generator[bytes]:
        """Yield a body within the limits of size and time; raises FetchFailed, Truncated."""
        size, started = 0, time.monotonic()
        try:
            while chunk := response.read1(1 << 16, decode_content=decoded):
                size += len(chunk)
                with self._lock:
                    self.received_bytes += len(chunk)
                if size > limit:
                    raise FetchFailed(f"{shown(url)}: the response exceeds the expected {limit:,} bytes")
                if (seconds := time.monotonic() - started) > self._deadline + size / _SLOWEST:
                    raise FetchFailed(f"{shown(url)}: too slow: {size:,} bytes in {seconds:.0f} s", hint=NETWORK_HINT)
                yield chunk
            response.release_conn()
        except (HTTPError, OSError) as error:
            raise truncated(url, error) from error
        finally:
            response.close()

    def _refusal(self, response: Response, url: str) -> bytes:
        """Return the body of a refusal if it is JSON and not too large, else nothing."""
        if "json" not in response.headers.get("Content-Type", ""):
            response.close()
            return b""
        try:
            return b"".join(self.body(response, url, _LARGEST_REASON))
        except FetchFailed:
            return b""

    def _send(self, method: str, parts: SplitResult, headers: dict[str, str], form: bytes | None) -> Response:
        bare, host = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""), parts.hostname or ""
        sent = {"Accept-Encoding": "identity", "User-Agent": "deadweight", **headers}
        if "Authorization" not in sent:
            userinfo = userinfo_of(parts) or self._credentials.get(origin_of(parts)) or from_netrc(host)
            sent |= {"Authorization": basic(userinfo)} if userinfo else {}
        with self._lock:
            self.requests += 1
        if _interval:
            time.sleep(_turn(host))
        try:
            return self._pool(bare).request(
                method, bare.geturl(), headers={name: value for name, value in sent.items() if value}, body=form,
                preload_content=False, redirect=False, retries=False,
                timeout=urllib3.Timeout(connect=self._timeout, read=self._timeout),
            )  # fmt: skip
        except (HTTPError, OSError, ValueError) as error:
            raise unreachable(host, error) from error

    def _pool(self, parts: SplitResult) -> urllib3.PoolManager:
        with self._lock:
            proxy = self._proxies.get((parts.scheme, parts.netloc))
            if proxy is None:  # once for each server: reading the environment takes as long as a small request
                proxies = {} if urllib.request.proxy_bypass(parts.netloc) else urllib.request.getproxies()
                proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
                self._proxies[parts.scheme, parts.netloc] = proxy
            if proxy not in self._pools:
                self._pools[proxy] = _new_pool(proxy, self._deadline, self._context)
            return self._pools[proxy]


_turns = threading.Lock()


def _turn(host: str) -> float:
    """Return the seconds to wait before a request to a server."""
    with _turns:
        now = time.monotonic()
        at = max(now, _paces.get(host, now))
        _paces[host] = at + _interval
        return at - now


def _authorization(value: str | None) -> dict[str, str]:
    return {} if value is None else {"Authorization": value}


def _default_context() -> ssl.SSLContext:
    bundle = next(filter(None, map(os.environ.get, ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"))), None)
    is_directory = bundle is not None and os.path.isdir(bundle)
    return ssl.create_default_context(cafile=None if is_directory else bundle, capath=bundle if is_directory else None)


def _new_pool(proxy: str, deadline: float, context: ssl.SSLContext | None) -> urllib3.PoolManager:
    trusted = context or _default_context()
    if not proxy:
        return _timed(urllib3.PoolManager(maxsize=_CONNECTIONS, ssl_context=trusted), deadline)
    parts = parts_of(proxy if "://" in proxy else f"http://{proxy}")
    userinfo, bare = userinfo_of(parts), parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    headers = {"Proxy-Authorization": basic(userinfo)} if userinfo else {}
    manager = urllib3.ProxyManager(bare, proxy_headers=headers, maxsize=_CONNECTIONS, ssl_context=trusted)
    return _timed(manager, deadline)


def _timed(pool: urllib3.PoolManager, deadline: float) -> urllib3.PoolManager:
    pool.pool_classes_by_scheme = pool_classes(deadline)
    return pool
