"""The table of contents of a layer → its entries, and where the content of its files is in the compressed layer.

source: eStargz (github.com/containerd/stargz-snapshotter, docs/estargz.md); zstd:chunked
(github.com/containers/storage, pkg/chunked), whose table has the same fields
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from bisect import bisect_right
from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Kind, Malformed, TarEntry, entries, entry_path

_STARGZ_DIGEST = "containerd.io/snapshot/stargz/toc.digest"
_ZSTD_PREFIXES = ("io.github.containers.zstd-chunked.", "io.containers.zstd-chunked.")  # since 2022; before
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}\Z")
_POSITION = re.compile(r"([0-9]{1,18}):([0-9]{1,18}):([0-9]{1,18}):1\Z")  # offset, compressed and unpacked size, type
_STARGZ_FOOTER = re.compile(rb"\x1f\x8b\x08\x04.{6}\x1a\0SG\x16\0([0-9a-f]{16})STARGZ\x01\0\0\xff\xff.{8}\Z", re.DOTALL)
FOOTER_BYTES = 51  # of an eStargz layer
LARGEST = 1 << 26  # bytes of a table; one of 100,000 files has 30 million
_LARGEST_CHUNK = 1 << 28
_LONGEST_PATH = 1 << 12
_RATIO = 1032  # bytes that a byte of deflate can stand for at most
_KINDS: Mapping[str, Kind] = {
    "dir": "directory", "reg": "file", "symlink": "symlink", "hardlink": "link", "char": "other", "block": "other",
    "fifo": "other",
}  # fmt: skip
_Offset = Annotated[int, Meta(ge=0, lt=1 << 60)]


class TocError(Exception):
    """A table of contents, or a chunk, that does not match its digest or cannot be true."""


class TocReference(NamedTuple):
    """The location of a table of contents, according to the annotations of a layer.

    digest: of the table; of an eStargz layer, unpacked
    span:   its bytes in the layer; None if the footer of the layer specifies them
    size:   unpacked bytes; 0 if unknown
    """

    form: Literal["estargz", "zstd:chunked"]
    digest: str
    span: range | None = None
    size: int = 0


class Chunk(NamedTuple):
    """A part of a file, which can be decompressed alone.

    span:   bytes of the layer that contain it, and perhaps others after it
    inside: unpacked bytes in the span before it
    start:  offset in the file
    digest: of its content; "" for zeros, which the layer may not contain
    """

    span: range
    inside: int
    start: int
    size: int
    digest: str


class TocEntry(NamedTuple):
    """An entry of a layer, and the chunks of a file, in order."""

    entry: TarEntry
    chunks: tuple[Chunk, ...] = ()


def toc_reference(annotations: Mapping[str, str | None]) -> TocReference | None:
    """Return where the table of contents of a layer is, None if the layer has none that can be checked."""
    for prefix in _ZSTD_PREFIXES:
        digest, position = (annotations.get(f"{prefix}manifest-{key}") or "" for key in ("checksum", "position"))
        match = _POSITION.match(position)
        if match and _SHA256.match(digest):
            offset, length, size = map(int, match.groups())
            return TocReference("zstd:chunked", digest, range(offset, offset + length), size)
    digest = annotations.get(_STARGZ_DIGEST) or ""
    return TocReference("estargz", digest) if _SHA256.match(digest) else None


def stargz_span(footer: bytes, size: int) -> range:
    """Return where the table of an eStargz layer of ``size`` bytes is; raises TocError."""
    match = _STARGZ_FOOTER.match(footer)
    offset = int(match[1], 16) if match else size
    if not 0 < offset < size - FOOTER_BYTES:
        raise TocError("its footer does not name the position of the table")
    return range(offset, size - FOOTER_BYTES)


def toc_text(data: bytes, reference: TocReference) -> bytes:
    """Return the text of a table; raises TocError if it does not match its digest."""
    if reference.form == "zstd:chunked":
        _check(data, reference.digest)
        if reference.size > LARGEST:
            raise TocError(f"it has {reference.size:,} bytes")
        return _unzstd(data, reference.size)
    archive = _Blocks(_gunzip(data, LARGEST))
    try:
        entry = next(entries(archive), None)
    except Malformed as error:
        raise TocError(str(error)) from error
    if entry is None or entry.path != "stargz.index.json":
        raise TocError("the table is not where the footer says")
    text = archive.read(entry.stored)
    _check(text, reference.digest)
    return text


class _Item(Struct, frozen=True, rename="camel"):
    """One entry or chunk, as the table lists it."""

    name: str
    type: str
    size: _Offset = 0
    link_name: str = ""
    digest: str = ""
    offset: _Offset = 0
    end_offset: _Offset = 0
    chunk_offset: _Offset = 0
    chunk_size: _Offset = 0
    chunk_digest: str = ""
    chunk_type: str = ""
    inner_offset: _Offset = 0


class _Table(Struct, frozen=True):
    version: int
    entries: tuple[_Item, ...]


def toc_entries(text: bytes, reference: TocReference, end: int) -> list[TocEntry]:
    """Return the entries of a layer from the text of its table.

    end:    where the table starts in the layer, after all files
    raises: TocError if they cannot be true
    """
    try:
        table = msgspec.json.decode(text, type=_Table)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TocError(f"it is not valid: {error}") from error
    if table.version != 1:
        raise TocError(f"its version is {table.version}")
    offsets = sorted({offset for item in table.entries for offset in (item.offset, item.end_offset)} | {end})
    found: list[TocEntry] = []
    parts: list[_Item] = []
    for item in table.entries:
        if item.type == "chunk" and parts and parts[0].name == item.name:
            parts.append(item)
            continue
        _finish(found, parts, offsets, end)
        parts = [item]
    _finish(found, parts, offsets, end)
    if reference.form == "estargz":
        if sum(each.entry.size for each in found) > end * _RATIO:
            raise TocError("its files are larger than the layer can be")
        # Engines that do not know the format unpack the table too.
        found.append(TocEntry(TarEntry("stargz.index.json", "file", len(text), len(text))))
    return found


def _finish(found: list[TocEntry], parts: list[_Item], offsets: list[int], end: int) -> None:
    """Add the entry whose items are complete."""
    if not parts:
        return
    first = parts[0]
    kind = _KINDS.get(first.type)
    for text in (first.name, first.link_name):
        # Go writes U+FFFD for bytes that are not UTF-8, so the name is lost.
        if "\0" in text or "\ufffd" in text or len(text) > _LONGEST_PATH:
            raise TocError("a name in it is impossible")
    if kind is None or not first.name:
        raise TocError(f"an entry of it has the type {first.type[:20]!r}")
    size = first.size if kind == "file" else 0
    target = first.link_name if kind in ("link", "symlink") else ""
    entry = TarEntry(entry_path(first.name), kind, size, size, target)
    found.append(TocEntry(entry, tuple(_chunks(parts, offsets, end)) if size else ()))


def _chunks(parts: list[_Item], offsets: list[int], end: int) -> list[Chunk]:
    """Return the chunks of a file, which must cover it; raises TocError."""
    size, at = parts[0].size, 0
    chunks: list[Chunk] = []
    for item in parts:
        length = item.chunk_size or size - at
        digest = item.chunk_digest or (item.digest if length == size else "")
        if item.chunk_offset != at or not 0 < length <= size - at or item.offset >= end:
            raise TocError("the chunks of a file do not make up the file")
        stop = offsets[bisect_right(offsets, item.offset)]
        is_zeros = item.chunk_type == "zeros"
        if not is_zeros and not _SHA256.match(digest):
            raise TocError("a chunk has no digest")
        chunks.append(Chunk(range(item.offset, stop), item.inner_offset, at, length, "" if is_zeros else digest))
        at += length
    if at != size:
        raise TocError("the chunks of a file do not make up the file")
    return chunks


def chunk_content(chunk: Chunk, data: bytes, form: str) -> bytes:
    """Return the content of a chunk from the bytes of its span; raises TocError if it does not match its digest."""
    most = chunk.inside + chunk.size
    if most > _LARGEST_CHUNK:
        raise TocError(f"a chunk has {most:,} bytes")
    content = (_gunzip(data, most) if form == "estargz" else _unzstd(data, most))[chunk.inside :]
    _check(content, chunk.digest)
    return content


def _check(data: bytes, digest: str) -> None:
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
        raise TocError("it does not match its digest")


def _gunzip(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(data, most)
    except zlib.error as error:
        raise TocError(str(error)) from error


def _unzstd(data: bytes, most: int) -> bytes:
    try:
        from zstandard import ZstdDecompressor, ZstdError
    except ImportError:
        raise BadInput(
            "a layer is compressed with zstd", hint='install the extra that reads it: pip install "deadweight[images]"'
        ) from None
    try:
        with ZstdDecompressor().stream_reader(io.BytesIO(data)) as reader:
            return reader.read(most)
    except ZstdError as error:
        raise TocError(str(error)) from error


class _Blocks:
    """Bytes that are read from the front."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def read(self, length: int) -> bytes:
        data = self._data[self._at : self._at + length]
        self._at += len(data)
        return data

    def skip(self, length: int) -> int:
        return len(self.read(length))
