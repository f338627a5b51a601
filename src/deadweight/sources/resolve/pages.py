"""An index page's URL → its links: fetched once in a run, and kept between runs for as long as the server allows.

A page counts as fresh for ten minutes, which is what PyPI tells its clients, or for less if its server says so. After
that the server is asked whether it changed (RFC 9110, 13.1).
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.installers.simple_index import ACCEPT, LARGEST_PAGE, Link, read_page
from deadweight.model import Archive
from deadweight.sources.net.urls import parts_of, userinfo_of
from deadweight.sources.wheels.store import Store, key_of

if TYPE_CHECKING:
    from concurrent.futures import Future

    from deadweight.sources.net.http import Client

FRESH = 600  # seconds
_KIND = "page"
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=(\d{1,9})")


class _Kept(Struct, frozen=True, kw_only=True):
    """A page that was fetched before.

    until:      when it is no longer fresh, in seconds since 1970
    validators: the headers that ask whether it changed; none if the server gave nothing to ask with
    url:        where it came from after redirects, which its links count from
    """

    until: float
    validators: Mapping[str, str]
    url: str
    content_type: str
    data: bytes

    def links(self) -> tuple[Link, ...]:
        return read_page(self.data, self.content_type, self.url)


class Pages:
    """Reads index pages; threads may share it.

    connect: gives the client; not called while all pages are fresh
    """

    def __init__(
        self, connect: Callable[[], Client], store: Store, now: Callable[[], float] = lambda: time.time()
    ) -> None:
        self._connect, self._store, self._now = connect, store, now
        self._asked: dict[str, Future[tuple[Link, ...]]] = {}
        self._lock = threading.Lock()

    @property
    def store(self) -> Store:
        """Return where pages, and what was derived from them, are kept."""
        return self._store

    def links(self, url: str) -> tuple[Link, ...]:
        """Return the links of a page, in its order; raises FetchFailed, BadInput where it is none."""
        with self._lock:
            from concurrent.futures import Future

            known = self._asked.get(url)
            answer = self._asked.setdefault(url, Future())
        if known is None:
            try:
                answer.set_result(self._read(url))
            except BaseException as error:
                answer.set_exception(error)
                raise
        return answer.result()

    def _read(self, url: str) -> tuple[Link, ...]:
        if userinfo_of(parts_of(url)):  # its links have the credentials, which are not to be kept
            secret = self._connect().get(url, limit=LARGEST_PAGE, accept=ACCEPT)
            return read_page(secret.data, secret.content_type, secret.url)
        kept = self._kept(url)
        if kept is not None and self._now() < kept.until:
            return kept.links()
        validators = kept.validators if kept is not None else {}
        page, headers = self._connect().get_changed(url, limit=LARGEST_PAGE, accept=ACCEPT, validators=validators)
        if page is not None:
            kept = _Kept(until=0, validators={}, url=page.url, content_type=page.content_type, data=page.data)
        assert kept is not None
        links = kept.links()
        self._keep(url, headers, kept)
        return links

    def _kept(self, url: str) -> _Kept | None:
        data = self._store.get(_KIND, key_of(url))
        if data is None:
            return None
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, zlib.error, RecursionError):
            return _load(data)
        return None

    def _keep(self, url: str, headers: Mapping[str, str], kept: _Kept) -> None:
        told = headers.get("Cache-Control", "").lower()
        if "no-store" in told:
            return
        found = {"If-None-Match": headers.get("ETag"), "If-Modified-Since": headers.get("Last-Modified")}
        validators = {name: value for name, value in found.items() if value} or kept.validators
        age = _MAX_AGE.search(told)
        fresh = 0 if "no-cache" in told else min(FRESH, int(age[1])) if age else FRESH
        kept = replace(kept, until=self._now() + fresh, validators=validators)
        self._store.put(_KIND, key_of(url), _dump(kept))


def _dump(kept: _Kept) -> bytes:
    head = {
        "until": kept.until, "validators": dict(kept.validators), "url": kept.url, "content_type": kept.content_type,
    }  # fmt: skip
    return json.dumps(head).encode() + b"\n" + zlib.compress(kept.data, 1)


def _load(data: bytes) -> _Kept:
    """Return what ``_dump`` wrote; raises ValueError, KeyError, TypeError, AttributeError, zlib.error otherwise."""
    head, _, body = data.partition(b"\n")
    found = json.loads(head)
    return _Kept(
        until=float(found["until"]),
        validators={str(name): str(value) for name, value in found["validators"].items()},
        url=str(found["url"]),
        content_type=str(found["content_type"]),
        data=zlib.decompressobj().decompress(body, LARGEST_PAGE),
    )


def archive_row(archive: Archive) -> tuple[object, ...]:
    """Return an archive as a row of JSON."""
    return (
        archive.filename, archive.url, archive.sha256, archive.size, archive.metadata, archive.metadata_sha256,
    )  # fmt: skip


def archive_of_row(row: list[Any]) -> Archive:
    """Return the archive of a row; raises ValueError, TypeError where it is none."""
    filename, url, sha256, size, metadata, metadata_sha256 = row
    if not isinstance(filename, str) or not isinstance(url, str) or type(size) not in (int, type(None)):
        raise TypeError("no archive")
    return Archive(
        filename=filename,
        url=url,
        sha256=None if sha256 is None else str(sha256),
        size=size,
        metadata=bool(metadata),
        metadata_sha256=None if metadata_sha256 is None else str(metadata_sha256),
    )
