"""What archives hold, kept by their sha256 in the platform's cache folder. Any number of processes may use it at once.

A listing never changes, since its archive's hash names it; so nothing is ever out of date, only old.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain, repeat

from deadweight.errors import BadInput
from deadweight.formats.wheel import Contents, Item
from deadweight.model import Archive, CacheUsage

_FOLDER = "listings-2"  # the number changes with what is written, and with how an sdist is guessed at
_MOST_BYTES = 200_000_000
_KEPT_SHARE = 0.8  # what is left after the oldest have gone
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def default_folder() -> str:
    """Return where this platform keeps caches: ``DEADWEIGHT_CACHE_DIR`` overrules it."""
    given = os.environ.get("DEADWEIGHT_CACHE_DIR")
    if given:
        return os.path.abspath(given)
    if sys.platform == "darwin":
        above = os.path.expanduser("~/Library/Caches")
    else:
        # The XDG base directory specification: a path that is not absolute is to be ignored.
        above = os.environ.get("XDG_CACHE_HOME", "")
        above = above if os.path.isabs(above) else os.path.expanduser("~/.cache")
    return os.path.join(above, "deadweight")


class Cache:
    """Listings in a folder; where that cannot be written to, nothing is kept and nobody is bothered.

    most: bytes that are kept; beyond them the listings that were not used for longest go
    """

    def __init__(self, folder: str | None = None, *, most: int = _MOST_BYTES) -> None:
        self.root = folder or default_folder()
        self._folder = os.path.join(self.root, _FOLDER)
        self._most = most
        self._wrote = False

    def get(self, archive: Archive) -> Contents | None:
        """Return what an archive holds, None where that is not known (or no hash names it)."""
        path = self._path(archive)
        if path is None:
            return None
        try:
            with open(path, "rb") as file:
                found = _load(file.read(), archive.filename)
            os.utime(path)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None  # not there, or cut short: it is read anew, and written anew
        return found

    def put(self, archive: Archive, contents: Contents) -> None:
        """Keep what an archive holds."""
        path = self._path(archive)
        if path is None:
            return
        with contextlib.suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self._folder, prefix=".new-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_dump(contents, archive.filename))
                os.replace(temporary, path)
                self._wrote = True
            except OSError:
                os.unlink(temporary)

    def trim(self) -> None:
        """Let the oldest go where there is more than the most; to be called once, after all was put."""
        if not self._wrote:
            return
        found = sorted(self._files())
        size = sum(length for _, length, _ in found)
        if size <= self._most:
            return
        for _, length, path in found:
            if size <= self._most * _KEPT_SHARE:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
                size -= length

    def usage(self) -> CacheUsage:
        """Return how much there is."""
        sizes = [length for _, length, _ in self._files()]
        return CacheUsage(folder=self._folder, listings=len(sizes), size=sum(sizes))

    def clear(self) -> CacheUsage:
        """Remove all listings; return what there was. Nothing else in the folder is touched.

        raises: BadInput where they cannot be removed
        """
        before = self.usage()
        for _, _, path in list(self._files()):
            try:
                os.unlink(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise BadInput(f"cannot remove {path}: {error.strerror}") from error
        return before

    def _path(self, archive: Archive) -> str | None:
        if archive.sha256 is None or not _SHA256.match(archive.sha256):
            return None
        return os.path.join(self._folder, f"{archive.sha256}.json")

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """Yield (time of last use, bytes, path); what a process that died has left is among it."""
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(".json") or entry.name.startswith(".new-"):
                    with contextlib.suppress(OSError):
                        found = entry.stat(follow_symlinks=False)
                        yield found.st_mtime, found.st_size, entry.path


class NoCache(Cache):
    """Keeps nothing and knows nothing."""

    def get(self, archive: Archive) -> Contents | None:
        return None

    def put(self, archive: Archive, contents: Contents) -> None:
        return


def _dump(contents: Contents, filename: str) -> bytes:
    # Paths in one string: a list of sixty thousand takes several times as long to read.
    values = {
        "filename": filename,
        "paths": "\0".join(item.path for item in contents.items),
        "sizes": [item.size for item in contents.items],
        "programs": [number for number, item in enumerate(contents.items) if item.program],
        "metadata": contents.metadata.decode("latin-1"),
        "entry_points": contents.entry_points.decode("latin-1"),
        "size": contents.size,
        "estimated": contents.estimated,
    }
    return json.dumps(values).encode()


def _load(data: bytes, filename: str) -> Contents:
    values = json.loads(data)
    if values["filename"] != filename:
        raise ValueError("the listing of another archive")
    paths, sizes = values["paths"].split("\0"), values["sizes"]
    programs = values["programs"]
    flags: Iterator[bool] = repeat(False)
    if programs:
        marked = set(programs)
        flags = chain(number in marked for number in range(len(paths)))
    if len(paths) != len(sizes):
        raise ValueError("as many sizes as paths were to be there")
    return Contents(
        items=tuple(map(Item, paths, sizes, flags)),
        metadata=values["metadata"].encode("latin-1"),
        entry_points=values["entry_points"].encode("latin-1"),
        size=values["size"],
        estimated=values["estimated"],
    )
