"""Journal → the files moved back, with their modes and times. It can be killed, and run again, at any moment.

What the user put in the place of a file stays, and the original stays in the store.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.interrupts import uninterrupted
from deadweight.sources.trim.journal import Directory, Item, Journal, Store, digest_of, flush


class Undone(Struct, frozen=True, kw_only=True):
    """What an undo did.

    files, apparent_bytes: that were restored, without RECORDs; of stripped files, the bytes that they were shorter
    left:     rows of the distributions that were changed since, and of which the store still has files
    occupied: paths of the others that were not restored, because another file is in their place
    """

    files: int = 0
    apparent_bytes: int = 0
    left: tuple[int, ...] = ()
    occupied: tuple[str, ...] = ()


def undo(store: Store) -> Undone:
    """Restore everything, and remove the store unless files or distributions were changed since.

    raises: BadInput if a directory was replaced; OSError
    """
    journal = store.read()
    if journal is None:
        store.remove()  # nothing had been moved yet, or everything is restored
        return Undone()
    rows = frozenset(range(len(journal.rows))) - changed_rows(store, journal)
    items = journal.items
    freed = {number: _freed(store, items[number]) for number in store.held(journal) & journal.trimmed()}
    restore(store, journal, rows)
    after = store.held(journal)
    finish(store, journal)
    sizes = [size for number, size in freed.items() if number not in after]
    return Undone(
        files=len(sizes),
        apparent_bytes=sum(sizes),
        left=tuple(sorted({items[number].row for number in after} - rows)),
        occupied=tuple(sorted(items[number].path for number in after if items[number].row in rows)),
    )


def _freed(store: Store, item: Item) -> int:
    """Return the bytes that an environment is smaller without an item, or with the file that replaced it."""
    try:
        return item.size - os.lstat(store.in_place(item.path)).st_size if item.replaced else item.size
    except FileNotFoundError:
        return item.size


def abandon(store: Store) -> None:
    """Restore everything after a failure or an interrupt, and let no other interrupt stop that."""
    with uninterrupted():
        if store.exists():
            undo(store)


def restore(store: Store, journal: Journal, rows: Collection[int]) -> None:
    """Move the files of some distributions back, except where the user put others.

    raises: BadInput if a directory was replaced; OSError
    """
    modes = {directory.path: directory.mode for directory in journal.directories}
    checked: set[str] = set()
    for number, item in enumerate(journal.items):
        original = store.original(number)
        if item.row not in rows or not store.holds(number):
            continue
        _make_directory(store, os.path.dirname(item.path), modes, checked)
        path = store.in_place(item.path)
        if _is_same_file(original, path):
            os.unlink(original)  # killed after the link was made: renaming one name of a file to another does nothing
        elif _is_free(path, item, original):
            os.replace(original, path)


def _is_free(path: str, item: Item, original: str) -> bool:
    """Return whether what is in the place of an item can go: nothing, bytecode, or a file that is known.

    Known are the file that replaced it, and a copy of its original.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return True
    if not stat.S_ISREG(status.st_mode):
        return False
    if path.endswith((".pyc", ".pyo")) and not item.replaced:
        return True  # Python writes it again
    try:
        digest = digest_of(path)
        return digest in (item.new, digest_of(original))
    except PermissionError:
        return False


def finish(store: Store, journal: Journal) -> None:
    """Restore the modes and times of directories, and remove the store unless it still has files."""
    for directory in journal.directories:
        path = store.in_place(directory.path)
        if os.path.isdir(path):
            flush(path)
    for directory in reversed(journal.directories):
        if directory.path:
            _restore_times(store, directory)
    if not store.held(journal):
        store.remove()
    # Removing the store changed the time of the environment's own directory, which is the first.
    for directory in journal.directories[:1]:
        _restore_times(store, directory)


def changed_rows(store: Store, journal: Journal) -> frozenset[int]:
    """Return the rows of the distributions that were updated or uninstalled since: their files must not come back."""
    return frozenset(
        number for number, row in enumerate(journal.rows) if _digest(store, row.record) not in (row.before, row.after)
    )


def _digest(store: Store, path: str) -> str:
    try:
        return digest_of(store.in_place(path))
    except OSError:
        return ""


def _make_directory(store: Store, directory: str, modes: dict[str, int], checked: set[str]) -> None:
    """Make a directory that was removed because it was empty."""
    if directory in checked:
        return
    path = store.in_place(directory)
    if directory:
        _make_directory(store, os.path.dirname(directory), modes, checked)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path)
            os.chmod(path, modes.get(directory, 0o755) | stat.S_IRWXU)
    if not os.path.isdir(path) or os.path.realpath(path) != path:
        raise BadInput(f"{path} is no longer a directory", hint="remove it, and run the command again")
    checked.add(directory)


def _is_same_file(one: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except FileNotFoundError:
        return False


def _restore_times(store: Store, directory: Directory) -> None:
    path = store.in_place(directory.path)
    with contextlib.suppress(FileNotFoundError):
        status = os.lstat(path)
        if stat.S_IMODE(status.st_mode) != directory.mode:
            os.chmod(path, directory.mode)
        os.utime(path, ns=(status.st_atime_ns, directory.mtime_ns))
