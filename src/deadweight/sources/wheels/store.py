"""Small files in the platform's cache folder, by kind and key. Any number of processes may use it at once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator

from deadweight.errors import BadInput
from deadweight.interrupts import uninterrupted
from deadweight.model import CacheUsage

_FOLDER = "kept-2"  # the number changes with what is written, and with how an sdist is guessed at
_MOST_BYTES = 200_000_000
_KEPT_SHARE = 0.8  # what is left after the oldest have gone
_LISTING = "listing"


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


def key_of(*parts: str) -> str:
    """Return one key for several texts, each of any length; it shows none of them."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


class Store:
    """Keeps bytes by kind and key. If the folder cannot be written to, it keeps nothing and raises nothing.

    most: bytes to keep; beyond them the entries that were not used for longest are removed
    """

    def __init__(self, root: str | None = None, *, most: int = _MOST_BYTES) -> None:
        self.root = root or default_folder()
        self.folder = os.path.join(self.root, _FOLDER)
        self._most = most
        self._wrote = False

    def get(self, kind: str, key: str) -> bytes | None:
        """Return what is kept under a key, None for nothing."""
        path = self._path(kind, key)
        try:
            with open(path, "rb") as file:
                found = file.read()
            os.utime(path)
        except OSError:
            return None
        return found

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Keep bytes under a key, in place of what was there."""
        with contextlib.suppress(OSError), uninterrupted():
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=".new-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                os.replace(temporary, self._path(kind, key))
                self._wrote = True
            except OSError:
                os.unlink(temporary)

    def trim(self) -> None:
        """Remove the oldest entries if there is more than the most; to be called once, after the last ``put``."""
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
        """Return how much is kept."""
        found = list(self._files())
        listings = sum(os.path.basename(path).startswith(f"{_LISTING}-") for _, _, path in found)
        return CacheUsage(folder=self.folder, listings=listings, size=sum(length for _, length, _ in found))

    def clear(self) -> CacheUsage:
        """Remove all entries; return what there was. Nothing else in the folder is touched.

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

    def _path(self, kind: str, key: str) -> str:
        return os.path.join(self.folder, f"{kind}-{key}.json")

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """Yield (time of last use, bytes, path), temporary files of processes that died included."""
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(".json") or entry.name.startswith(".new-"):
                    with contextlib.suppress(OSError):
                        found = entry.stat(follow_symlinks=False)
                        yield found.st_mtime, found.st_size, entry.path


class NoStore(Store):
    """Keeps nothing and returns nothing."""

    def get(self, kind: str, key: str) -> bytes | None:
        return None

    def put(self, kind: str, key: str, data: bytes) -> None:
        return
