"""Small files in the platform's cache directory, by kind and key. Several processes may use it at once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator

from deadweight.errors import BadInput, FetchFailed
from deadweight.interrupts import uninterrupted
from deadweight.model import CacheUsage

_DIRECTORY = "kept-4"  # change the number with the format of entries, and with how sdists are estimated
_MOST_BYTES = 200_000_000
_LARGEST = 1 << 27  # bytes of an entry; more than any that was written
_LARGEST_SHARE = 6  # one layer may have a sixth of the limit, so that it does not push out everything else
_KEPT_SHARE = 0.8  # of the limit, after removing the oldest entries
_LISTING, _LAYER = "listing-", "layer-"
_TRIAL = "check", "cache", b"deadweight"  # kind, key and data; it stays, since deleting may not be allowed


def default_directory() -> str:
    """Return the cache directory: ``DEADWEIGHT_CACHE_DIR``, else in the platform's own."""
    given = os.environ.get("DEADWEIGHT_CACHE_DIR")
    if given:
        return os.path.abspath(given)
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        # XDG base directory specification: ignore a relative path.
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
    return os.path.join(base, "deadweight")


def key_of(*parts: str) -> str:
    """Return a key for several texts, which cannot be derived from it."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


class Store:
    """Keeps bytes by kind and key. If its directory is not writable, it stays empty without an error.

    most:       bytes to keep; beyond that, the least recently used entries are removed
    largest:    bytes of what belongs together, in one entry or several
    reads_once: whether what has an entry is never read again, not even to compare it with its digest
    """

    reads_once = False
    largest = sys.maxsize

    def __init__(self, root: str | None = None, *, most: int = _MOST_BYTES) -> None:
        self.root = root or default_directory()
        self.directory = os.path.join(self.root, _DIRECTORY)
        self._most, self.largest = most, most // _LARGEST_SHARE
        self._wrote = False

    def get(self, kind: str, key: str) -> bytes | None:
        """Return the bytes for a key, None if it has none."""
        try:
            return self._read(kind, key)
        except OSError:
            return None

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Store bytes for a key, replacing earlier ones."""
        with contextlib.suppress(OSError):
            self._write(kind, key, data)

    def check(self) -> None:
        """Write an entry and read it back, which ``put`` and ``get`` do without a word if they fail.

        raises: FetchFailed, OSError
        """
        kind, key, data = _TRIAL
        self._write(kind, key, data)
        if self._read(kind, key) != data:
            raise FetchFailed("the storage returns other bytes than were written", hint="use another cache")

    def _read(self, kind: str, key: str) -> bytes:
        path = self._path(kind, key)
        with open(path, "rb") as file:
            data = file.read(_LARGEST)
        os.utime(path)
        return data

    def _write(self, kind: str, key: str, data: bytes) -> None:
        import tempfile  # needed only to write

        with uninterrupted():
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self.directory, prefix=".new-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                os.replace(temporary, self._path(kind, key))
                self._wrote = True
            except OSError:
                os.unlink(temporary)
                raise

    def trim(self, *, always: bool = False) -> None:
        """Remove the oldest entries above the limit; call it once, after the last ``put``.

        always: even if only other processes put entries
        """
        if not self._wrote and not always:
            return
        files = sorted(self._files())
        size = sum(length for _, length, _ in files)
        if size <= self._most:
            return
        for _, length, path in files:
            if size <= self._most * _KEPT_SHARE:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
                size -= length

    def usage(self) -> CacheUsage:
        """Return the size of the cache."""
        files = list(self._files())
        names = [os.path.basename(path) for _, _, path in files]
        return CacheUsage(
            directory=self.directory,
            listings=sum(name.startswith(_LISTING) for name in names),
            layers=sum(name.startswith(_LAYER) for name in names),
            size=sum(length for _, length, _ in files),
        )

    def clear(self) -> CacheUsage:
        """Remove all entries, but nothing else in the directory; return the previous size.

        raises: BadInput if they cannot be removed
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
        return os.path.join(self.directory, f"{kind}-{key}.entry")

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """Yield (time of last use, bytes, path), also for temporary files of killed processes."""
        with contextlib.suppress(OSError), os.scandir(self.directory) as entries:
            for entry in entries:
                if entry.name.endswith(".entry") or entry.name.startswith(".new-"):
                    with contextlib.suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        yield status.st_mtime, status.st_size, entry.path


class NoStore(Store):
    """A store that is always empty."""

    def get(self, kind: str, key: str) -> bytes | None:
        return None

    def put(self, kind: str, key: str, data: bytes) -> None:
        return
