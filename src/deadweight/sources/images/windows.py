"""A file that is read here and there → its bytes, wherever it lies: on the disk, in an archive, in a stream."""

from __future__ import annotations

import os

from deadweight.formats.archives.tar import Blocks, pass_over

_REMEMBERED = 1 << 25  # bytes of a stream's front: names lie there, and the segment that points to them at the end
_BEHIND = 1 << 23  # bytes before the last that was asked for; patchelf puts names on either side of that segment


class Stored:
    """A part of a file that is open."""

    def __init__(self, descriptor: int, start: int, length: int) -> None:
        self._descriptor, self._start, self._length = descriptor, start, length

    def __call__(self, offset: int, length: int) -> bytes:
        """Return bytes from ``offset`` on, fewer at the end."""
        return os.pread(self._descriptor, max(0, min(length, self._length - offset)), self._start + offset)


class Passing:
    """The next ``length`` bytes of blocks, of which only the first are remembered, and those around the last read.

    blocks: of an archive, in which it lies as a member
    front:  bytes of it that were read already
    """

    def __init__(self, front: bytes, blocks: Blocks, length: int) -> None:
        self._blocks, self._length = blocks, length
        self._front, self._passed = bytearray(front), len(front)
        self._recent, self._recent_at = bytearray(), len(front)

    def __call__(self, offset: int, length: int) -> bytes:
        """Return bytes from ``offset`` on, fewer at the end; raises LookupError for what has passed by."""
        stop = min(offset + length, self._length)
        if offset >= stop:
            return b""  # beyond the end: what comes there is no longer of this file
        if stop > self._passed:
            self._advance(offset, stop)
        found = bytes(self._front[offset:stop])
        at = offset + len(found)
        if at < stop:
            if at < self._recent_at:
                raise LookupError(offset)
            found += self._recent[at - self._recent_at : stop - self._recent_at]
        return found

    def finish(self) -> None:
        """Pass over what is left, and what fills the last block; raises Malformed where some of it is not there."""
        pass_over(self._blocks, self._length, self._passed)

    def _advance(self, offset: int, stop: int) -> None:
        """Read on until ``stop``, and remember what lies around ``offset``."""
        if self._passed == len(self._front) < _REMEMBERED:
            self._front += self._blocks.read(min(stop, _REMEMBERED) - self._passed)
            self._passed = self._recent_at = len(self._front)
        start = max(offset - _BEHIND, self._recent_at)
        if start > self._passed:
            self._passed += self._blocks.skip(start - self._passed)
            self._recent.clear()
            self._recent_at = self._passed
        del self._recent[: start - self._recent_at]
        self._recent_at = max(start, self._recent_at)
        if stop > self._passed:
            self._recent += self._blocks.read(stop - self._passed)
            self._passed = self._recent_at + len(self._recent)
