"""Files, pipes and compressed streams → the bytes that archives are read from, from the front to the back."""

from __future__ import annotations

import os
import zlib
from typing import BinaryIO

from deadweight.errors import BadInput
from deadweight.formats.tar import Blocks

_CHUNK = 1 << 18


class Span:
    """A part of a file on the disk; what is skipped is never read."""

    def __init__(self, descriptor: int, start: int, length: int) -> None:
        self._descriptor, self.at, self._end = descriptor, start, start + length

    def read(self, length: int) -> bytes:
        left = self._end - self.at
        if length > left:
            length = max(left, 0)
        data = os.pread(self._descriptor, length, self.at)
        self.at += len(data)
        return data

    def skip(self, length: int) -> None:
        self.at += length


class Pipe:
    """A stream that can be read once, as standard input is."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, length: int) -> bytes:
        parts: list[bytes] = []
        while length > 0 and (part := self._stream.read(min(length, _CHUNK))):
            parts.append(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, length: int) -> None:
        while length > 0 and (part := self._stream.read(min(length, _CHUNK))):
            length -= len(part)


class Part:
    """The next bytes of other blocks, and no more of them."""

    def __init__(self, blocks: Blocks, length: int) -> None:
        self._blocks, self.left = blocks, length

    def read(self, length: int) -> bytes:
        data = self._blocks.read(min(length, self.left))
        self.left -= len(data)
        return data

    def skip(self, length: int) -> None:
        length = min(length, self.left)
        self._blocks.skip(length)
        self.left -= length


class Pushed:
    """Blocks with some bytes put back in front."""

    def __init__(self, front: bytes, blocks: Blocks) -> None:
        self._front, self._blocks = front, blocks

    def read(self, length: int) -> bytes:
        if not self._front:
            return self._blocks.read(length)
        data, self._front = self._front[:length], self._front[length:]
        return data if len(data) == length else data + self._blocks.read(length - len(data))

    def skip(self, length: int) -> None:
        held = min(length, len(self._front))
        self._front = self._front[held:]
        if length > held:
            self._blocks.skip(length - held)


class Unpacked:
    """What a gzip or zstd stream holds, unpacked as it is read, never all at once.

    most: bytes that may come out of it; raises BadInput beyond
    """

    def __init__(self, blocks: Blocks, kind: str, most: int) -> None:
        self._blocks, self._most, self._kind = blocks, most, kind
        self._unpack = _decompressor(kind)
        self._held = memoryview(b"")
        self._out = 0

    def read(self, length: int) -> bytes:
        parts: list[bytes] = []
        while length > 0 and (self._held or self._fill()):
            part = bytes(self._held[:length])
            self._held = self._held[len(part) :]
            parts.append(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, length: int) -> None:
        while length > 0 and (self._held or self._fill()):
            passed = min(length, len(self._held))
            self._held = self._held[passed:]
            length -= passed

    def _fill(self) -> bool:
        while True:
            if self._unpack.eof:
                rest = self._unpack.unused_data or self._blocks.read(_CHUNK)
                if not rest.strip(b"\0"):
                    return False
                self._unpack = _decompressor(self._kind)  # the next member of a stream of several
                packed = rest
            else:
                packed = self._blocks.read(_CHUNK)
                if not packed:
                    raise BadInput("a layer was cut short")
            try:
                data = self._unpack.decompress(packed)
            except (zlib.error, OSError, ValueError, EOFError, RuntimeError) as error:
                raise BadInput(f"a layer does not unpack: {error}") from error
            self._out += len(data)
            if self._out > self._most:
                raise BadInput(f"a layer unpacks to more than {self._most:,} bytes")
            if data:
                self._held = memoryview(data)
                return True


def _decompressor(kind: str):  # type: ignore[no-untyped-def]  # zlib, isal and zstandard name no common type
    if kind == "gzip":
        try:
            from isal import isal_zlib
        except ImportError:
            return zlib.decompressobj(31)
        return isal_zlib.decompressobj(31)
    try:
        from zstandard import ZstdDecompressor
    except ImportError:
        raise BadInput(
            "a layer is compressed by zstd, which this Python cannot read", hint='pip install "deadweight[images]"'
        ) from None
    return ZstdDecompressor().decompressobj()


def opened(blocks: Blocks, most: int) -> Blocks:
    """Return blocks that are a tar archive, whichever way they are compressed; told by their first bytes."""
    front = blocks.read(6)
    whole: Blocks
    if isinstance(blocks, Span):
        blocks.at -= len(front)
        whole = blocks
    else:
        whole = Pushed(front, blocks)
    if front[:2] == b"\x1f\x8b":
        return Unpacked(whole, "gzip", most)
    if front[:4] == b"\x28\xb5\x2f\xfd":
        return Unpacked(whole, "zstd", most)
    return whole
