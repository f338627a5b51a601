"""A command and a time limit → how it ended and the last of what it printed."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable, Mapping
from typing import IO

from msgspec import Struct

from deadweight.sources.system.processes import PIPE, STDOUT, Supervised, supervised
from deadweight.sources.system.scratch import Scratch

_TAIL = 1 << 16  # bytes of what it printed that are kept, and the longest line that is told
_LOOK = 0.02  # seconds between looks whether it has ended: a pipe can outlive it, in the hands of a child
_ROUNDS = 64  # of reading what was left in the pipes


class Ended(Struct, frozen=True):
    """How a process ended.

    status: as ``subprocess`` has it: negative, the signal that ended it; None where its time was up
    output: the last of what it printed
    """

    status: int | None
    output: str


def run_limited(
    command: list[str],
    *,
    seconds: float,
    folder: str,
    environment: Mapping[str, str],
    scratch: Scratch,
    on_line: Callable[[bytes], None] | None = None,
) -> Ended:
    """Run a command in ``folder``, without input and in a process group of its own, for some seconds at most.

    on_line: told each line of its stdout, which then is no part of ``output``; each sets the clock back to zero
    raises:  OSError where it cannot be started
    """
    with supervised(
        command, scratch=scratch, environment=environment, folder=folder, stderr=PIPE if on_line else STDOUT
    ) as child:
        pipes = _Pipes(child, on_line)
        in_time = pipes.follow(seconds)
        child.stop()
        pipes.drain()
        return Ended(child.status() if in_time else None, pipes.tail.decode("utf-8", "replace"))


class _Pipes:
    """What a process prints, as it comes."""

    def __init__(self, child: Supervised, on_line: Callable[[bytes], None] | None) -> None:
        self.tail = bytearray()
        self._child, self._on_line = child, on_line
        self._line = bytearray()
        self._told = 0.0
        self._selector = selectors.DefaultSelector()
        for pipe in (child.process.stdout, child.process.stderr):
            if pipe is not None:
                self._selector.register(pipe, selectors.EVENT_READ)

    def follow(self, seconds: float) -> bool:
        """Read until the process has ended; False where its time was up before."""
        self._told = time.monotonic()
        while not self._child.has_ended():
            if time.monotonic() - self._told > seconds:
                return False
            self._read(_LOOK)
        return True

    def drain(self) -> None:
        """Read what was left; somebody who got away with a pipe cannot keep us."""
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
                self._tell(data, self._on_line)
            else:
                self.tail += data
                del self.tail[:-_TAIL]
        return bool(ready)

    def _tell(self, data: bytes, on_line: Callable[[bytes], None]) -> None:
        *lines, rest = (bytes(self._line) + data).split(b"\n")
        self._line = bytearray(rest[:_TAIL])
        for line in lines:
            self._told = time.monotonic()
            on_line(line)
