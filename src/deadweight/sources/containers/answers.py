"""What a process writes → lines and bytes, as long as some of it comes in time."""

from __future__ import annotations

import os
import select
from typing import BinaryIO

_PATIENCE = 60.0  # seconds without a byte; a container that is busy answers within a few
_CHUNK = 1 << 16


class Answers:
    """Reads a pipe; raises TimeoutError where nothing comes."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._descriptor = pipe.fileno()
        self._held, self._at = b"", 0

    def readline(self, limit: int) -> bytes:
        """Return the next line with its end; without one, ``limit`` bytes, or what was left at the end."""
        parts: list[bytes] = []
        while limit > 0:
            if self._at == len(self._held) and not self._fill():
                break
            end = self._held.find(b"\n", self._at, self._at + limit) + 1
            parts.append(self._take(end - self._at if end else min(limit, len(self._held) - self._at)))
            limit -= len(parts[-1])
            if end:
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read(self, length: int) -> bytes:
        """Return the next bytes; fewer only at the end."""
        parts: list[bytes] = []
        while length > 0 and (self._at < len(self._held) or self._fill()):
            parts.append(self._take(length))
            length -= len(parts[-1])
        return b"".join(parts)

    def _take(self, length: int) -> bytes:
        found = self._held[self._at : self._at + length]
        self._at += len(found)
        return found

    def _fill(self) -> bool:
        if not select.select([self._descriptor], [], [], _PATIENCE)[0]:
            raise TimeoutError
        self._held, self._at = os.read(self._descriptor, _CHUNK), 0
        return bool(self._held)
