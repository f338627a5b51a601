"""Random access to a file on the disk, in an archive, or in a stream that can only be read forward."""

from __future__ import annotations

import os

from deadweight.formats.archives.tar import Blocks, pass_over

_REMEMBERED = 1 << 25  # bytes at the start: names are there, while the segment that refers to them may be at the end
_BEHIND = 1 << 23  # bytes before the latest read; patchelf puts names on either side of that segment


class Stored:
    """A part of an open file."""

    def __init__(self, descriptor: int, start: int, length: int) -> None:
        self._descriptor, self._start, self._length = descriptor, start, length

    def __call__(self, offset: int, length: int) -> bytes:
        """Return bytes from ``offset`` on, fewer at the end."""
        return os.pread(self._descriptor, max(0, min(length, self._length - offset)), self._start + offset)


class Passing:
    """The next ``length`` bytes of blocks. Only the first bytes and those around the latest read are kept.

    blocks: of the archive that the file is a member of
    front:  the bytes of the file that were read already
    """

    def __init__(self, front: bytes, blocks: Blocks, length: int) -> None:
        self._blocks, self._length = blocks, length
        self._front, self._passed = bytearray(front), len(front)
        self._recent, self._recent_at = bytearray(), len(front)

    def __call__(self, offset: int, length: int) -> bytes:
        """Return bytes from ``offset`` on, fewer at the end; raises LookupError for bytes that were not kept."""
        stop = min(offset + length, self._length)
        if offset >= stop:
            return b""  # what follows the end belongs to the next member
        if stop > self._passed:
            self._advance(offset, stop)
        data = bytes(self._front[offset:stop])
        position = offset + len(data)
        if position < stop:
            if position < self._recent_at:
                raise LookupError(offset)
            data += self._recent[position - self._recent_at : stop - self._recent_at]
        return data

    def finish(self) -> None:
        """Skip the rest of the file and the padding of its last block; raises Malformed if some of it is missing."""
        pass_over(self._blocks, self._length, self._passed)

    def _advance(self, offset: int, stop: int) -> None:
        """Read up to ``stop``, and keep the bytes around ``offset``."""
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
