"""A lock on the disk, with the project file beside it → the packages that it installs on one machine."""

from __future__ import annotations

import os

from deadweight.errors import BadInput
from deadweight.formats.locks import read_lock
from deadweight.formats.projects.pyproject import Choice
from deadweight.model import Lock
from deadweight.platforms.machine import Machine


def lock_of(path: str, machine: Machine, choice: Choice) -> Lock:
    """Return the content of a lock for a machine, unchanged; raises BadInput, BadLock."""
    # Without a patch number, so that a lock for "~=3.13.5" is read for "--python 3.13".
    values = {**machine.marker_values, "python_full_version": machine.python}
    return read_lock(path, _read(path), values, choice, project=_project_beside(path))


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error


def _project_beside(path: str) -> bytes:
    """Return the project file beside a lock, which lists the direct requirements; b"" if there is none."""
    name = "Pipfile" if os.path.basename(path) == "Pipfile.lock" else "pyproject.toml"
    beside = os.path.join(os.path.dirname(path), name)
    return _read(beside) if os.path.isfile(beside) else b""
