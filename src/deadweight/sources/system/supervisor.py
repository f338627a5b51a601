"""Runs between deadweight and a foreign command, so that no process of the command outlives deadweight.

A script for a bare interpreter: ``supervisor.py WATCH REPORT COMMAND...``. It waits until the command ends, or until
WATCH does, because deadweight closed it or was killed. Then it ends all processes that the command started, and writes
to REPORT how the command ended: its status as in ``subprocess``, or "errno N" if it could not start.
"""

import os
import select
import sys
import time

# It delays every command, so it imports little: contextlib, and enum for signal, would double its time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator
else:
    import _signal as signal

POLITE = 3.0  # seconds between SIGTERM and SIGKILL
PATIENCE = 5.0  # seconds to end processes that keep starting others
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of orphaned processes, also of those in their own sessions (Linux)."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


def run(watch: int, command: "list[str]") -> str:
    """Run a command in its own process group; return the report."""
    ended, writing = os.pipe()
    os.set_blocking(ended, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # Python ignores SIGPIPE, and deadweight maybe others; the command would inherit that.
    restored = [signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    try:
        child = os.posix_spawnp(command[0], command, os.environ, setpgroup=0, setsigdef=restored)
    except OSError as error:
        return f"errno {error.errno}"
    try:
        return f"{followed(child, watch, ended)}"
    finally:
        end_all(child)


def followed(child: int, watch: int, ended: int) -> int:
    """Wait for the command; when deadweight ends it, send SIGTERM and wait three seconds at most."""
    until: float | None = None
    while True:
        for pid, status in reaped():
            if pid == child:
                return os.waitstatus_to_exitcode(status)
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            return -signal.SIGKILL
        ready = select.select([ended] if until else [ended, watch], [], [], left)[0]
        if ended in ready:
            os.read(ended, 4096)
        if watch in ready:
            until = time.monotonic() + POLITE
            end(child, signal.SIGTERM, os.killpg)


def reaped() -> "Iterator[tuple[int, int]]":
    """Reap the children that have ended; yield (process, status)."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid, status


def end(pid: int, number: int, kill: "Callable[[int, int], None]" = os.kill) -> None:
    """Send a signal to a process that may have ended already, or that we may not signal."""
    try:
        kill(pid, number)
    except OSError:
        return


def end_all(group: int) -> None:
    """End a process group and all children, including adopted ones."""
    end(group, signal.SIGKILL, os.killpg)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        for pid in children():
            end(pid, signal.SIGKILL)
        time.sleep(0.005)


def children() -> "Iterator[int]":
    """Yield the children of this process, from /proc; none if the system has no /proc."""
    for name in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc/self") else ()):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                text = file.read()
        except OSError:
            continue
        # After the program's name, which is in parentheses and may contain anything: state, parent, …
        fields = text.rpartition(b")")[2].split()
        if fields[1:2] == [str(os.getpid()).encode()]:
            yield int(name)


def main(watch: int, report: int, command: "list[str]") -> None:
    """Run a command and report how it ended."""
    for descriptor in (watch, report):
        os.set_inheritable(descriptor, False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when WATCH does
    adopt_orphans()
    os.write(report, run(watch, command).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
