"""What archives hold, kept from one run to the next.

A listing belongs to its archive's sha256, which never changes, so no listing is ever out of date. But if only parts of
an archive were read, nothing has checked that hash: it is only what a lock or an index claims about a URL. Such a
listing is kept for that URL alone; otherwise a lock could pass off its own archive as someone else's.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from itertools import chain, repeat
from urllib.parse import urlsplit

from deadweight.formats.distributions.wheel import Contents, Item
from deadweight.model import Archive, CacheUsage
from deadweight.sources.wheels.store import NoStore, Store, key_of

_KIND, _SEEN = "listing", "seen"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class Cache:
    """Listings of archives, and the store that other things are kept in.

    folder: the cache's folder; None for the platform's
    most:   bytes to keep; beyond them the entries that were not used for longest are removed
    """

    def __init__(self, folder: str | None = None, *, most: int | None = None) -> None:
        self.store = Store(folder) if most is None else Store(folder, most=most)

    def get(self, archive: Archive) -> Contents | None:
        """Return what an archive holds; None if that is not known, or not for this URL, or of another size."""
        for key in _keys(archive):
            data = self.store.get(_KIND, key)
            if data is None:
                continue
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
                found = _load(data, archive.filename)
                if archive.size in (None, found.size) or found.size is None:
                    return found
        return None

    def put(self, archive: Archive, contents: Contents, *, verified: bool) -> None:
        """Keep what an archive holds.

        verified: whether all of its bytes were read and have its sha256
        """
        keys = _keys(archive)
        if keys:
            self.store.put(_KIND, keys[0 if verified else 1], _dump(contents, archive.filename))
            self.store.put(_SEEN, key_of(_bare(archive.url)), b"")

    def has_seen(self, url: str) -> bool:
        """Say whether an archive of this URL is probably kept, where its hash is not known yet."""
        return self.store.get(_SEEN, key_of(_bare(url))) is not None

    def trim(self) -> None:
        """Remove the oldest entries if there is more than the most; to be called once, after the last ``put``."""
        self.store.trim()

    def usage(self) -> CacheUsage:
        """Return how much is kept."""
        return self.store.usage()

    def clear(self) -> CacheUsage:
        """Remove all that is kept; return what there was. Raises BadInput where it cannot be removed."""
        return self.store.clear()


class NoCache(Cache):
    """Keeps nothing and knows nothing."""

    def __init__(self, folder: str | None = None) -> None:
        self.store = NoStore(folder)


def _keys(archive: Archive) -> tuple[str, ...]:
    """Return the key of a listing whose hash was checked, and of one whose was not; none without a hash."""
    if archive.sha256 is None or not _SHA256.match(archive.sha256):
        return ()
    return archive.sha256, key_of(archive.sha256, _bare(archive.url))


def _bare(url: str) -> str:
    """Return what of a URL says which archive a server gives: no credentials, which may change, and no fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def _dump(contents: Contents, filename: str) -> bytes:
    # Paths in one string: a list of sixty thousand takes several times as long to read.
    values = {
        "filename": filename,
        "paths": "\0".join(item.path for item in contents.items),
        "sizes": [item.size for item in contents.items],
        "programs": [number for number, item in enumerate(contents.items) if item.program],
        "metadata": contents.metadata.decode("latin-1"),
        "entry_points": contents.entry_points.decode("latin-1"),
        "top_level": contents.top_level.decode("latin-1"),
        "first_lines": dict(contents.first_lines),
        "size": contents.size,
        "estimated": contents.estimated,
    }
    return json.dumps(values).encode()


def _load(data: bytes, filename: str) -> Contents:
    """Return what ``_dump`` wrote; raises ValueError, KeyError, TypeError, AttributeError for anything else."""
    values = json.loads(data)
    if values["filename"] != filename:
        raise ValueError("the listing of another archive")
    paths, sizes, programs, size = values["paths"].split("\0"), values["sizes"], values["programs"], values["size"]
    if len(paths) != len(sizes) or not {*map(type, sizes), *map(type, programs)} <= {int} or min(sizes) < 0:
        raise ValueError("no size for each path")
    if {*map(type, values["first_lines"].values())} - {int}:
        raise TypeError("a length that is no number")
    if type(size) not in (int, type(None)) or type(values["estimated"]) is not bool:
        raise TypeError("a value of another type")
    flags: Iterator[bool] = repeat(False)
    if programs:
        marked = set(programs)
        flags = chain(number in marked for number in range(len(paths)))
    return Contents(
        items=tuple(map(Item, paths, sizes, flags)),
        metadata=values["metadata"].encode("latin-1"),
        entry_points=values["entry_points"].encode("latin-1"),
        top_level=values["top_level"].encode("latin-1"),
        first_lines=values["first_lines"],
        size=size,
        estimated=values["estimated"],
    )
