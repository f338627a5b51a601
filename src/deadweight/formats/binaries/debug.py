"""A few ranges of an ELF file → the bytes of its debug symbols.

source: System V ABI, chapter 4 (section headers); DWARF 5, 7.3 (names of sections)
"""

from __future__ import annotations

import struct

from deadweight.formats.binaries.elf import HEADER_BYTES, ReadAt

_COMPRESSED_TOO = (b".debug_", b".zdebug_", b".gnu.debuglto_", b".stab", b".gdb_index")
_IN_MEMORY = 2  # SHF_ALLOC: the loader needs it
_EMPTY = 8  # SHT_NOBITS: it has no bytes in the file
_MOST_SECTIONS = 1 << 14
_LONGEST_NAMES = 1 << 20
_SHORTEST_HEADERS = {1: 40, 2: 64}


def debug_bytes(read_at: ReadAt) -> int | None:
    """Return the bytes of the sections that ``strip --strip-debug`` removes; None for no ELF file or a malformed one.

    It also removes some symbols of local variables and files, which are not counted.
    """
    try:
        return _debug_bytes(read_at)
    except (struct.error, LookupError, OverflowError, ValueError):
        return None


def _debug_bytes(read_at: ReadAt) -> int | None:
    head = read_at(0, HEADER_BYTES)
    bits, order = (head[4], {1: "<", 2: ">"}.get(head[5])) if len(head) >= 52 else (0, None)
    if head[:4] != b"\x7fELF" or order is None or bits not in _SHORTEST_HEADERS:
        return None
    (start,) = struct.unpack_from(order + ("Q" if bits == 2 else "I"), head, 40 if bits == 2 else 32)
    stride, count, names_index = struct.unpack_from(order + "HHH", head, 58 if bits == 2 else 46)
    if not start or not count:
        return 0
    if stride < _SHORTEST_HEADERS[bits] or count > _MOST_SECTIONS or names_index >= count:
        raise ValueError("unsupported section headers")
    table = read_at(start, stride * count)
    layout = order + ("IIQQQQ" if bits == 2 else "IIIIII")  # name, type, flags, address, offset, size
    sections: list[tuple[int, ...]] = [struct.unpack_from(layout, table, number * stride) for number in range(count)]
    _, _, _, _, at, length = sections[names_index]
    names = read_at(at, min(length, _LONGEST_NAMES))
    return sum(
        size
        for name, kind, flags, _, _, size in sections
        if names.startswith(_COMPRESSED_TOO, name) and kind != _EMPTY and not flags & _IN_MEMORY
    )
