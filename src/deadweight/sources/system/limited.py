"""A command and a time limit → how it ended, and the end of its output."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable, Mapping
from typing import IO

from msgspec import Struct

from deadweight.sources.system.processes import PIPE, STDOUT, Supervised, supervised
from deadweight.sources.system.scratch import Scratch

_TAIL = 1 << 16  # bytes of output that are kept, and of the longest line
_INTERVAL = 0.02  # seconds between checks whether it has ended: a child of it can keep the pipe open
_ROUNDS = 64  # of reading what is left in the pipes


class Ended(Struct, frozen=True):
    """How a process ended.

    status: as in ``subprocess``: negative for the signal that ended it; None after a timeout
    output: the end of what it printed
    """

    status: int | None
    output: str


class Conditions(Struct, frozen=True, kw_only=True):
    """How to run a command.

    seconds:     the timeout
    environment: its variables
    """

    seconds: float
    directory: str
    environment: Mapping[str, str]
    scratch: Scratch


def run_limited(command: list[str], conditions: Conditions, on_line: Callable[[bytes], None] | None = None) -> Ended:
    """Run a command without input, in its own process group, with a timeout.

    on_line: called with each line of stdout, which then is not part of ``output``; each line restarts the timeout
    raises:  OSError if it cannot be started
    """
    with supervised(
        command,
        scratch=conditions.scratch,
        environment=conditions.environment,
        directory=conditions.directory,
        stderr=PIPE if on_line else STDOUT,
    ) as child:
        pipes = _Pipes(child, on_line)
        in_time = pipes.follow(conditions.seconds)
        child.stop()
        pipes.drain()
        return Ended(child.status() if in_time else None, pipes.tail.decode("utf-8", "replace"))


class _Pipes:
    """Reads the output of a process while it runs."""

    def __init__(self, child: Supervised, on_line: Callable[[bytes], None] | None) -> None:
        self.tail = bytearray()
        self._child, self._on_line = child, on_line
        self._line = bytearray()
        self._latest = 0.0
        self._selector = selectors.DefaultSelector()
        for pipe in (child.process.stdout, child.process.stderr):
            if pipe is not None:
                self._selector.register(pipe, selectors.EVENT_READ)

    def follow(self, seconds: float) -> bool:
        """Read until the process ends; return False after a timeout."""
        self._latest = time.monotonic()
        while not self._child.has_ended():
            if time.monotonic() - self._latest > seconds:
                return False
            self._read(_INTERVAL)
        return True

    def drain(self) -> None:
        """Read what is left, in a limited number of rounds: a process that kept the pipe cannot block us."""
        for _ in range(_ROUNDS):
            if not self._read(0):
                break
        self._selector.close()

    def _read(self, wait: float) -> bool:
        ready = self._selector.select(wait)
        for key, _ in ready:
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
            data = os.read(key.fd, _TAIL)
            if not data:
                self._selector.unregister(pipe)
            elif self._on_line is not None and pipe is self._child.process.stdout:
                self._call(data, self._on_line)
            else:
                self.tail += data
                del self.tail[:-_TAIL]
        return bool(ready)

    def _call(self, data: bytes, on_line: Callable[[bytes], None]) -> None:
        *lines, rest = (bytes(self._line) + data).split(b"\n")
        self._line = bytearray(rest[:_TAIL])
        for line in lines:
            self._latest = time.monotonic()
            on_line(line)
