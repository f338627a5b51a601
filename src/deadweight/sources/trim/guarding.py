"""The directory that a user names → the environment to trim, locked; or the reason why it must not be trimmed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterable, Iterator

from deadweight.errors import BadInput


def root_of(directory: str) -> str:
    """Return the real path of a virtual environment.

    raises: BadInput if it is anything else. Of other environments, a package manager owns the files, or it is unknown
            which files belong together.
    """
    root = os.path.realpath(directory)
    if os.path.isdir(os.path.join(root, "conda-meta")):
        raise BadInput(f"{directory} is a conda environment, whose files conda owns", hint=_HINT)
    if not os.path.isfile(os.path.join(root, "pyvenv.cfg")):
        raise BadInput(f"{directory} is not a virtual environment: it has no pyvenv.cfg", hint=_HINT)
    return root


_ATTEMPTS = 20
_PAUSE = 0.1  # seconds
_HINT = "deadweight trims virtual environments, as venv, virtualenv and uv create them"


def python_of(root: str) -> str:
    """Return the interpreter of an environment; raises BadInput if it has none."""
    path = os.path.join(root, "bin", "python")
    if not os.access(path, os.X_OK):
        raise BadInput(
            f"{path} cannot be run", hint="trim the environment on the machine where its Python is installed"
        )
    return path


@contextlib.contextmanager
def locked(root: str) -> Iterator[None]:
    """Keep other runs out of an environment; raises BadInput if one is trimming it.

    The lock is on the directory itself, so that it leaves no file behind, and ends with the process.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(descriptor, root)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, root: str) -> None:
    """Lock a directory; raises BadInput if another run holds it.

    A run that was killed while it started a program holds its lock until that program runs: the child
    inherits the lock when it forks, and gives it up at exec. So the first refusal is not the last word.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if not left:
                raise BadInput(
                    f"another run of deadweight is trimming {root}", hint="wait until it has ended"
                ) from error
            time.sleep(_PAUSE)


def check_directories(root: str, directories: Iterable[str]) -> None:
    """Check, before anything changes, that files can be moved out of directories; raises BadInput.

    directories: relative to ``root``, "" for itself
    """
    device = os.lstat(root).st_dev
    for directory in directories:
        path = os.path.join(root, directory) if directory else root
        if os.path.realpath(path) != path:
            raise BadInput(f"{path} is a symlink, or below one")
        if not os.access(path, os.W_OK | os.X_OK):
            raise BadInput(f"{path} is read-only", hint="nothing was changed; trim as the user that owns the files")
        if os.lstat(path).st_dev != device:
            raise BadInput(f"{path} is on another file system than {root}", hint="nothing was changed")
