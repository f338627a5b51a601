"""Lock files → the packages that they install on one machine. The file name determines the format.

A lock that leaves the choice of an index to the installer gives archives without a URL. They must be looked up on an
index by file name or, for Pipfile.lock, by hash.
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

__all__ = ["Choice", "read_lock"]

_PYLOCK = re.compile(r"pylock\.(?:[^.]+\.)?toml\Z")  # PEP 751
# File name → module and function, imported on demand.
_READERS = {
    "Pipfile.lock": "pipfile_lock.read_pipfile_lock",
    "pdm.lock": "pdm_lock.read_pdm_lock",
    "poetry.lock": "poetry_lock.read_poetry_lock",
    "uv.lock": "uv_lock.read_uv_lock",
}
_Read = Callable[[str, bytes, Markers, Choice, bytes], Lock]


def read_lock(path: str, data: bytes, values: Mapping[str, str], choice: Choice, *, project: bytes = b"") -> Lock:
    """Return the packages that a lock installs on one machine; wheels for other platforms are kept.

    path:    determines the format; relative paths in the lock start at its directory
    values:  the PEP 508 marker variables of that machine
    project: the pyproject.toml (or Pipfile) next to the lock, b"" without one; it gives the direct requirements for
             lock formats that do not
    raises:  BadLock, WrongPython
    """
    name = basename(path)
    reader = "pylock.read_pylock" if _PYLOCK.match(name) else _READERS.get(name)
    if reader is None:
        names = ", ".join(sorted(_READERS))
        raise BadLock(path, "unknown lock format", hint=f"supported file names: pylock.toml, {names}")
    if choice.packages and name != "uv.lock":
        raise BadLock(path, "--package only works with a uv workspace", hint="measure the uv.lock of the workspace")
    module, _, function = reader.partition(".")
    read: _Read = getattr(import_module(f"{__name__}.{module}"), function)
    try:
        return read(path, data, Markers(values), choice, project)
    except OtherPython as error:
        raise WrongPython(path, error.reason, error.specifiers, error.nearest) from error
    except Malformed as error:
        raise BadLock(path, error.reason, hint=error.hint) from error
