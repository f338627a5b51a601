"""Scratch directories, always removed: on return, on an error, on a signal, and after SIGKILL by the next run.

A scratch directory is in use while a process holds the lock on its ``lock`` file: the run that made it, or an installer
that the run started. The system releases locks when processes end, so process numbers do not matter. The lock is
removed last, so that the next run can remove a directory that was removed in part.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.interrupts import uninterrupted

SCRATCH_PREFIX = "deadweight-scratch-"
_LOCK = "lock"


class Scratch(Struct, frozen=True):
    """A directory for one run; child processes inherit ``lock``."""

    path: str
    lock: int

    @property
    def temporary(self) -> str:
        """A directory in it, the TMPDIR of child processes."""
        path = os.path.join(self.path, "tmp")
        os.makedirs(path, exist_ok=True)
        return path

    def write(self, name: str, text: str) -> str:
        """Write a file into it; return its path."""
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path


@contextlib.contextmanager
def scratch_directory() -> Iterator[Scratch]:
    """Make a directory that is removed at the end; first remove those of killed runs."""
    parent = tempfile.gettempdir()
    remove_leftovers(parent)
    made: Scratch | None = None
    try:
        with uninterrupted():
            made = _make(parent)
        yield made
    finally:
        if made is not None:
            with uninterrupted():
                _remove(made.path)
                os.close(made.lock)


def _make(parent: str) -> Scratch:
    while True:
        path = tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=parent)
        try:
            lock = os.open(os.path.join(path, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            continue  # another run removed it as a leftover
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(os.path.join(path, _LOCK)):
            return Scratch(path, lock)
        os.close(lock)  # another run removed it as a leftover before we had the lock


def remove_leftovers(parent: str) -> None:
    """Remove the directories of runs that were killed."""
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            path = os.path.join(parent, name)
            if name.startswith(SCRATCH_PREFIX) and _is_ours(path):
                with contextlib.suppress(OSError):
                    _remove_leftover(path)


def _remove_leftover(path: str) -> None:
    """Remove a directory whose lock is free; raises OSError if it is not."""
    try:
        lock = os.open(os.path.join(path, _LOCK), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        os.rmdir(path)  # not locked yet, or emptied but not removed yet
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with uninterrupted():
            _remove(path)
    finally:
        os.close(lock)


def _is_ours(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()


def _remove(path: str) -> None:
    """Remove a scratch directory, its lock last; what cannot be removed stays, with the lock, for the next run."""
    with contextlib.suppress(OSError):
        with os.scandir(path) as items:
            others = [item for item in items if item.name != _LOCK]
        for item in others:
            if item.is_dir(follow_symlinks=False):
                shutil.rmtree(item.path, ignore_errors=True)
            else:
                os.unlink(item.path)
        if os.listdir(path) == [_LOCK]:
            os.unlink(os.path.join(path, _LOCK))
            os.rmdir(path)


@contextlib.contextmanager
def new_directory(path: str) -> Iterator[None]:
    """Make a directory, and remove it if the block fails.

    After SIGKILL it stays: by the next run, the user may have put files into it.
    raises: BadInput if the path exists, also if another run made it meanwhile
    """
    made: os.stat_result | None = None
    try:
        with uninterrupted():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.mkdir(path)
            made = os.lstat(path)
        yield
    except BaseException as error:
        if made is None and isinstance(error, FileExistsError):
            raise BadInput(f"{path} already exists", hint="use --keep-env with a new directory") from error
        if made is not None:
            with uninterrupted():
                _remove_if_same(path, made)
        raise


def _remove_if_same(path: str, made: os.stat_result) -> None:
    """Remove a directory, unless another one replaced it."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.lstat(path), made):
            shutil.rmtree(path, ignore_errors=True)
