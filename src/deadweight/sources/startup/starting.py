"""An application and an interpreter → what one start takes. This runs the application's code.

Each start is a process of its own under the supervisor, with a time limit and without a terminal. Bytecode goes to the
scratch directory, so that no start writes into the application or the environment, and all but the first find it there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct, ValidationError, convert

from deadweight.errors import StartFailed
from deadweight.sources.startup import probe, stamping
from deadweight.sources.system.limited import Conditions, Ended, run_limited
from deadweight.sources.system.processes import BARE_PYTHON
from deadweight.sources.system.scratch import Scratch
from deadweight.startup.values import Entry, Imported, Launch

Mode = Literal["bare", "plain", "times", "memory"]
_LARGEST = 1 << 26  # bytes of a result, and of the output of ``-X importtime``
# Python's variables that would change how an application is measured, or where its bytecode goes.
_DROPPED = frozenset((
    "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONVERBOSE", "PYTHONPROFILEIMPORTTIME", "PYTHONSAFEPATH",
    "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONPLATLIBDIR", "PYTHONEXECUTABLE", "PYTHONTRACEMALLOC",
    "__PYVENV_LAUNCHER__",
))  # fmt: skip


# Nothing that a process claims exceeds this, so that sums and divisions of it cannot overflow.
_MOST = 1 << 50
_Figure = Annotated[int, Meta(ge=0, le=_MOST)]
_Change = Annotated[int, Meta(ge=-_MOST, le=_MOST)]


class Starter(Struct, frozen=True, kw_only=True):
    """How to start an application.

    python:  its interpreter
    entry:   what it imports
    seconds: the timeout of a start
    """

    python: str
    entry: Entry
    seconds: float
    scratch: Scratch


class _Result(Struct, frozen=True):
    """What ``probe.py`` wrote."""

    python: str
    wall_us: _Figure = 0
    rss_bytes: _Figure | None = None
    error: str = ""
    missing: str = ""
    location: tuple[str, int] = ("", 0)
    absent: str = ""
    attributes: tuple[str, ...] = ()
    skip: tuple[_Figure, _Figure] = (0, 0)
    ended: _Figure = 0
    memory: tuple[tuple[str, _Figure, _Change], ...] | None = None
    origins: dict[str, str] = {}
    library: tuple[str, ...] = ()


def start(starter: Starter, directory: str, mode: Mode) -> Launch:
    """Start the application in a directory once, or with ``bare`` only its interpreter.

    directory: of the application or a copy of it, without symlinks; the working directory of the process
    raises:    StartFailed
    """
    scratch, entry = starter.scratch, starter.entry
    result, output = (os.path.join(scratch.path, name) for name in ("start.json", "start.txt"))
    for path in (result, output):
        if os.path.lexists(path):
            os.unlink(path)  # that of the last start
    flags = {"bare": ["-I", "-S", "-B"], "times": ["-X", "importtime"]}.get(mode, [])
    root = os.path.normpath(os.path.join(directory, entry.directory))
    question = [probe.__file__, mode, result, root, entry.module, entry.attribute]
    command = [*BARE_PYTHON, stamping.__file__, output, starter.python, *flags, *question]
    variables = _variables(os.environ, starter)
    conditions = Conditions(seconds=starter.seconds, directory=directory, environment=variables, scratch=scratch)
    try:
        ended = run_limited(command, conditions)
    except OSError as error:
        raise StartFailed(f"cannot run {starter.python}: {error.strerror}") from error
    found = _read(result, ended, starter)
    if found.error:
        raise _failed(found, entry, directory)
    printed = _content(output)
    return Launch(
        wall_us=found.wall_us,
        rss_bytes=found.rss_bytes,
        python=found.python[:40],
        output=printed[: found.skip[0]] + printed[found.skip[1] : found.ended],
        memory=tuple(Imported(*each) for each in found.memory or ()),
        origins=found.origins,
        library=found.library,
    )


def _variables(given: Mapping[str, str], starter: Starter) -> dict[str, str]:
    """Return the user's variables, with the environment first on PATH as if it were activated."""
    kept = {name: value for name, value in given.items() if name not in _DROPPED}
    programs = os.path.dirname(starter.python)
    return {
        **kept,
        "PATH": os.pathsep.join((programs, given.get("PATH", os.defpath))),
        "VIRTUAL_ENV": os.path.dirname(programs),
        "PYTHONPYCACHEPREFIX": os.path.join(starter.scratch.path, "bytecode"),
        "TMPDIR": starter.scratch.temporary,
    }


def _read(path: str, ended: Ended, starter: Starter) -> _Result:
    """Read the result of a start; raises StartFailed if there is none."""
    module = starter.entry.module
    if ended.status is None:
        raise StartFailed(
            f"importing {module} did not finish within {starter.seconds:g} s",
            hint="use --timeout SECONDS, or with --entry name a module that does not run the application when imported",
        )
    try:
        result = convert(json.loads(_content(path)), _Result)
    except (ValueError, RecursionError, ValidationError) as error:
        last = next((line.strip() for line in reversed(ended.output.splitlines()) if line.strip()), "")
        ending = f"exited with status {ended.status}"
        if ended.status < 0:
            ending = f"was killed by signal {-ended.status} ({signal.strsignal(-ended.status) or 'unknown'})"
        raise StartFailed(f"the process {ending} while it imported {module}{f': {last}' if last else ''}") from error
    return result


def _failed(found: _Result, entry: Entry, directory: str) -> StartFailed:
    if found.absent:
        return _without_attribute(found, entry)
    if found.missing and not entry.file and f"{entry.module}.".startswith(f"{found.missing}."):
        return StartFailed(f"neither the application nor TARGET has a module {entry.module}", hint=entry.hint)
    path, line = found.location
    path = os.path.relpath(path, directory) if path.startswith(f"{directory}{os.sep}") else path
    at = f" ({path}, line {line})" if path else ""
    hint = "a start needs the same environment variables and files as in production; set them for deadweight, too"
    if found.missing:
        hint = f"TARGET does not provide {found.missing}; `deadweight verify` lists everything that is missing"
    return StartFailed(f"importing {entry.module} failed: {found.error}{at}", hint=hint)


def _without_attribute(found: _Result, entry: Entry) -> StartFailed:
    from difflib import get_close_matches

    outer, dot, name = found.absent.rpartition(".")
    near = get_close_matches(name, found.attributes, 3, 0.7)
    near = near or [each for each in found.attributes if each.lower().startswith(name.lower())][:3]
    hint = " or ".join(f"--entry {entry.module}:{outer}{dot}{each}" for each in near)
    return StartFailed(
        f"{entry.module} has no attribute {found.absent}",
        hint=f"did you mean {hint}?" if hint else f"use --entry {entry.module} to import the module only",
    )


def _content(path: str) -> bytes:
    """Return the start of a file that a process wrote, which may be anything; b"" if there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with open(descriptor, "rb") as file:
        return file.read(_LARGEST)


def interpreter(directory: str) -> str:
    """Return the Python of an environment: in its ``bin``, or in that of a directory above; "" if there is none."""
    directory = os.path.abspath(directory)
    if directory == os.path.abspath(sys.prefix):
        return os.path.abspath(sys.executable)
    for _ in range(4):
        for name in ("python", "python3"):
            path = os.path.join(directory, "bin", name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
        directory = os.path.dirname(directory)
    return ""
