"""A layer with a table of contents → its entries, from a few ranges of its bytes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.binaries.elf import ReadAt
from deadweight.formats.binaries.native import HEAD_BYTES, may_be_native
from deadweight.formats.images.toc import (
    FOOTER_BYTES,
    LARGEST,
    Chunk,
    TocEntry,
    TocError,
    TocReference,
    chunk_content,
    stargz_span,
    toc_entries,
    toc_text,
)
from deadweight.sources.images.layers import Room, holds_nothing, kept_bytes, kept_entry, may_be_started
from deadweight.sources.system.threads import in_parallel

SMALLEST = 1 << 20  # bytes of a layer; one request for a smaller layer takes less time than several
_WORTHWHILE = 0.25  # of the layer; if more is needed, reading all of it takes less time
_GAP = 1 << 15  # bytes between two chunks that are fetched too, rather than with another request
_LARGEST_SPAN = 1 << 22
_WHOLE_CODE = 1 << 18  # bytes of a compressed library that is fetched whole, since its parts are anywhere in it

FetchSpan = Callable[[range], bytes]


class _Wanted(NamedTuple):
    """A file whose content is needed: its number among the entries, and the chunks to fetch at once."""

    number: int
    file: TocEntry
    chunks: tuple[Chunk, ...]


def partial_entries(fetch: FetchSpan, size: int, reference: TocReference, room: Room) -> list[TarEntry] | None:
    """Return the entries of a layer, None if reading all of it takes less time.

    fetch: returns bytes of the layer; threads may call it at once
    size:  bytes of the layer
    raises: TocError if the table or what it points to is not as its digest says; FetchFailed, TooMuch
    """
    if size < SMALLEST:
        return None
    span = reference.span or stargz_span(fetch(range(size - FOOTER_BYTES, size)), size)
    if span.stop > size or len(span) > LARGEST:
        raise TocError("it is not in the layer")
    text = toc_text(fetch(span), reference)
    room.take(entries=text.count(b"{"))  # each may become an entry of several hundred bytes
    listed = toc_entries(text, reference, span.start)
    wanted = [_wanted(number, each) for number, each in enumerate(listed) if _is_wanted(each.entry)]
    batches = _batches(wanted)
    if sum(_length(batch) for batch in batches) > size * _WORTHWHILE:
        return None
    entries = [each.entry for each in listed]
    for _, done in in_parallel(partial(_read, fetch, reference.form, room), batches):
        for number, entry in done.result():
            entries[number] = entry
    return entries


def _is_wanted(entry: TarEntry) -> bool:
    path = entry.path
    if not entry.size or holds_nothing(path):
        return False
    return bool(kept_bytes(path)) or may_be_native(path, entry.size) or may_be_started(path)


def _wanted(number: int, file: TocEntry) -> _Wanted:
    upto = kept_bytes(file.entry.path) or HEAD_BYTES
    chunks = [chunk for chunk in file.chunks if chunk.start < upto]
    if ".so" in file.entry.path and file.chunks[-1].span.stop - file.chunks[0].span.start <= _WHOLE_CODE:
        chunks = list(file.chunks)
    return _Wanted(number, file, tuple(chunks))


def _span_of(chunks: Sequence[Chunk]) -> range:
    return range(min(chunk.span.start for chunk in chunks), max(chunk.span.stop for chunk in chunks))


def _length(batch: Sequence[_Wanted]) -> int:
    return len(_span_of([chunk for each in batch for chunk in each.chunks]))


def _batches(wanted: Sequence[_Wanted]) -> list[list[_Wanted]]:
    """Return the files in groups, each for one request: their chunks are near each other."""
    batches: list[list[_Wanted]] = []
    start = stop = 0
    for each in sorted(wanted, key=lambda each: each.chunks[0].span.start):
        span = _span_of(each.chunks)
        if batches and span.start <= stop + _GAP and max(stop, span.stop) - start <= _LARGEST_SPAN:
            batches[-1].append(each)
            stop = max(stop, span.stop)
        else:
            batches.append([each])
            start, stop = span.start, span.stop
    return batches


def _read(fetch: FetchSpan, form: str, room: Room, batch: list[_Wanted]) -> list[tuple[int, TarEntry]]:
    """Return the number and the entry of each file, with its content as far as later stages read it."""
    span = _span_of([chunk for each in batch for chunk in each.chunks])
    data = fetch(span)

    def part(wanted: range) -> bytes:
        if span.start <= wanted.start and wanted.stop <= span.stop:
            return data[wanted.start - span.start : wanted.stop - span.start]
        return fetch(wanted)

    return [(each.number, _entry(_Content(each.file, partial(_chunk, part, form, room)), room)) for each in batch]


def _chunk(part: FetchSpan, form: str, room: Room, chunk: Chunk) -> bytes:
    data = part(chunk.span)
    room.allowance.spend(len(data), chunk.inside + chunk.size)
    return chunk_content(chunk, data, form)


def _entry(content: _Content, room: Room) -> TarEntry:
    entry = kept_entry(content.entry, content, room)
    if entry.code is None:
        return entry
    code = entry.code()
    return entry._replace(code=lambda: code)


class _Content:
    """The content of a file, of which only the needed chunks are fetched; read like a member of an archive."""

    def __init__(self, file: TocEntry, fetch: Callable[[Chunk], bytes]) -> None:
        self.entry, self._chunks, self._fetch = file.entry, file.chunks, fetch
        self._starts = [chunk.start for chunk in file.chunks]
        self._at = 0
        self._latest: tuple[Chunk, bytes] | None = None

    def read(self, length: int) -> bytes:
        data = self.read_at(self._at, length)
        self._at += len(data)
        return data

    def skip(self, length: int) -> int:
        self._at += length
        return length

    def stored(self, length: int, read: int = 0) -> ReadAt:
        """Return random access to the file."""
        return self.read_at

    def read_at(self, offset: int, length: int) -> bytes:
        """Return bytes from ``offset`` on, fewer at the end."""
        stop = min(offset + length, self.entry.size)
        parts: list[bytes] = []
        while offset < stop:
            chunk = self._chunks[bisect_right(self._starts, offset) - 1]
            end = min(stop, chunk.start + chunk.size)
            parts.append(self._part(chunk, offset - chunk.start, end - chunk.start))
            offset = end
        return b"".join(parts)

    def _part(self, chunk: Chunk, start: int, stop: int) -> bytes:
        if not chunk.digest:
            return bytes(stop - start)
        if self._latest is None or self._latest[0] != chunk:
            self._latest = chunk, self._fetch(chunk)
        return self._latest[1][start:stop]
