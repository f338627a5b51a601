"""Compressed blocks → what they unpack to, a piece at a time and within bounds; the first bytes tell the format."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks
from deadweight.sources.images.blocks import Pushed, Span
from deadweight.sources.images.digests import Digest

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"  # RFC 1952, RFC 8878
XZ, BZIP2 = b"\xfd7zXZ\0", b"BZh"  # xz-file-format 2.1.1.1; BZip2
LONGEST_MAGIC = 6
_CHUNK = 1 << 18
_PIECE = 1 << 18
_FREE = 1 << 32  # bytes that an image may unpack to whatever its compressed size
_RATIO = 200  # bytes allowed beyond that for each compressed byte; text and code have a ratio of 10
_XZ_MEMORY = 1 << 27  # bytes; xz -9 needs 65 million


class TooMuch(BadInput):
    """An image that would take more memory or time than any real image."""


class Allowance:
    """How much the compressed parts of one image may unpack to.

    Sparse files and empty databases compress to almost nothing, so a fixed amount is always allowed. Beyond it, the
    unpacked size must be in proportion to the compressed size.
    """

    def __init__(self, free: int | None = None) -> None:
        self._left = _FREE if free is None else free
        self._lock = threading.Lock()  # several layers of one image are read at once

    def spend(self, packed: int, unpacked: int) -> None:
        """Record that ``packed`` bytes became ``unpacked``; raises TooMuch if that exceeds the allowance."""
        with self._lock:
            self._left += packed * _RATIO - unpacked
            is_exceeded = self._left < 0
        if is_exceeded:
            raise TooMuch("the layers of the image unpack to more than the limit")


class _Counted:
    """Blocks that count the bytes read from them."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks, self.count = blocks, 0

    def read(self, length: int) -> bytes:
        data = self._blocks.read(length)
        self.count += len(data)
        return data


class Unpacked:
    """The content of a compressed stream, unpacked a piece at a time.

    Unpacking ahead in a thread is slower: it waits for the interpreter lock after each piece.

    what:   for error messages
    digest: receives the content
    raises: BadInput if the stream is malformed or unpacks to more than is allowed
    """

    what = "a layer"
    digest: Digest | None = None

    def __init__(self, blocks: Blocks, unpack: Callable[[Any], Iterator[bytes]], allowance: Allowance) -> None:
        self._source = _Counted(blocks)
        self._pieces, self._allowance = unpack(self._source), allowance
        self._held = memoryview(b"")

    def read(self, length: int) -> bytes:
        parts: list[bytes] = []
        while length > 0 and (self._held or self._fill()):
            part = bytes(self._held[:length])
            self._held = self._held[len(part) :]
            parts.append(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, length: int) -> int:
        left = length
        while left > 0 and (self._held or self._fill()):
            passed = min(left, len(self._held))
            self._held = self._held[passed:]
            left -= passed
        return length - left

    def _fill(self) -> bool:
        try:
            piece = next(self._pieces, b"")
        except _decompression_errors() as error:
            raise BadInput(f"cannot decompress {self.what}: {error}") from error
        self._allowance.spend(self._source.count, len(piece))
        self._source.count = 0
        if self.digest is not None:
            self.digest.update(piece)
        self._held = memoryview(piece)
        return bool(piece)


def _decompression_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions of the decompressors; evaluated only after a failure, as it imports all of them."""
    import lzma
    import zlib

    errors: list[type[Exception]] = [EOFError, OSError, lzma.LZMAError, zlib.error]  # bz2 raises OSError
    with contextlib.suppress(ImportError):
        from isal import isal_zlib

        errors.append(isal_zlib.error)  # type: ignore[arg-type]  # its stub calls it an instance
    with contextlib.suppress(ImportError):
        from zstandard import ZstdError

        errors.append(ZstdError)
    return tuple(errors)


def _gzip(source: _Counted) -> Iterator[bytes]:
    """Yield the content of the members of a gzip stream (RFC 1952)."""
    try:
        from isal.isal_zlib import decompressobj
    except ImportError:
        from zlib import decompressobj  # type: ignore[assignment]  # the same interface
    member, packed = decompressobj(wbits=31), b""
    while True:
        packed = packed or source.read(_CHUNK)
        if member.eof:
            if not packed.strip(b"\0"):
                return
            member = decompressobj(wbits=31)
        elif not packed:
            raise EOFError("it is truncated")
        piece = member.decompress(packed, _PIECE)
        packed = member.unused_data if member.eof else member.unconsumed_tail
        if piece:
            yield piece


def _xz(source: _Counted) -> Iterator[bytes]:
    """Yield the content of the streams of an xz file; one that needs more memory than ``xz -9`` is refused."""
    from lzma import FORMAT_XZ, LZMADecompressor

    return _members(source, lambda: LZMADecompressor(FORMAT_XZ, memlimit=_XZ_MEMORY))


def _bzip2(source: _Counted) -> Iterator[bytes]:
    from bz2 import BZ2Decompressor

    return _members(source, BZ2Decompressor)


def _members(source: _Counted, new: Callable[[], Any]) -> Iterator[bytes]:
    """Yield the content of consecutive members, each with its own decompressor."""
    member, packed = new(), b""
    while True:
        if member.eof:
            packed = (member.unused_data or source.read(_CHUNK)).lstrip(b"\0")
            if not packed:
                return
            member = new()
        elif member.needs_input:
            packed = source.read(_CHUNK)
            if not packed:
                raise EOFError("it is truncated")
        piece = member.decompress(packed, _PIECE)
        packed = b""
        if piece:
            yield piece


def _zstd(source: _Counted) -> Iterator[bytes]:
    """Yield the content of the frames of a zstd stream (RFC 8878)."""
    try:
        from zstandard import ZstdDecompressor
    except ImportError:
        raise BadInput(
            "a layer is compressed with zstd", hint='install the extra that reads it: pip install "deadweight[images]"'
        ) from None
    stream: Any = source  # only its read method is used
    with ZstdDecompressor().stream_reader(stream, read_across_frames=True) as reader:
        while piece := reader.read(_PIECE):
            yield piece


_FORMATS: tuple[tuple[bytes, Callable[[Any], Iterator[bytes]]], ...] = (
    (GZIP, _gzip), (ZSTD, _zstd), (XZ, _xz), (BZIP2, _bzip2),
)  # fmt: skip


def is_packed(front: bytes) -> bool:
    """Return whether the data is compressed in a supported format, by its first bytes."""
    return any(front.startswith(magic) for magic, _ in _FORMATS)


def opened(blocks: Blocks, allowance: Allowance, what: str = "a layer", digest: Digest | None = None) -> Blocks:
    """Return blocks of a tar archive, decompressed if their first bytes are those of a supported format.

    digest: receives what is decompressed
    """
    front = blocks.read(LONGEST_MAGIC)
    whole: Blocks
    if isinstance(blocks, Span):
        blocks.at -= len(front)
        whole = blocks
    else:
        whole = Pushed(front, blocks)
    unpack = next((unpack for magic, unpack in _FORMATS if front.startswith(magic)), None)
    if unpack is None:
        return whole
    unpacked = Unpacked(whole, unpack, allowance)
    unpacked.what, unpacked.digest = what, digest
    return unpacked
