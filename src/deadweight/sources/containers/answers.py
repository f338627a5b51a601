"""The output of a process → lines and bytes, with a timeout."""

from __future__ import annotations

import os
import select
from typing import BinaryIO

_TIMEOUT = 60.0  # seconds without a byte; even a busy container responds within a few
_CHUNK = 1 << 16


class Answers:
    """Reads a pipe; raises TimeoutError if no data arrives."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._descriptor = pipe.fileno()
        self._held, self._at = b"", 0

    def readline(self, limit: int) -> bytes:
        """Return the next line with its newline; without one, ``limit`` bytes or the rest."""
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
        data = self._held[self._at : self._at + length]
        self._at += len(data)
        return data

    def _fill(self) -> bool:
        if not select.select([self._descriptor], [], [], _TIMEOUT)[0]:
            raise TimeoutError
        self._held, self._at = os.read(self._descriptor, _CHUNK), 0
        return bool(self._held)
