"""A command → its output: run in a process group of its own that ends with us, in the user's environment, purged."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from deadweight.errors import InstallFailed
from deadweight.sources.scratch import Scratch

# The Python that runs us, for ``-m``: without -P it would import modules from the working directory first.
OUR_PYTHON = (sys.executable, "-P")
# Settings of the user's that would lead an install out of the venv, or change what it leaves there.
_NOT_PASSED_ON = (
    "PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PIP_PYTHON", "PIP_REPORT", "PIP_COMPILE",
    "PIP_NO_COMPILE", "PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_REQUIRE_VIRTUALENV", "PIP_QUIET", "PIP_VERBOSE",
    "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_TARGET", "UV_PREFIX",
    "UV_COMPILE_BYTECODE", "UV_PROJECT_ENVIRONMENT", "UV_DRY_RUN", "UV_NO_PROGRESS",
)  # fmt: skip


def run(
    command: list[str],
    scratch: Scratch,
    on_line: Callable[[str], None] = lambda _: None,
    *,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, str]:
    """Run a command to its end; return its status and all that it printed, each line told to ``on_line`` meanwhile.

    variables: of its environment, in place of the user's
    raises: InstallFailed where it cannot be started
    """
    output: list[str] = []
    try:
        with _child(command, scratch, variables) as child:
            assert child.stdout is not None
            for line in child.stdout:
                output.append(line)
                on_line(line.rstrip())
            return child.wait(), "".join(output)
    except OSError as error:
        raise InstallFailed(f"cannot run {command[0]}: {error.strerror}") from error


@contextlib.contextmanager
def _child(command: list[str], scratch: Scratch, variables: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a process group of its own; on an error or a signal, the whole group has ended afterwards."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**purged(os.environ, scratch), **variables},
        start_new_session=True,
        pass_fds=(scratch.lock,),
    )
    with child:
        try:
            yield child
        except BaseException:
            end_group(child.pid)
            raise


def end_group(leader: int) -> None:
    """End a process and all that it started: asked first, made to after three seconds."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses where nobody but the dead is left
        os.killpg(leader, signal.SIGTERM)
        until = time.monotonic() + 3
        # Not reaped yet, so that the number of the group is nobody else's.
        while not os.waitid(os.P_PID, leader, os.WEXITED | os.WNOWAIT | os.WNOHANG) and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(leader, signal.SIGKILL)


def purged(given: Mapping[str, str], scratch: Scratch) -> dict[str, str]:
    """Return the user's environment, without what would lead the install astray, and without colour.

    An installer that is killed leaves its temporary folders behind: they lie in the scratch folder, and go with it.
    """
    kept = {name: value for name, value in given.items() if name not in _NOT_PASSED_ON}
    return {**kept, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "PIP_USER": "0", "TMPDIR": scratch.temporary}
