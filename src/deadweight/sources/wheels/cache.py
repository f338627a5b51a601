"""The cache of archive listings.

The key of a listing is the sha256 of its archive, so listings never expire. If only parts of an archive were read, the
hash is unverified: it is a claim of a lock or an index about a URL. Such a listing is valid only for that URL;
otherwise a lock could pass off its own archive as another project's.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.json import encode

from deadweight.formats.distributions.wheel import Contents, Item
from deadweight.formats.typed_json import decode
from deadweight.model import Archive, CacheUsage
from deadweight.sources.wheels.store import NoStore, Store, key_of

_KIND, _SEEN = "listing", "seen"
_Count = Annotated[int, Meta(ge=0)]
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class Cache:
    """Listings of archives, in a store that other modules share.

    directory: the directory of the cache; None for the platform's
    most:   bytes to keep; beyond that, the least recently used entries are removed
    """

    def __init__(self, directory: str | None = None, *, most: int | None = None) -> None:
        self.store = Store(directory) if most is None else Store(directory, most=most)

    def get(self, archive: Archive) -> Contents | None:
        """Return the contents of an archive; None if not cached, or cached for another URL or size."""
        for key in _keys(archive):
            data = self.store.get(_KIND, key)
            if data is None:
                continue
            with contextlib.suppress(ValueError):  # truncated, or written by another version
                contents = _load(data, archive.filename)
                if archive.size in (None, contents.size) or contents.size is None:
                    return contents
        return None

    def has(self, archive: Archive) -> bool:
        """Return whether there is an entry for an archive, without decoding it."""
        return any(self.store.get(_KIND, key) is not None for key in _keys(archive))

    def put(self, archive: Archive, contents: Contents, *, verified: bool) -> None:
        """Store the contents of an archive.

        verified: whether all of its bytes were read and match its sha256
        """
        keys = _keys(archive)
        if keys:
            self.store.put(_KIND, keys[0 if verified else 1], _dump(contents, archive.filename))
            self.store.put(_SEEN, key_of(_bare(archive.url)), b"")

    def has_seen(self, url: str) -> bool:
        """Return whether an archive with this URL is probably cached; for archives whose hash is not known yet."""
        return self.store.get(_SEEN, key_of(_bare(url))) is not None

    def trim(self) -> None:
        """Remove the oldest entries above the limit; call it once, after the last ``put``."""
        self.store.trim()

    def usage(self) -> CacheUsage:
        """Return the size of the cache."""
        return self.store.usage()

    def clear(self) -> CacheUsage:
        """Remove all entries; return the previous size. Raises BadInput."""
        return self.store.clear()


class NoCache(Cache):
    """A cache that is always empty."""

    def __init__(self, directory: str | None = None) -> None:
        self.store = NoStore(directory)


def _keys(archive: Archive) -> tuple[str, ...]:
    """Return the keys for a verified and for an unverified listing; none without a hash."""
    if archive.sha256 is None or not _SHA256.match(archive.sha256):
        return ()
    return archive.sha256, key_of(archive.sha256, _bare(archive.url))


def _bare(url: str) -> str:
    """Return a URL without its fragment and its credentials, which may change."""
    from urllib.parse import urlsplit  # images are measured without it

    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


class _Listing(Struct, frozen=True, kw_only=True):
    """The contents of an archive, as they are stored.

    paths:    joined by null bytes, since an array of 60,000 strings takes several times as long to read
    programs: the indexes of the paths that are programs
    """

    filename: str
    paths: str
    sizes: list[_Count]
    programs: list[int]
    metadata: bytes
    entry_points: bytes
    top_level: bytes
    first_lines: dict[str, int]
    size: int | None
    estimated: bool


def _dump(contents: Contents, filename: str) -> bytes:
    return encode(
        _Listing(
            filename=filename,
            paths="\0".join(item.path for item in contents.items),
            sizes=[item.size for item in contents.items],
            programs=[number for number, item in enumerate(contents.items) if item.program],
            metadata=contents.metadata,
            entry_points=contents.entry_points,
            top_level=contents.top_level,
            first_lines=dict(contents.first_lines),
            size=contents.size,
            estimated=contents.estimated,
        )
    )


def _load(data: bytes, filename: str) -> Contents:
    """Return what ``_dump`` wrote; raises ValueError for anything else."""
    listing = decode(data, _Listing)
    if listing.filename != filename:
        raise ValueError("the listing of another archive")
    paths = listing.paths.split("\0")
    if len(paths) != len(listing.sizes):
        raise ValueError("no size for each path")
    flags: Iterator[bool] = repeat(False)
    if listing.programs:
        marked = set(listing.programs)
        flags = chain(number in marked for number in range(len(paths)))
    return Contents(
        items=tuple(map(Item, paths, listing.sizes, flags)),
        metadata=listing.metadata,
        entry_points=listing.entry_points,
        top_level=listing.top_level,
        first_lines=listing.first_lines,
        size=listing.size,
        estimated=listing.estimated,
    )
