"""A few ranges of an ELF file → the libraries it needs, its soname and its build ID.

This uses struct instead of pyelftools, because an image holds thousands of such files and pyelftools takes a
millisecond for each. A test compares the two.
source: System V ABI, chapters 4 and 5; the build ID is the GNU note of type 3
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from deadweight.model import Linking

ReadAt = Callable[[int, int], bytes]  # (offset, length) → bytes, fewer at the end; LookupError if they are unavailable

HEADER_BYTES = 1024  # enough for the header and the program headers of nearly all files
_LOAD, _DYNAMIC, _NOTE = 1, 2, 4
_NAME = 0  # marks a name in the queue; no segment to read has this type
_NEEDED, _STRTAB, _SONAME = 1, 5, 14
_GNU_BUILD_ID = 3
_MOST_SEGMENTS = 128
_MOST_DYNAMIC = 1 << 16
_MOST_NEEDED = 512
_LONGEST_NAME = 256
_LARGEST_NOTE = 1 << 12


class _Layout(NamedTuple):
    """The struct formats and offsets for a class (32 or 64 bits) and byte order."""

    header: str  # of e_phoff, at ``header_at``
    header_at: int
    counts_at: int  # of e_phentsize and e_phnum
    segment: str
    dynamic: str
    order: str


def linking(read_at: ReadAt) -> Linking | None:
    """Return what a file of native code tells the loader; None if it is not an ELF file or is malformed.

    A file without a dynamic segment (static, or a relocatable object) needs nothing.
    """
    try:
        return _linking(read_at)
    except (struct.error, LookupError, OverflowError, ValueError):
        return None


def _linking(read_at: ReadAt) -> Linking | None:
    head = read_at(0, HEADER_BYTES)
    layout = _layout(head)
    if layout is None:
        return None
    segments = list(_segments(head, layout, read_at))
    build_id, names = "", []
    # Read in the order of offsets, because a stream cannot go back and patchelf may put each of these anywhere.
    pending = [(s.offset, s.kind, 0, s.size) for s in segments if s.kind in (_DYNAMIC, _NOTE)]
    heapify(pending)
    while pending:
        offset, kind, tag, size = heappop(pending)
        if kind == _NOTE:
            build_id = build_id or _build_id(read_at, offset, size, layout.order)
        elif kind == _NAME:
            names.append((size, tag, _name(read_at, offset)))
        else:
            for each in _names(read_at(offset, min(size, _MOST_DYNAMIC)), layout, segments):
                heappush(pending, each)
    names.sort()
    return Linking(
        needed=tuple(name for _, tag, name in names if tag == _NEEDED and name),
        soname=next((name for _, tag, name in names if tag == _SONAME), ""),
        build_id=build_id,
    )


def _names(dynamic: bytes, layout: _Layout, segments: list[_Segment]) -> Iterator[tuple[int, int, int, int]]:
    """Yield (offset, _NAME, tag, number) for each name that a dynamic segment points to."""
    tags = list(_tags(dynamic, layout))
    names = [(tag, value) for tag, value in tags if tag in (_NEEDED, _SONAME)][:_MOST_NEEDED]
    strings = _offset_of(next((value for tag, value in tags if tag == _STRTAB), None), segments)
    if names and strings is None:
        raise ValueError("the string table is in no segment")
    for number, (tag, value) in enumerate(names):
        yield (strings or 0) + value, _NAME, tag, number


def _layout(head: bytes) -> _Layout | None:
    if head[:4] != b"\x7fELF" or len(head) < 52:
        return None
    order = {1: "<", 2: ">"}.get(head[5])
    if order is None or head[4] not in (1, 2):
        return None
    if head[4] == 2:
        return _Layout(order + "Q", 32, 54, order + "IIQQQQQQ", order + "qQ", order)
    return _Layout(order + "I", 28, 42, order + "IIIIIIII", order + "iI", order)


class _Segment(NamedTuple):
    kind: int
    offset: int  # in the file
    address: int  # in memory
    size: int  # in the file


def _segments(head: bytes, layout: _Layout, read_at: ReadAt) -> Iterator[_Segment]:
    (at,) = struct.unpack_from(layout.header, head, layout.header_at)
    stride, count = struct.unpack_from(layout.order + "HH", head, layout.counts_at)
    wide = struct.calcsize(layout.segment)
    if stride < wide or count > _MOST_SEGMENTS:
        raise ValueError("unsupported program headers")
    table = head[at : at + stride * count] if at + stride * count <= len(head) else read_at(at, stride * count)
    for number in range(count):
        fields = struct.unpack_from(layout.segment, table, number * stride)
        if layout.segment.endswith("QQQQQQ"):
            kind, _, offset, address, _, size, _, _ = fields
        else:
            kind, offset, address, _, size, _, _, _ = fields
        yield _Segment(kind, offset, address, size)


def _tags(data: bytes, layout: _Layout) -> Iterator[tuple[int, int]]:
    whole = len(data) - len(data) % struct.calcsize(layout.dynamic)
    for tag, value in struct.iter_unpack(layout.dynamic, data[:whole]):
        if tag == 0:
            return
        yield tag, value


def _offset_of(address: int | None, segments: list[_Segment]) -> int | None:
    """Return the offset in the file of an address in memory."""
    for segment in segments:
        if address is not None and segment.kind == _LOAD and 0 <= address - segment.address < segment.size:
            return address - segment.address + segment.offset
    return None


def _name(read_at: ReadAt, offset: int) -> str:
    return read_at(offset, _LONGEST_NAME).partition(b"\0")[0].decode("utf-8", "replace")


def _build_id(read_at: ReadAt, offset: int, size: int, order: str) -> str:
    """Return the build ID from a segment's notes as hexadecimal digits; "" if it is missing or unreadable."""
    try:
        data = read_at(offset, min(size, _LARGEST_NOTE))
    except LookupError:
        return ""
    at = 0
    while at + 12 <= len(data):
        name_size, size, kind = struct.unpack_from(order + "III", data, at)
        start = at + 12 + -(-name_size // 4) * 4
        if kind == _GNU_BUILD_ID and data[at + 12 : at + 16] == b"GNU\0":
            return data[start : start + size].hex()
        at = start + -(-size // 4) * 4
    return ""
