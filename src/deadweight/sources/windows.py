"""A file that is read here and there → its bytes, wherever it lies: on the disk, in an archive, in a stream."""

from __future__ import annotations

import os

from deadweight.formats.tar import Blocks, pass_over

_REMEMBERED = 1 << 25  # bytes of a stream that one can go back to; where names lie that the dynamic segment speaks of


class Stored:
    """A part of a file that is open."""

    def __init__(self, descriptor: int, start: int, length: int) -> None:
        self._descriptor, self._start, self._length = descriptor, start, length

    def __call__(self, offset: int, length: int) -> bytes:
        """Return bytes from ``offset`` on, fewer at the end."""
        return os.pread(self._descriptor, max(0, min(length, self._length - offset)), self._start + offset)


class Passing:
    """The next ``length`` bytes of blocks, of which only the first are remembered.

    blocks: of an archive, in which it lies as a member
    front:  bytes of it that were read already
    """

    def __init__(self, front: bytes, blocks: Blocks, length: int) -> None:
        self._blocks, self._length = blocks, length
        self._held, self._passed = bytearray(front), len(front)

    def __call__(self, offset: int, length: int) -> bytes:
        """Return bytes from ``offset`` on, fewer at the end; raises LookupError for what has passed by."""
        stop = min(offset + length, self._length)
        if offset >= stop:
            return b""  # beyond the end: what comes there is no longer of this file
        if stop > self._passed:
            self._remember(min(stop, _REMEMBERED) - self._passed)
        if stop <= len(self._held):
            return bytes(self._held[offset:stop])
        if offset < self._passed:
            raise LookupError(offset)
        self._passed += self._blocks.skip(offset - self._passed)
        found = self._blocks.read(stop - offset)
        self._passed += len(found)
        return found

    def finish(self) -> None:
        """Pass over what is left, and what fills the last block; raises Malformed where some of it is not there."""
        pass_over(self._blocks, self._length, self._passed)

    def _remember(self, length: int) -> None:
        if length > 0 and self._passed == len(self._held):
            self._held += self._blocks.read(length)
            self._passed = len(self._held)
