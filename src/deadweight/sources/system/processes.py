"""Child processes: deadweight starts all of them here.

``started`` and ``answer_of`` are for our own programs and for those that respond at once. ``supervised`` is for
commands that run foreign code (installers, imports, the user's command): none of their processes outlives deadweight.
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
from typing import IO, TYPE_CHECKING, Any

from msgspec import Struct

from deadweight.errors import InstallFailed, TimedOut
from deadweight.interrupts import uninterrupted
from deadweight.sources.system import supervisor

if TYPE_CHECKING:
    from deadweight.sources.system.scratch import Scratch

PIPE, DEVNULL, STDOUT = subprocess.PIPE, subprocess.DEVNULL, subprocess.STDOUT
Child = subprocess.Popen[bytes]
TimeoutExpired = subprocess.TimeoutExpired

# The Python that runs deadweight, for ``-m``: -P keeps the working directory off sys.path.
OUR_PYTHON = (sys.executable, "-P")
# The same for our own programs: without the user's settings and installed distributions.
BARE_PYTHON = (sys.executable, "-I", "-S")
_known: set[int] = set()  # the children that this module started
_adopting = False
_SETTLED = supervisor.POLITE + supervisor.PATIENCE + 2.0


def adopt_orphans() -> None:
    """End every process that a supervised command leaves behind, even if it killed its supervisor.

    Orphans become children of this process (Linux), and all children that this module did not start are killed. So
    only the command line calls this: a program that imports deadweight may have children of its own.
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


# glibc returns each large piece of memory to the kernel, which clears it before it is used again. For pieces of what is
# decompressed, that takes half as long as decompressing them (mallopt(3)).
_KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 25), "MALLOC_TRIM_THRESHOLD_": str(1 << 26)}


def started(
    command: Sequence[str],
    *,
    stdin: int = DEVNULL,
    stdout: int = PIPE,
    stderr: int | IO[bytes] = DEVNULL,
    start_new_session: bool = False,
) -> Child:
    """Start a program, with pipes for the streams that are PIPE; raises OSError."""
    return _started(command, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=start_new_session)


def _started(command: Sequence[str], **given: Any) -> Child:
    with uninterrupted():
        child = subprocess.Popen(command, **given)
        _known.add(child.pid)
        return child


def fed(command: Sequence[str], question: bytes) -> Child | None:
    """Start a program of ours and write to its stdin; return None if the system allows no more processes."""
    try:
        child = _started(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={**os.environ, **_KEEPS_MEMORY})
    except OSError:
        return None
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(question)
        child.stdin.close()
    child.stdin = None  # communicate() would flush it
    return child


def answer_of(
    command: Sequence[str], *, seconds: float, question: bytes = b"", variables: Mapping[str, str] | None = None
) -> bytes | None:
    """Return the stdout of a program, None if it cannot be started, fails, or takes too long.

    variables: environment variables in addition to those of this process
    """
    # Variables such as PYTHONPATH would affect a Python; an empty PYTHONPATH means the working directory.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**inherited, **(variables or {})}
    try:
        return subprocess.run(
            command, input=question, stdout=PIPE, stderr=DEVNULL, timeout=seconds, check=True, env=environment
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
    """Run a command; return its status and its output, calling ``on_line`` with each line as it arrives.

    seconds: the timeout; None for none
    raises:  InstallFailed if it cannot be started; TimedOut after the timeout
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
            raise TimedOut(f"{os.path.basename(command[0])} did not finish within {seconds:.0f} s")
        return status, "".join(output)


def _stopped_after(seconds: float, child: Supervised, late: threading.Event) -> threading.Timer:
    """Stop a command after a time, and set ``late``."""

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
    """A command that runs under a supervisor, which ends after all processes of the command.

    watch:  the command runs while it is open
    report: the supervisor writes to it how the command ended
    """

    command: Sequence[str]
    process: Child
    watch: IO[bytes]
    report: IO[bytes]

    def has_ended(self) -> bool:
        """Return whether the command and all of its processes have ended."""
        return self.process.poll() is not None

    def status(self) -> int:
        """Wait for the end; return the command's status, as in ``subprocess``; raises OSError if it did not start."""
        killed = self.process.wait()
        report = self.report.read(100).decode("ascii", "replace")
        if report.startswith("errno "):
            number = int(report.removeprefix("errno "))
            raise OSError(number, os.strerror(number), self.command[0])
        # A supervisor without a report was killed: by the command, or by the system when out of memory.
        return int(report) if report else killed or -signal.SIGKILL

    def stop(self) -> None:
        """End the command and all of its processes: with SIGTERM, and after three seconds with SIGKILL."""
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
    directory: str | None = None,
    stderr: int = STDOUT,
) -> Iterator[Supervised]:
    """Run a command without input, with pipes for its output; all of its processes end with the block.

    directory: its working directory
    raises: OSError if no process can be started
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
                cwd=directory,
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
    """Return the ends of a pipe, which close with the stack."""
    reading, writing = os.pipe()
    return stack.enter_context(open(reading, "rb", 0)), stack.enter_context(open(writing, "wb", 0))
