"""Files and streams → blocks, which archives are read from sequentially."""

from __future__ import annotations

import os
from typing import Protocol, runtime_checkable

from deadweight.formats.archives.tar import Blocks
from deadweight.formats.binaries.elf import ReadAt
from deadweight.sources.images.windows import Stored

_CHUNK = 1 << 18


class Span:
    """A part of a file on the disk; skipped bytes are never read."""

    def __init__(self, descriptor: int, start: int, length: int) -> None:
        self._descriptor, self.at, self._end = descriptor, start, start + length

    def read(self, length: int) -> bytes:
        left = self._end - self.at
        if length > left:
            length = max(left, 0)
        data = os.pread(self._descriptor, length, self.at)
        self.at += len(data)
        return data

    def skip(self, length: int) -> int:
        left = self._end - self.at
        if length > left:
            length = max(left, 0)
        self.at += length
        return length

    def stored(self, length: int, read: int = 0) -> Stored:
        """Return random access to the next ``length`` bytes, of which ``read`` were read already."""
        return Stored(self._descriptor, self.at - read, length)


@runtime_checkable
class RandomAccess(Protocol):
    """Blocks that can be read anywhere."""

    def stored(self, length: int, read: int = 0, /) -> ReadAt:
        """Return random access to the next ``length`` bytes, of which ``read`` were read already."""


class Stream(Protocol):
    """Bytes that can be read once: standard input, a response."""

    def read(self, length: int, /) -> bytes:
        """Return some of the next bytes, none only at the end."""


class Pipe:
    """A stream whose reads return all of the requested bytes."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def read(self, length: int) -> bytes:
        parts: list[bytes] = []
        while length > 0 and (part := self._stream.read(min(length, _CHUNK))):
            parts.append(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, length: int) -> int:
        left = length
        while left > 0 and (part := self._stream.read(min(left, _CHUNK))):
            left -= len(part)
        return length - left


class Part:
    """The next ``length`` bytes of other blocks."""

    def __init__(self, blocks: Blocks, length: int) -> None:
        self._blocks, self.left = blocks, length

    def read(self, length: int) -> bytes:
        data = self._blocks.read(min(length, self.left))
        self.left -= len(data)
        return data

    def skip(self, length: int) -> int:
        passed = self._blocks.skip(min(length, self.left))
        self.left -= passed
        return passed


class Pushed:
    """Blocks with some bytes put back at the front."""

    def __init__(self, front: bytes, blocks: Blocks) -> None:
        self._front, self._blocks = front, blocks

    def read(self, length: int) -> bytes:
        if not self._front:
            return self._blocks.read(length)
        data, self._front = self._front[:length], self._front[length:]
        return data if len(data) == length else data + self._blocks.read(length - len(data))

    def skip(self, length: int) -> int:
        held = min(length, len(self._front))
        self._front = self._front[held:]
        return held + self._blocks.skip(length - held) if length > held else held
