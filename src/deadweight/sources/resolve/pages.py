"""An index page's URL → its links, fetched once per run and cached for as long as the server allows.

A page is fresh for ten minutes, as PyPI specifies, or for less if its server specifies less. After that, a conditional
request checks whether it changed (RFC 9110, 13.1).
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.json import encode
from msgspec.structs import replace

from deadweight.formats.installers.simple_index import ACCEPT, LARGEST_PAGE, Link, read_page
from deadweight.formats.typed_json import decode
from deadweight.sources.net.urls import parts_of, userinfo_of
from deadweight.sources.wheels.store import Store, key_of

if TYPE_CHECKING:
    from concurrent.futures import Future

    from deadweight.sources.net.http import Client

FRESH = 600  # seconds
_KIND = "page"
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=(\d{1,9})")


class _Head(Struct, frozen=True, kw_only=True):
    """What is known about a cached page.

    until:      the end of its freshness, in seconds since 1970
    validators: the headers of a conditional request; none if the server sent no validators
    url:        its URL after redirects, the base of its links
    """

    until: float = 0
    validators: Mapping[str, str] = {}
    url: str
    content_type: str


class _CachedPage(Struct, frozen=True):
    head: _Head
    data: bytes

    def links(self) -> tuple[Link, ...]:
        return read_page(self.data, self.head.content_type, self.head.url)


class Pages:
    """Reads index pages; threads may share it.

    connect: returns the client; not called while all pages are fresh
    """

    def __init__(
        self, connect: Callable[[], Client], store: Store, now: Callable[[], float] = lambda: time.time()
    ) -> None:
        self._connect, self._store, self._now = connect, store, now
        self._requested: dict[str, Future[tuple[Link, ...]]] = {}
        self._lock = threading.Lock()

    @property
    def store(self) -> Store:
        """Return the store of pages and of data derived from them."""
        return self._store

    def links(self, url: str) -> tuple[Link, ...]:
        """Return the links of a page, in its order; raises FetchFailed; BadInput if it is not an index page."""
        with self._lock:
            from concurrent.futures import Future

            known = self._requested.get(url)
            result = self._requested.setdefault(url, Future())
        if known is None:
            try:
                result.set_result(self._read(url))
            except BaseException as error:
                result.set_exception(error)
                raise
        return result.result()

    def _read(self, url: str) -> tuple[Link, ...]:
        if userinfo_of(parts_of(url)):  # its links contain the credentials, which must not be cached
            private = self._connect().get(url, limit=LARGEST_PAGE, accept=ACCEPT)
            return read_page(private.data, private.content_type, private.url)
        cached = self._cached(url)
        if cached is not None and self._now() < cached.head.until:
            return cached.links()
        validators = cached.head.validators if cached is not None else {}
        page, headers = self._connect().get_changed(url, limit=LARGEST_PAGE, accept=ACCEPT, validators=validators)
        if page is not None:
            cached = _CachedPage(_Head(url=page.url, content_type=page.content_type), page.data)
        assert cached is not None
        links = cached.links()
        self._keep(url, headers, cached)
        return links

    def _cached(self, url: str) -> _CachedPage | None:
        data = self._store.get(_KIND, key_of(url))
        if data is None:
            return None
        with contextlib.suppress(ValueError, zlib.error):
            return _load(data)
        return None

    def _keep(self, url: str, headers: Mapping[str, str], cached: _CachedPage) -> None:
        control = headers.get("Cache-Control", "").lower()
        if "no-store" in control:
            return
        conditions = {"If-None-Match": headers.get("ETag"), "If-Modified-Since": headers.get("Last-Modified")}
        validators = {name: value for name, value in conditions.items() if value} or cached.head.validators
        age = _MAX_AGE.search(control)
        fresh = min(FRESH, int(age[1])) if age else FRESH
        if "no-cache" in control:
            fresh = 0
        head = replace(cached.head, until=self._now() + fresh, validators=validators)
        self._store.put(_KIND, key_of(url), _dump(_CachedPage(head, cached.data)))


def _dump(cached: _CachedPage) -> bytes:
    return encode(cached.head) + b"\n" + zlib.compress(cached.data, 1)


def _load(data: bytes) -> _CachedPage:
    """Return the page that ``_dump`` wrote; raises ValueError, zlib.error."""
    head, _, body = data.partition(b"\n")
    return _CachedPage(decode(head, _Head), zlib.decompressobj().decompress(body, LARGEST_PAGE))
