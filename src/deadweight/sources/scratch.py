"""Folders that go in every way out: on return, on an error, on a signal, and after ``kill -9`` on the next run.

A folder is alive while somebody holds the lock on its ``lock`` file: the process that made it, or an installer that
it started and that outlived it. The system drops locks with the processes, so nothing hangs on process numbers.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

_PREFIX = "deadweight-scratch-"
_KEPT = "leave-behind"  # names a folder elsewhere that is to go too, should the run not end well


@dataclass(frozen=True, slots=True)
class Scratch:
    """A folder for one run; ``lock`` is to be handed to child processes."""

    path: str
    lock: int

    @property
    def temporary(self) -> str:
        """A folder in it for what child processes put into TMPDIR."""
        path = os.path.join(self.path, "tmp")
        os.makedirs(path, exist_ok=True)
        return path

    def write(self, name: str, text: str) -> str:
        """Write a file into it; return its path."""
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def answers_for(self, folder: str) -> None:
        """Have ``folder``, which lies elsewhere, removed with this one, until ``let_go``."""
        with open(os.path.join(self.path, _KEPT), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(os.path.abspath(folder))

    def let_go(self) -> None:
        """Leave the folder elsewhere where it is: the run ended well."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.path, _KEPT))


@contextlib.contextmanager
def scratch_folder() -> Iterator[Scratch]:
    """Make a folder that is removed at the end; first remove those that dead runs left behind."""
    parent = tempfile.gettempdir()
    remove_leftovers(parent)
    while True:
        path = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
        lock = os.open(os.path.join(path, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(os.path.join(path, "lock")):
            break
        os.close(lock)  # another run took it for a leftover before the lock was ours
    try:
        yield Scratch(path, lock)
    finally:
        _remove(path)
        os.close(lock)


def remove_leftovers(parent: str) -> None:
    """Remove the folders of runs that ended without a chance to clean up."""
    for name in os.listdir(parent):
        path = os.path.join(parent, name)
        if name.startswith(_PREFIX) and _is_ours(path):
            with contextlib.suppress(OSError):
                lock = os.open(os.path.join(path, "lock"), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(path)
                finally:
                    os.close(lock)


def _is_ours(path: str) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _remove(path: str) -> None:
    with (
        contextlib.suppress(OSError),
        open(os.path.join(path, _KEPT), encoding="utf-8", errors="surrogateescape") as file,
    ):
        elsewhere = file.read()
        if _is_ours(elsewhere):
            shutil.rmtree(elsewhere, ignore_errors=True)
    shutil.rmtree(path, ignore_errors=True)
