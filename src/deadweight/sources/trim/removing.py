"""Journal → the files moved to the store, and replaced by new ones where the journal says so."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable

from deadweight.errors import BadInput
from deadweight.progress import Observer, Progress
from deadweight.sources.trim.journal import Directory, Item, Journal, Store, flush

_EVERY = 500  # files between reports of progress


def seen(root: str, paths: Iterable[str]) -> dict[str, os.stat_result]:
    """Return the status of files; those that are missing, or are not regular files, are left out."""
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            status = os.lstat(os.path.join(root, path))
            if stat.S_ISREG(status.st_mode):
                found[path] = status
    return found


def directories_of(root: str, paths: Iterable[str]) -> tuple[Directory, ...]:
    """Return the directories above files, up to the environment itself, as they are now; the outermost first."""
    found = {""}
    for path in paths:
        directory = os.path.dirname(path)
        while directory not in found:
            found.add(directory)
            directory = os.path.dirname(directory)
    directories = []
    for directory in sorted(found):
        status = os.lstat(os.path.join(root, directory) if directory else root)
        directories.append(Directory(directory, stat.S_IMODE(status.st_mode), status.st_mtime_ns))
    return tuple(directories)


def write_new(store: Store, number: int, item: Item, data: bytes) -> None:
    """Prepare the new content of an item, with the mode and the owner of the file that it replaces."""
    path = store.new(number)
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    adopt(store, number, item)


def adopt(store: Store, number: int, item: Item) -> None:
    """Give the new content of an item the mode and the owner of the file that it replaces."""
    status = os.lstat(store.in_place(item.path))
    with contextlib.suppress(PermissionError):  # only root can, and only root needs to
        os.chown(store.new(number), status.st_uid, status.st_gid)
    os.chmod(store.new(number), stat.S_IMODE(status.st_mode))


def remove(store: Store, journal: Journal, observe: Observer) -> None:
    """Move the files of a journal, which is already written.

    raises: BadInput if a file changed since it was measured; OSError. The caller restores what has moved.
    """
    for item in journal.items:
        if not is_unchanged(store.in_place(item.path), item):
            raise changed(item.path)
    for number, item in enumerate(journal.items):
        if number % _EVERY == 0:
            observe(Progress("moving", item.path, done=number, total=len(journal.items)))
        _move(store, number, item)
    for directory in reversed(journal.directories):
        if directory.path:
            with contextlib.suppress(OSError):  # it is not empty
                os.rmdir(store.in_place(directory.path))
    _flush_all(store, journal)


def _move(store: Store, number: int, item: Item) -> None:
    path, original = store.in_place(item.path), store.original(number)
    if item.replaced:
        # Linked rather than moved, where that is possible: a process that runs meanwhile always finds the file.
        _link_or_move(path, original)
        os.replace(store.new(number), path)
    else:
        os.rename(path, original)
    # Only now is it certain which file was moved.
    if not is_unchanged(original, item):
        raise changed(item.path)


def _link_or_move(path: str, original: str) -> None:
    try:
        os.link(path, original, follow_symlinks=False)
    except OSError:
        os.rename(path, original)


def _flush_all(store: Store, journal: Journal) -> None:
    for directory in journal.directories:
        with contextlib.suppress(FileNotFoundError):  # it was empty
            flush(store.in_place(directory.path))
    flush(store.path)


def is_unchanged(path: str, item: Item) -> bool:
    """Return whether a file is still the one that was measured."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and item.is_same(status)


def changed(path: str) -> BadInput:
    """Return the error for a file that changed since it was measured."""
    return BadInput(
        f"{path} changed while the environment was trimmed", hint="end what changes the environment, and trim it again"
    )
