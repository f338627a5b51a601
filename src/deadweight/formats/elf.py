"""An ELF file, read here and there → what it needs at run time, its own name, and the mark of its build.

Some hundred lines of struct rather than pyelftools: an image holds thousands of such files, and that library takes a
millisecond for each. A test holds the two to each other.
source: System V ABI, chapters 4 and 5; for the build-id, the GNU note of type 3
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from deadweight.model import Linking

ReadAt = Callable[[int, int], bytes]  # (offset, length) → bytes, fewer at the end; LookupError where it cannot be had

HEADER_BYTES = 1024  # hold the header and the program headers of nearly all files
_LOAD, _DYNAMIC, _NOTE = 1, 2, 4
_NEEDED, _STRTAB, _SONAME = 1, 5, 14
_GNU_BUILD_ID = 3
_MOST_SEGMENTS = 128
_MOST_DYNAMIC = 1 << 16
_MOST_NEEDED = 512
_LONGEST_NAME = 256
_LARGEST_NOTE = 1 << 12


class _Layout(NamedTuple):
    """The shapes of a class (32 or 64 bits) and byte order."""

    header: str  # e_phoff at its offset 0
    header_at: int
    counts_at: int  # of e_phentsize, e_phnum
    segment: str
    dynamic: str
    order: str


def linking(read_at: ReadAt) -> Linking | None:
    """Return what a file of native code tells the loader; None where it is no ELF file or is broken.

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
    build_id = next(filter(None, (_build_id(read_at, s, layout.order) for s in segments if s.kind == _NOTE)), "")
    dynamic = next((s for s in segments if s.kind == _DYNAMIC), None)
    if dynamic is None:
        return Linking(build_id=build_id)
    tags = list(_tags(read_at(dynamic.offset, min(dynamic.size, _MOST_DYNAMIC)), layout))
    strings = _offset_of(next((value for tag, value in tags if tag == _STRTAB), None), segments)
    names = [(tag, value) for tag, value in tags if tag in (_NEEDED, _SONAME)][:_MOST_NEEDED]
    if not names:
        return Linking(build_id=build_id)
    if strings is None:
        return None
    found = [(tag, _name(read_at, strings + value)) for tag, value in names]
    return Linking(
        needed=tuple(name for tag, name in found if tag == _NEEDED and name),
        soname=next((name for tag, name in found if tag == _SONAME), ""),
        build_id=build_id,
    )


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
        raise ValueError("program headers of no known shape")
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
    """Return where in the file lies what is at an address in memory."""
    for segment in segments:
        if address is not None and segment.kind == _LOAD and 0 <= address - segment.address < segment.size:
            return address - segment.address + segment.offset
    return None


def _name(read_at: ReadAt, offset: int) -> str:
    return read_at(offset, _LONGEST_NAME).partition(b"\0")[0].decode("utf-8", "replace")


def _build_id(read_at: ReadAt, segment: _Segment, order: str) -> str:
    """Return the build-id among a segment's notes, as hexadecimal digits; "" where there is none."""
    data = read_at(segment.offset, min(segment.size, _LARGEST_NOTE))
    at = 0
    while at + 12 <= len(data):
        name_size, size, kind = struct.unpack_from(order + "III", data, at)
        start = at + 12 + -(-name_size // 4) * 4
        if kind == _GNU_BUILD_ID and data[at + 12 : at + 16] == b"GNU\0":
            return data[start : start + size].hex()
        at = start + -(-size // 4) * 4
    return ""
