"""Calls of functions of ours → their results, computed in child processes that stay, and are replaced if they die.

``workers`` starts processes for calls that are known beforehand. Here, calls arrive while others run. A worker reads
them from its standard input and writes the results to its standard output. Both have their length in front.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import queue
import signal
import sys
import threading
import time
from importlib import import_module
from typing import IO, NamedTuple

from deadweight.interrupts import install
from deadweight.sources.system.processes import BARE_PYTHON, PIPE, Child, TimeoutExpired, started

_LENGTH = 8  # bytes of the length before a call or a result
_MOST_MEMORY = 200 << 20  # bytes; a worker that took more is replaced, since Python seldom returns memory
_SETTLED = 5.0  # seconds for a worker to clean up
_PROGRAM = """
import sys
sys.path[:] = sys.argv[1:]
from deadweight.sources.system.pool import serve
serve()
"""


class Call(NamedTuple):
    """A call of a function of ours.

    key:       identifies the call among all others
    function:  "module:name"; it takes and returns bytes, and raises nothing
    arguments: texts and bytes
    """

    key: str
    function: str
    arguments: tuple[str | bytes, ...]


class Finished(NamedTuple):
    """A call that ended; ``result`` is None if its process died, and ``reason`` says how."""

    key: str
    result: bytes | None
    reason: str = ""


def result_of(call: Call) -> bytes:
    """Return the result of a call, computed in this process."""
    module, _, name = call.function.partition(":")
    result: bytes = getattr(import_module(module), name)(*call.arguments)
    return result


class Pool:
    """Worker processes, each with a thread that feeds it. Use it in a ``with`` statement, which ends the processes.

    size:   the number of processes
    memory: the most bytes that a worker took so far
    """

    is_remote = False

    def __init__(self, size: int) -> None:
        self.size = self.workers = size
        self.memory = 0
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[Finished] = queue.SimpleQueue()
        self._slots = [_Slot(self) for _ in range(size)]

    def __enter__(self) -> Pool:
        for slot in self._slots:
            slot.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for _slot in self._slots:
            self._calls.put(None)
        for slot in self._slots:
            slot.stop()
        for slot in self._slots:
            slot.join()

    def submit(self, call: Call) -> None:
        """Have a call made by the next worker that is free."""
        self._calls.put(call)

    def next(self, seconds: float | None) -> Finished | None:
        """Return a call that ended, None if none did within some seconds; None for no limit."""
        try:
            return self._finished.get(timeout=seconds)
        except queue.Empty:
            return None

    @property
    def processes(self) -> list[int]:
        """The workers that run now."""
        return [child.pid for slot in self._slots if (child := slot.child) is not None and child.poll() is None]

    def _serve(self, slot: _Slot) -> None:
        while (call := self._calls.get()) is not None:
            self._finished.put(slot.finished(call))


class _Slot:
    """One worker after the other, and the thread that waits for its results."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._stopped = False
        self.child: Child | None = None
        self.thread = threading.Thread(target=pool._serve, args=(self,), daemon=True)

    def finished(self, call: Call) -> Finished:
        """Make a call, in a new worker if there is none."""
        try:
            child = self._started()
        except OSError as error:
            return Finished(call.key, None, f"cannot start a process: {error.strerror}")
        if child is None:
            return Finished(call.key, None, "interrupted")
        assert child.stdin is not None
        assert child.stdout is not None
        answer = None
        with contextlib.suppress(OSError):  # a pipe to a process that died
            _write(child.stdin, marshal.dumps(tuple(call)))
            answer = _read(child.stdout)
        if answer is None:
            status = self._end(child)
            reason = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            return Finished(call.key, None, f"the process that measured it {reason}")
        result, memory = marshal.loads(answer)  # noqa: S302  our own
        self._pool.memory = max(self._pool.memory, memory)
        if memory > _MOST_MEMORY:
            self._end(child)
        return Finished(call.key, result)

    def stop(self) -> None:
        """Let the worker end, so that it removes its temporary files."""
        with self._lock:
            self._stopped = True
            if self.child is not None:
                with contextlib.suppress(OSError):
                    self.child.terminate()

    def join(self) -> None:
        """Wait for the end of the worker and of the thread."""
        child = self.child
        if child is not None:
            self._end(child)
        if self.thread.ident is not None:
            self.thread.join()
        if child is not None:
            _close(child.stdout)

    def _started(self) -> Child | None:
        with self._lock:
            if self._stopped:
                return None
            if self.child is None:
                # A session of its own: Ctrl-C reaches only this process, which ends the workers.
                path = [entry for entry in sys.path if entry]  # "" is the working directory
                command = [*BARE_PYTHON, "-X", f"utf8={sys.flags.utf8_mode}", "-c", _PROGRAM, *path]
                self.child = started(command, stdin=PIPE, start_new_session=True)
            return self.child

    def _end(self, child: Child) -> int:
        """End a worker, and return its status."""
        _close(child.stdin)
        try:
            status = child.wait(_SETTLED)
        except TimeoutExpired:
            child.kill()
            status = child.wait()
        with self._lock:
            if threading.current_thread() is self.thread:  # no other thread reads the results
                _close(child.stdout)
            self.child = None
        return status


def _close(pipe: IO[bytes] | None) -> None:
    with contextlib.suppress(OSError):  # what is left to write
        if pipe is not None:
            pipe.close()


def serve() -> None:
    """Answer calls from standard input until it ends; a worker's whole life."""
    install()
    calls, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)  # what a call starts must neither read calls nor write results
    os.dup2(nothing, 1)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        while (question := _read(calls)) is not None:
            result = result_of(Call(*marshal.loads(question)))  # noqa: S302  our own
            gc.collect()
            _write(results, marshal.dumps((result, _memory())))
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(128 + signal.SIGTERM)
    os._exit(0)


def _end_with(parent: int) -> None:
    """End this process when its parent does, even after SIGKILL."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGTERM)  # so that temporary files are removed
    time.sleep(_SETTLED)
    os._exit(1)


def _memory() -> int:
    """Return the most bytes of memory that this process took (getrusage(2): kilobytes on Linux, bytes on macOS).

    On Linux, ru_maxrss starts with that of the process that forked this one. VmHWM of proc(5) does not.
    """
    import resource

    with contextlib.suppress(OSError), open("/proc/self/status", "rb") as status:
        for line in status:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _write(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(_LENGTH, "little"))
    pipe.write(data)
    pipe.flush()


def _read(pipe: IO[bytes]) -> bytes | None:
    """Return the next call or result, None at the end."""
    length = pipe.read(_LENGTH)
    if len(length) < _LENGTH:
        return None
    size = int.from_bytes(length, "little")
    data = pipe.read(size)
    return data if len(data) == size else None
