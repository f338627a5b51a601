"""The cache that the workers of a fleet share. Each entry is sealed, since others may write there, too.

The seal is a digest of an entry and its key. It finds what is damaged, and what was put under another key. If
``DEADWEIGHT_CACHE_KEY`` is set, the seal is an HMAC with that key: then only those who know the key can write entries
that are used.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import cache as once

from msgspec.structs import replace

from deadweight.errors import BadInput
from deadweight.model import CacheUsage
from deadweight.sources.wheels.cache import Cache, NoCache
from deadweight.sources.wheels.store import Store, default_directory
from deadweight.untrusted import has_credentials

KEY_VARIABLE = "DEADWEIGHT_CACHE_KEY"
_SEAL = hashlib.sha256().digest_size
MOST_BYTES = 20_000_000_000  # of a directory; 10,000 layers take about 2 GB


class SealedStore(Store):
    """A store whose entries are checked when they are read; those that are wrong are as if they were not there.

    key: of the HMAC; empty for a plain digest
    """

    reads_once = True

    def __init__(self, inner: Store, key: bytes = b"") -> None:
        self.root, self.directory, self.largest = inner.root, inner.directory, inner.largest
        self._inner, self._key = inner, key

    def get(self, kind: str, key: str) -> bytes | None:
        data = self._inner.get(kind, key)
        if data is None or not hmac.compare_digest(data[:_SEAL], self._seal(kind, key, data[_SEAL:])):
            return None
        return data[_SEAL:]

    def put(self, kind: str, key: str, data: bytes) -> None:
        self._inner.put(kind, key, self._seal(kind, key, data) + data)

    def trim(self, *, always: bool = False) -> None:
        """Keep everything: other workers need it. ``trim_cache`` removes old entries after the run."""

    def _seal(self, kind: str, key: str, data: bytes) -> bytes:
        message = f"{kind} {key}\n".encode()
        if self._key:
            return hmac.digest(self._key, message + data, "sha256")
        return hashlib.sha256(message + data).digest()


@once
def shared_cache(location: str) -> Cache:
    """Return the cache at a directory or a URL; one that keeps nothing for ""."""
    if not location:
        return NoCache()
    cache = Cache()
    cache.store = SealedStore(_store(location), os.environ.get(KEY_VARIABLE, "").encode())
    return cache


def refuse_credentials(location: str) -> None:
    """Raise BadInput for a URL with credentials, also if it is one of several that are chained."""
    if "://" in location and any(map(has_credentials, (location, *location.split("::")))):
        hint = "configure them where fsspec and its plug-ins look for them, such as the environment"
        raise BadInput(
            "the URL of the cache must not contain credentials, because it is sent to the workers", hint=hint
        )


def check(location: str) -> None:
    """Write to a cache and read it back. Later failures are no errors: what is not there is read from its source.

    raises: BadInput, FetchFailed, OSError
    """
    _store(location).check()


def _store(location: str) -> Store:
    if not _is_object_storage(location):
        return Store(location.removeprefix("file://"), most=MOST_BYTES)  # which writes entries atomically
    from deadweight.sources.fleet.objects import ObjectStore

    return ObjectStore(location)


def _is_object_storage(location: str) -> bool:
    return "://" in location and not location.startswith("file://")


def default_location() -> str:
    """Return the directory of the cache of fleets: beside the cache of single runs, which is smaller."""
    return os.path.join(default_directory(), "fleet")


def whole_usage() -> CacheUsage:
    """Return the size of the cache, with that of fleets."""
    return _sum(Cache().usage(), Cache(default_location()).usage())


def clear_all() -> CacheUsage:
    """Remove all entries of the cache and of that of fleets; return the previous size. Raises BadInput."""
    return _sum(Cache().clear(), Cache(default_location()).clear())


def _sum(own: CacheUsage, fleet: CacheUsage) -> CacheUsage:
    return replace(
        own,
        listings=own.listings + fleet.listings,
        layers=own.layers + fleet.layers,
        size=own.size + fleet.size,
    )


def trim_cache(location: str) -> None:
    """Remove the oldest entries above the limit of a directory; object storage has rules of its own."""
    if location and not _is_object_storage(location):
        _store(location).trim(always=True)
