"""Child processes: deadweight starts all of them here.

``started`` and ``answer_of`` are for our own programs and for those that answer at once. ``supervised`` is for what
runs other people's code (installers, imports, the user's command): none of its processes outlives it, or deadweight.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from deadweight.errors import InstallFailed
from deadweight.interrupts import uninterrupted
from deadweight.sources.system import supervisor

if TYPE_CHECKING:
    from deadweight.sources.system.scratch import Scratch

PIPE, DEVNULL, STDOUT = subprocess.PIPE, subprocess.DEVNULL, subprocess.STDOUT
Child = subprocess.Popen[bytes]
TimeoutExpired = subprocess.TimeoutExpired

# The Python that runs us, for ``-m``: without -P it would import modules from the working directory first.
OUR_PYTHON = (sys.executable, "-P")
# The same for our own programs: nothing of the user's settings and nothing that is installed.
BARE_PYTHON = (sys.executable, "-I", "-S")
_known: set[int] = set()  # the children that were started here
_adopting = False
_SETTLED = supervisor.POLITE + supervisor.PATIENCE + 2.0


def adopt_orphans() -> None:
    """Have every process that a supervised command leaves behind end with it, even if it killed its supervisor.

    Orphans then come to this process (Linux), and all of its children that were not started here are ended. So it is
    for the command line alone: a program that imports deadweight may have children of its own.
    """
    global _adopting
    supervisor.adopt_orphans()
    _adopting = True


def _end_orphans() -> None:
    until = time.monotonic() + supervisor.PATIENCE
    while time.monotonic() < until:
        orphans = [pid for pid in supervisor.children() if pid not in _known]
        if not orphans:
            return
        for pid in orphans:
            supervisor.end(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def started(
    command: Sequence[str],
    *,
    stdin: int = DEVNULL,
    stdout: int = PIPE,
    stderr: int | IO[bytes] = DEVNULL,
    start_new_session: bool = False,
) -> Child:
    """Start a program, with pipes for what is PIPE; raises OSError."""
    with uninterrupted():
        child = subprocess.Popen(
            command, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=start_new_session
        )
        _known.add(child.pid)
        return child


def fed(command: Sequence[str], question: bytes) -> Child | None:
    """Start a program of ours and write to its stdin; None where the system allows no further process."""
    try:
        child = started(command, stdin=PIPE)
    except OSError:
        return None
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(question)
        child.stdin.close()
    child.stdin = None  # communicate() would flush it
    return child


def answer_of(command: Sequence[str], *, seconds: float, question: bytes = b"") -> bytes | None:
    """Return what a program writes to stdout; None where it cannot be started, fails, or is not done in time."""
    # Python's variables would lead a Python astray: PYTHONPATH with nothing in it means the working directory.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        return subprocess.run(
            command, input=question, stdout=PIPE, stderr=DEVNULL, timeout=seconds, check=True, env=variables
        ).stdout
    except (OSError, subprocess.SubprocessError, ValueError):  # ValueError: a null byte in the command
        return None


def run(
    command: Sequence[str],
    scratch: Scratch,
    on_line: Callable[[str], None] = lambda _: None,
    *,
    environment: Mapping[str, str],
    seconds: float | None = None,
) -> tuple[int, str]:
    """Run a command to its end; return its status and all that it printed, each line handed to ``on_line`` meanwhile.

    seconds: how long it may run; None for as long as it takes
    raises:  InstallFailed where it cannot be started, or takes longer
    """
    late = threading.Event()
    output: list[str] = []
    with contextlib.ExitStack() as stack:
        try:
            child = stack.enter_context(supervised(command, scratch=scratch, environment=environment))
        except OSError as error:
            raise _cannot_run(command, error) from error
        if seconds is not None:
            stack.callback(_stopped_after(seconds, child, late).cancel)
        assert child.process.stdout is not None
        lines = io.TextIOWrapper(child.process.stdout, encoding="utf-8", errors="replace")
        for line in stack.enter_context(lines):
            output.append(line)
            on_line(line.rstrip())
        try:
            status = child.status()
        except OSError as error:
            raise _cannot_run(command, error) from error
        if late.is_set():
            raise InstallFailed(f"{os.path.basename(command[0])} took longer than {seconds:.0f} s")
        return status, "".join(output)


def _stopped_after(seconds: float, child: Supervised, late: threading.Event) -> threading.Timer:
    """Have a command end after a time; ``late`` then says that it did not end by itself."""

    def stop() -> None:
        late.set()
        child.stop()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    return timer


def _cannot_run(command: Sequence[str], error: OSError) -> InstallFailed:
    return InstallFailed(f"cannot run {command[0]}: {error.strerror}")


class Supervised(Struct, frozen=True):
    """A command that runs under a supervisor, whose process ends after all of the command's.

    watch:  as long as it is open, the command may run
    report: where the supervisor writes how the command ended
    """

    command: Sequence[str]
    process: Child
    watch: IO[bytes]
    report: IO[bytes]

    def has_ended(self) -> bool:
        """Say whether the command, and all that it started, has ended; ``status`` may still be asked for."""
        return self.process.poll() is not None

    def status(self) -> int:
        """Wait for the end; return the command's status, as ``subprocess`` has it; raises OSError if it never began."""
        killed = self.process.wait()
        told = self.report.read(100).decode("ascii", "replace")
        if told.startswith("errno "):
            number = int(told.removeprefix("errno "))
            raise OSError(number, os.strerror(number), self.command[0])
        # A supervisor that wrote nothing was killed itself: by the command, or by the system for want of memory.
        return int(told) if told else killed or -signal.SIGKILL

    def stop(self) -> None:
        """End the command and all that it started: by SIGTERM, and after three seconds by SIGKILL."""
        with uninterrupted():
            self.watch.close()
            try:
                self.process.wait(_SETTLED)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            if _adopting:
                _end_orphans()


@contextlib.contextmanager
def supervised(
    command: Sequence[str],
    *,
    scratch: Scratch,
    environment: Mapping[str, str],
    folder: str | None = None,
    stderr: int = STDOUT,
) -> Iterator[Supervised]:
    """Run a command without input, with pipes for what it prints; at the end of the block, all of it has ended.

    folder: where it runs
    raises: OSError where no process can be started
    """
    if any("\0" in word for word in command):
        raise OSError(errno.EINVAL, "a null byte in the command", command[0])
    with contextlib.ExitStack() as stack:
        with uninterrupted():
            watched, watch = _pipe_of_ours(stack)
            report, reporting = _pipe_of_ours(stack)
            process = subprocess.Popen(
                [*BARE_PYTHON, supervisor.__file__, str(watched.fileno()), str(reporting.fileno()), *command],
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=stderr,
                cwd=folder,
                env=environment,
                start_new_session=True,  # out of reach of Ctrl-C
                pass_fds=(watched.fileno(), reporting.fileno(), scratch.lock),
            )
            _known.add(process.pid)
            watched.close()
            reporting.close()
            child = Supervised(command, process, watch, report)
            stack.enter_context(process)
            stack.callback(child.stop)
        yield child


def _pipe_of_ours(stack: contextlib.ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    """Return the ends of a pipe that are closed with the stack."""
    reading, writing = os.pipe()
    return stack.enter_context(open(reading, "rb", 0)), stack.enter_context(open(writing, "wb", 0))
