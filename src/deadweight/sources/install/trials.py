"""A venv on trial → what comes of importing modules in it, and of running the user's own command.

Modules are imported one after the other in one process, which takes a fraction of the time of a process for each. What
fails there and was not its first is tried again in a process of its own, and that counts.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import tempfile
from collections.abc import Iterable, Sequence

from msgspec import Struct

from deadweight.model import Smoke, Trial
from deadweight.progress import Observer, Progress
from deadweight.sources.install import importing
from deadweight.sources.install.variables import purged
from deadweight.sources.system.limited import Ended, run_limited
from deadweight.sources.system.scratch import Scratch

_LAST_LINES = 10
_CANNOT_RUN = 127  # as shells have it
_MOST_PRINTED = 1 << 16  # characters of what imports printed


class Venv(Struct, frozen=True, kw_only=True):
    """A throwaway environment on trial.

    seconds: how long each import, and the command, may take
    """

    folder: str
    seconds: float
    scratch: Scratch


def try_imports(modules: Iterable[str], venv: Venv, observe: Observer) -> tuple[tuple[Trial, ...], str]:
    """Import modules; return what came of each, by name, and the last of what they printed."""
    pending = sorted(set(modules))
    found: dict[str, Trial] = {}
    printed = ""
    while pending:
        told, ended = _import(pending, venv, observe)
        printed = (printed + ended.output)[-_MOST_PRINTED:]
        found |= told
        for name in [t.module for t in told.values() if t.says and not t.unclear and t.module != pending[0]]:
            found[name] = _import_alone(name, venv, observe)
        pending = pending[len(told) :]
        if pending and ended.status is None:
            family = _family(pending)
            found |= {name: Trial(name, f"not tried, since importing {pending[0]} did not end") for name in family}
            found[pending[0]] = Trial(pending[0], _ending(ended, venv))
            pending = [name for name in pending if name not in found]
        elif pending:
            # What ended the process may be the doing of another before it.
            found[pending[0]] = _import_alone(pending[0], venv, observe)
            pending = pending[1:]
    return tuple(found[name] for name in sorted(found)), printed


def _import_alone(name: str, venv: Venv, observe: Observer) -> Trial:
    told, ended = _import([name], venv, observe)
    return told.get(name) or Trial(name, _ending(ended, venv))


def _import(names: Sequence[str], venv: Venv, observe: Observer) -> tuple[dict[str, Trial], Ended]:
    """Import modules in one process, as far as it gets; return what it told, of the first of them in their order."""
    told: dict[str, Trial] = {}

    def on_line(line: bytes) -> None:
        name = names[len(told)] if len(told) < len(names) else ""
        trial = _trial(line, name)
        if trial is not None:
            told[name] = trial
            observe(Progress("importing", name, done=len(told), total=len(names)))

    # Isolated: neither Python's variables nor the folder that it runs in lead it astray. Of others, one would have
    # Django look for the application itself.
    variables = {key: value for key, value in _variables(venv).items() if key != "DJANGO_SETTINGS_MODULE"}
    python = os.path.join(venv.folder, "bin", "python")
    with tempfile.TemporaryDirectory(dir=venv.scratch.path) as empty:
        command = [python, "-I", "-B", "-u", importing.__file__, venv.scratch.write("modules.txt", "\n".join(names))]
        ended = run_limited(
            command,
            seconds=venv.seconds,
            folder=empty,
            environment=variables,
            scratch=venv.scratch,
            on_line=on_line,
        )
    return told, ended


def _trial(line: bytes, name: str) -> Trial | None:
    """Read a line of ``importing.py``'s; None for what anybody else may have written."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or [type(each) for each in found] != [str, str, str, bool] or found[0] != name:
        return None
    return Trial(*found)


def _family(names: Sequence[str]) -> list[str]:
    """Return those that lie in the same package as the first of them."""
    return [name for name in names if name.partition(".")[0] == names[0].partition(".")[0]]


def run_smoke(command: Sequence[str], folder: str, venv: Venv, observe: Observer) -> Smoke:
    """Run the user's own command in the folder of the source, with the venv's programs first."""
    shown = shlex.join(command)
    observe(Progress("running", shown))
    try:
        ended = run_limited(
            list(command),
            seconds=venv.seconds,
            folder=folder,
            environment=_variables(venv),
            scratch=venv.scratch,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return Smoke(shown, _CANNOT_RUN, f"cannot run {command[0]}: {reason}")
    lines = ended.output.rstrip().splitlines()[-_LAST_LINES:]
    if ended.status is None or ended.status < 0:
        lines.append(_ending(ended, venv))
    return Smoke(shown, ended.status, "\n".join(lines))


def _ending(ended: Ended, venv: Venv) -> str:
    """Say how a process ended that did not get to its end."""
    if ended.status is None:
        return f"did not end within {venv.seconds:g} s"
    if ended.status < 0:
        return f"was ended by signal {-ended.status} ({signal.strsignal(-ended.status) or 'unknown'})"
    return f"ended Python with status {ended.status}"


def _variables(venv: Venv) -> dict[str, str]:
    """Return the user's variables, purged as for installers, with the venv's programs first."""
    given = purged(os.environ, venv.scratch)
    path = os.pathsep.join((os.path.join(venv.folder, "bin"), given.get("PATH", os.defpath)))
    # Bytecode would be left in the user's source, and in an environment that is kept.
    return {**given, "PATH": path, "VIRTUAL_ENV": venv.folder, "PYTHONDONTWRITEBYTECODE": "1"}
