"""A venv → the results of importing modules in it, and of running the user's own command.

Modules are imported one after another in one process, which is much faster than a process for each. A module that fails
there, unless it was the first, is tried again in its own process, and that result counts.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import tempfile
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from deadweight.model import Smoke, Trial
from deadweight.progress import Observer, Progress
from deadweight.sources.install import importing
from deadweight.sources.install.variables import purged
from deadweight.sources.system.limited import Conditions, Ended, run_limited
from deadweight.sources.system.scratch import Scratch

_LAST_LINES = 10
_CANNOT_RUN = 127  # as in shells
_MOST_PRINTED = 1 << 16  # characters of the output of imports


class Venv(Struct, frozen=True, kw_only=True):
    """An environment to test.

    seconds: the timeout of each import, and of the command
    trace:   a file to which the paths that imports open are appended; "" for none
    """

    directory: str
    seconds: float
    scratch: Scratch
    trace: str = ""

    def conditions(self, directory: str, environment: Mapping[str, str]) -> Conditions:
        """Return how to run a command of it in a directory."""
        return Conditions(seconds=self.seconds, directory=directory, environment=environment, scratch=self.scratch)


def try_imports(modules: Iterable[str], venv: Venv, observe: Observer) -> tuple[tuple[Trial, ...], str]:
    """Import modules; return the results by name, and the end of their output."""
    pending = sorted(set(modules))
    results: dict[str, Trial] = {}
    printed = ""
    while pending:
        batch, ended = _import(pending, venv, observe)
        printed = (printed + ended.output)[-_MOST_PRINTED:]
        results |= batch
        for name in [t.module for t in batch.values() if t.reason and not t.unclear and t.module != pending[0]]:
            results[name] = _import_alone(name, venv, observe)
        pending = pending[len(batch) :]
        if pending and ended.status is None:
            family = _family(pending)
            results |= {name: Trial(name, f"not tested: importing {pending[0]} did not finish") for name in family}
            results[pending[0]] = Trial(pending[0], _ending(ended, venv))
            pending = [name for name in pending if name not in results]
        elif pending:
            # An earlier module may have caused the process to end.
            results[pending[0]] = _import_alone(pending[0], venv, observe)
            pending = pending[1:]
    return tuple(results[name] for name in sorted(results)), printed


def _import_alone(name: str, venv: Venv, observe: Observer) -> Trial:
    results, ended = _import([name], venv, observe)
    return results.get(name) or Trial(name, _ending(ended, venv))


def _import(names: Sequence[str], venv: Venv, observe: Observer) -> tuple[dict[str, Trial], Ended]:
    """Import modules in one process until it ends; return the results, which cover the first modules in order."""
    results: dict[str, Trial] = {}

    def on_line(line: bytes) -> None:
        name = names[len(results)] if len(results) < len(names) else ""
        trial = _trial(line, name)
        if trial is not None:
            results[name] = trial
            observe(Progress("importing", name, done=len(results), total=len(names)))

    # Isolated: neither Python's variables nor the working directory affect it. DJANGO_SETTINGS_MODULE would make Django
    # import the application itself.
    variables = {key: value for key, value in _variables(venv).items() if key != "DJANGO_SETTINGS_MODULE"}
    python = os.path.join(venv.directory, "bin", "python")
    with tempfile.TemporaryDirectory(dir=venv.scratch.path) as empty:
        modules = venv.scratch.write("modules.txt", "\n".join(names))
        command = [python, "-I", "-B", "-u", importing.__file__, modules, *filter(None, [venv.trace])]
        ended = run_limited(command, venv.conditions(empty, variables), on_line)
    return results, ended


def opened_paths(trace: str) -> set[str]:
    """Return the absolute paths in a trace; lines that a killed process did not complete are left out."""
    paths = set()
    with contextlib.suppress(FileNotFoundError), open(trace, "rb") as file:
        for line in file:
            with contextlib.suppress(ValueError):
                path = json.loads(line)
                if isinstance(path, str):
                    paths.add(path)
    return paths


def _trial(line: bytes, name: str) -> Trial | None:
    """Parse a line of ``importing.py``; return None for lines that modules wrote."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, list) or [type(each) for each in fields] != [str, str, str, bool] or fields[0] != name:
        return None
    return Trial(*fields)


def _family(names: Sequence[str]) -> list[str]:
    """Return the names in the same top-level package as the first."""
    return [name for name in names if name.partition(".")[0] == names[0].partition(".")[0]]


def run_smoke(command: Sequence[str], directory: str, venv: Venv, observe: Observer) -> Smoke:
    """Run the user's own command in the directory of the application, with the venv first on PATH."""
    shown = shlex.join(command)
    observe(Progress("running", shown))
    try:
        ended = run_limited(list(command), venv.conditions(directory, _variables(venv)))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return Smoke(shown, _CANNOT_RUN, f"cannot run {command[0]}: {reason}")
    lines = ended.output.rstrip().splitlines()[-_LAST_LINES:]
    if ended.status is None or ended.status < 0:
        lines.append(_ending(ended, venv))
    return Smoke(shown, ended.status, "\n".join(lines))


def _ending(ended: Ended, venv: Venv) -> str:
    """Describe how a process ended early."""
    if ended.status is None:
        return f"did not finish within {venv.seconds:g} s"
    if ended.status < 0:
        return f"was killed by signal {-ended.status} ({signal.strsignal(-ended.status) or 'unknown'})"
    return f"exited with status {ended.status}"


def _variables(venv: Venv) -> dict[str, str]:
    """Return the user's variables, without those that installers must not see, and with the venv first on PATH."""
    given = purged(os.environ, venv.scratch)
    path = os.pathsep.join((os.path.join(venv.directory, "bin"), given.get("PATH", os.defpath)))
    # Bytecode would remain in the user's application, and in an environment that --keep-env keeps.
    return {**given, "PATH": path, "VIRTUAL_ENV": venv.directory, "PYTHONDONTWRITEBYTECODE": "1"}
