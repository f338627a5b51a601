"""The store of an environment: its journal, and the files that were moved into it.

The journal is complete before the first file moves, and never changes while files move. Whether a file has moved is
told by the store alone, so that a run can be killed at any moment. Files are named by numbers: copies of modules and of
metadata would look like an environment of their own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import Literal

from msgspec import Struct, ValidationError, convert, to_builtins

from deadweight.errors import BadInput
from deadweight.formats.distributions.record import below

STORE = ".deadweight-trim"
# "preparing": nothing has moved; "trimming": files move, in either direction; "trimmed": all files have moved and the
# imports were checked
State = Literal["preparing", "trimming", "trimmed"]


class Item(Struct, frozen=True):
    """A file as it was before, relative to the environment.

    row:      index of its distribution
    replaced: whether a new file replaces it, else it is removed
    new:      hexadecimal SHA-256 of that new file
    """

    path: str
    row: int
    size: int
    mtime_ns: int
    inode: int
    replaced: bool = False
    new: str = ""

    @classmethod
    def of(cls, path: str, row: int, status: os.stat_result, *, replaced: bool = False) -> Item:
        """Return the item of a file that had this status."""
        return cls(path, row, status.st_size, status.st_mtime_ns, status.st_ino, replaced)

    def is_same(self, status: os.stat_result) -> bool:
        """Return whether a file is still the one that was measured."""
        return (self.size, self.mtime_ns, self.inode) == (status.st_size, status.st_mtime_ns, status.st_ino)


class Row(Struct, frozen=True):
    """A distribution, and the SHA-256 of its RECORD before and after."""

    name: str
    record: str
    before: str
    after: str


class Directory(Struct, frozen=True):
    """A directory as it was before, relative to the environment, "" for itself."""

    path: str
    mode: int
    mtime_ns: int


class Journal(Struct, frozen=True, kw_only=True):
    """What a run is about to change.

    directories: all above the items, the outermost first
    """

    version: Literal[1] = 1
    state: State
    items: tuple[Item, ...] = ()
    rows: tuple[Row, ...] = ()
    directories: tuple[Directory, ...] = ()

    def trimmed(self) -> frozenset[int]:
        """Return the numbers of the items that were removed or stripped; the others are RECORDs, which follow."""
        records = {row.record for row in self.rows}
        return frozenset(number for number, item in enumerate(self.items) if item.path not in records)


class Store:
    """The store in an environment."""

    def __init__(self, root: str) -> None:
        self.root, self.path = root, os.path.join(root, STORE)
        self._journal, self._deleted = os.path.join(self.path, "journal.json"), f"{self.path}-deleted"

    def exists(self) -> bool:
        return os.path.lexists(self.path)

    def in_place(self, path: str) -> str:
        """Return the absolute path of a path of the environment."""
        return os.path.join(self.root, path) if path else self.root

    def original(self, number: int) -> str:
        """Return where the original of an item is kept."""
        return os.path.join(self.path, f"{number}")

    def new(self, number: int) -> str:
        """Return where the new content of an item is prepared."""
        return os.path.join(self.path, f"{number}.new")

    def holds(self, number: int) -> bool:
        """Return whether the original of an item is in the store."""
        return os.path.lexists(self.original(number))

    def held(self, journal: Journal) -> frozenset[int]:
        """Return the numbers of the items whose originals are in the store."""
        return frozenset(filter(self.holds, range(len(journal.items))))

    def create(self) -> None:
        """Create the store; raises OSError."""
        os.mkdir(self.path, 0o700)

    def write(self, journal: Journal) -> None:
        """Write the journal so that it survives a power failure; raises OSError."""
        scratch = f"{self._journal}.new"
        # Names of files may contain surrogates, which msgspec does not write.
        text = json.dumps(to_builtins(journal))
        with open(scratch, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, self._journal)
        flush(self.path)
        flush(self.root)

    def read(self) -> Journal | None:
        """Return the journal, None if it was never written or is removed already; raises BadInput."""
        if os.path.islink(self.path):
            raise BadInput(f"{self.path} is a symlink", hint="remove it")
        try:
            with open(self._journal, encoding="ascii") as file:
                journal = convert(json.load(file), Journal)
        except FileNotFoundError:
            return None
        except (ValidationError, ValueError, RecursionError) as error:
            raise BadInput(f"{self._journal} is invalid: {error}") from error
        _check(journal, self._journal)
        return journal

    def remove(self) -> None:
        """Remove the store once nothing in it is needed, the journal last; raises OSError."""
        for name in os.listdir(self.path):
            if name != os.path.basename(self._journal):
                os.unlink(os.path.join(self.path, name))
        if os.path.lexists(self._journal):
            os.unlink(self._journal)
        os.rmdir(self.path)

    def delete(self) -> None:
        """Delete the store with the originals. From one moment to the next there is none; raises OSError."""
        self.sweep()
        os.rename(self.path, self._deleted)
        self.sweep()

    def sweep(self) -> None:
        """Remove what is left of a deleted store, if the run that deleted it was killed; raises OSError."""
        if os.path.lexists(self._deleted):
            shutil.rmtree(self._deleted)

    def bytes(self) -> int:
        """Return the apparent bytes of the files in the store."""
        with os.scandir(self.path) as items:
            return sum(item.stat(follow_symlinks=False).st_size for item in items)


def _check(journal: Journal, path: str) -> None:
    """Raise BadInput for a journal that names anything outside of the environment, or refers to no distribution."""
    named = [item.path for item in journal.items] + [row.record for row in journal.rows]
    named += [directory.path for directory in journal.directories if directory.path]
    rows = range(len(journal.rows))
    if any(below("", name) != name for name in named) or any(item.row not in rows for item in journal.items):
        raise BadInput(f"{path} is invalid: a path leaves the environment, or a file belongs to no distribution")


def digest_of(path: str) -> str:
    """Return the hexadecimal SHA-256 of a file; raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(directory: str) -> None:
    """Wait until the names in a directory are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
