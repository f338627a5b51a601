"""Lock files → what they install on one machine. The file's name tells which tool wrote it.

A lock that leaves the choice of an index to the installer gives archives without a URL: they are to be looked up there,
by file name, or where that is missing too (Pipfile.lock), by hash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from os.path import basename

from deadweight.errors import BadLock, WrongPython
from deadweight.formats.locks.marking import Markers
from deadweight.formats.projects.pyproject import Choice
from deadweight.formats.tables import Malformed
from deadweight.formats.versions import OtherPython
from deadweight.model import Lock

__all__ = ["Choice", "is_lock", "read_lock"]

_PYLOCK = re.compile(r"pylock\.(?:[^.]+\.)?toml\Z")  # PEP 751
# Name → the module and its function; imported when there is such a lock.
_READERS = {
    "Pipfile.lock": "pipfile_lock.read_pipfile_lock",
    "pdm.lock": "pdm_lock.read_pdm_lock",
    "poetry.lock": "poetry_lock.read_poetry_lock",
    "uv.lock": "uv_lock.read_uv_lock",
}
_Read = Callable[[str, bytes, Markers, Choice, bytes], Lock]


def is_lock(path: str) -> bool:
    """Say whether a file's name is that of a lock."""
    name = basename(path)
    return name in _READERS or bool(_PYLOCK.match(name))


def read_lock(path: str, data: bytes, values: Mapping[str, str], choice: Choice, *, project: bytes = b"") -> Lock:
    """Return what a lock installs on one machine; wheels of other platforms are left in.

    path:    tells the format, and what relative paths count from
    values:  the variables of PEP 508 of that machine
    project: the pyproject.toml beside it (or the Pipfile), b"" without one: it tells what was asked for by name where
             the lock does not
    raises:  BadLock, WrongPython
    """
    name = basename(path)
    reader = "pylock.read_pylock" if _PYLOCK.match(name) else _READERS.get(name)
    if reader is None:
        raise BadLock(path, "no lock by its name", hint=f"known are pylock.toml, {', '.join(sorted(_READERS))}")
    if choice.packages and name != "uv.lock":
        raise BadLock(path, "--package chooses members of a uv workspace", hint="its lock is uv.lock")
    module, _, function = reader.partition(".")
    read: _Read = getattr(import_module(f"{__name__}.{module}"), function)
    try:
        return read(path, data, Markers(values), choice, project)
    except OtherPython as error:
        raise WrongPython(path, error.reason, error.specifiers, error.nearest) from error
    except Malformed as error:
        raise BadLock(path, error.reason, hint=error.hint) from error
