"""The last bytes of a zip archive → the span of its central directory; the directory → its members.

source: APPNOTE.TXT 4.3 (records), 4.4.1.4 and 4.5.3 (zip64)

Features that no wheel needs are refused, because two readers of such an archive may see different files: data before
the archive, several disks, encryption, overlapping entries. Symbolic links count as files, as they do for installers,
which write the target as the content of the file.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from msgspec import Struct

from deadweight.errors import MalformedArchive

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 0xFFFF
TAIL_BYTES = _END.size + _LONGEST_COMMENT + _LOCATOR.size + _END_64.size
MOST_DIRECTORY_BYTES = 1 << 28
MOST_ENTRIES = 1_000_000
_STORED, _DEFLATED, _ZSTD = 0, 8, 93
# The highest ratio of each method: deflate per zlib's technical notes, zstd by 128 KiB blocks in 4 bytes (RFC 8878).
_BEST_RATIO = {_STORED: 1, _DEFLATED: 1032, _ZSTD: 1 << 15}
_LOCAL_SLACK = 1024  # bytes of extra fields in a local header; the directory does not give their length
_UTF_8 = 1 << 11
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_IN_ZIP64_16, _IN_ZIP64_32 = 0xFFFF, 0xFFFFFFFF  # mean that the value is in a zip64 record (4.4.1.4)
_IN_ZIP64 = (_IN_ZIP64_16,) * 4 + (_IN_ZIP64_32,) * 2


class Member(NamedTuple):
    """One file of an archive: sizes in bytes, ``offset`` of its local header, ``mode`` as in st_mode (0 if unknown)."""

    path: str
    size: int
    compressed: int
    method: int
    offset: int
    crc: int
    mode: int


_offset = itemgetter(Member._fields.index("offset"))


class Directory(Struct, frozen=True):
    """The span of a central directory, in bytes from the start of the archive, and the number of its entries."""

    span: range
    entries: int


class MoreBytes(Exception):
    """A member needs more bytes because its local header is longer than expected."""

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed


def directory_span(tail: bytes, archive_size: int, *, filename: str) -> Directory:
    """Return the span of the central directory and the number of its entries.

    tail:   the archive's last bytes; TAIL_BYTES are always enough
    raises: MalformedArchive
    """
    start = archive_size - len(tail)
    at = _end_record(tail, filename)
    end, fields = start + at, _END.unpack_from(tail, at)[1:7]
    # A zip64 record counts even if the end record is complete, because other readers use it.
    zip64 = _zip64(tail, start, at, filename)
    if zip64 is not None:
        entries, size, offset, end = zip64
        expected = (0, 0, entries, entries, size, offset)
        if any(value not in pair for value, pair in zip(fields, zip(expected, _IN_ZIP64, strict=True), strict=True)):
            raise MalformedArchive(filename, "the zip and zip64 end records contradict each other")
        fields = expected
    disk, first_disk, disk_entries, entries, size, offset = fields
    if disk or first_disk or disk_entries != entries:
        raise MalformedArchive(filename, "the zip archive spans several disks")
    if entries > MOST_ENTRIES or size > MOST_DIRECTORY_BYTES:
        reason = f"the central directory is too large for a wheel: {entries:,} entries in {size:,} bytes"
        raise MalformedArchive(filename, reason)
    if offset + size != end:
        raise MalformedArchive(filename, "the central directory does not end at the end record")
    return Directory(range(offset, offset + size), entries)


def _end_record(tail: bytes, filename: str) -> int:
    """Return the offset in ``tail`` of the end record, the one whose comment ends with the archive."""
    before = len(tail)
    while (at := tail.rfind(b"PK\5\6", 0, before)) >= 0:
        if at + _END.size <= len(tail) and at + _END.size + _END.unpack_from(tail, at)[7] == len(tail):
            return at
        before = at
    raise MalformedArchive(filename, "not a zip archive, or truncated: no end record")


def _zip64(tail: bytes, start: int, at: int, filename: str) -> tuple[int, int, int, int] | None:
    """Return (entries, size, offset and end of the directory); None without a zip64 locator."""
    locator = at - _LOCATOR.size
    if locator < 0 or tail[locator : locator + 4] != b"PK\6\7":
        return None
    _, disk, offset, disks = _LOCATOR.unpack_from(tail, locator)
    inside = offset - start
    if disk or disks > 1 or inside < 0 or inside + _END_64.size > locator or tail[inside : inside + 4] != b"PK\6\6":
        raise MalformedArchive(filename, "the zip64 locator does not point to a zip64 end record")
    _, length, _, _, disk, first_disk, disk_entries, entries, size, first = _END_64.unpack_from(tail, inside)
    if disk or first_disk or disk_entries != entries or inside + 12 + length != locator:
        raise MalformedArchive(filename, "the zip64 end record contradicts itself")
    return entries, size, first, offset


def read_directory(data: bytes, directory: Directory, archive_size: int, *, filename: str) -> tuple[Member, ...]:
    """Return the files in a central directory, in its order; directories are checked and left out.

    data:   the bytes of ``directory.span``
    raises: MalformedArchive
    """
    members: list[Member] = []
    at, header, unpack = 0, _ENTRY.size, _ENTRY.unpack_from
    for _ in range(directory.entries):
        if len(data) - at < header:
            raise MalformedArchive(filename, "the central directory is truncated")
        (signature, made_by, _, flags, method, _, _, crc, compressed, size, name_length, extra_length, comment_length,
         disk, _, attributes, offset) = unpack(data, at)  # fmt: skip
        name = at + header
        extra = name + name_length
        at = extra + extra_length + comment_length
        if signature != b"PK\1\2" or at > len(data) or disk not in (0, _IN_ZIP64_16):
            raise MalformedArchive(filename, "the central directory is invalid, truncated, or spans several disks")
        if _IN_ZIP64_32 in (size, compressed, offset):
            fields = data[extra : extra + extra_length]
            size, compressed, offset = _zip64_extra(fields, size, compressed, offset, filename)
        path = _decoded(data[name:extra], flags, filename)
        if flags & _ENCRYPTED:
            raise MalformedArchive(filename, f"member {_shown(path)} is encrypted")
        _check_sizes(path, method, size, compressed, filename)
        mode = attributes >> 16 if made_by >> 8 == 3 else 0
        members.append(Member(path, size, compressed, method, offset, crc, mode))
    if at != len(data):
        raise MalformedArchive(filename, "the central directory has more bytes than its entries")
    _check_overlaps(members, directory.span.start, filename)
    once = _each_once(members, filename)
    _check_directories(once, filename)
    return tuple(member for path, member in once.items() if path[-1] != "/")


def _zip64_extra(extra: bytes, size: int, compressed: int, offset: int, filename: str) -> tuple[int, int, int]:
    """Return the three fields, taking those that do not fit into 32 bits from the zip64 extra field (4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            data = extra[at + 4 : at + 4 + length]
            values = (value for (value,) in struct.iter_unpack("<Q", data[: len(data) // 8 * 8]))
            fields = [next(values, -1) if field == _IN_ZIP64_32 else field for field in (size, compressed, offset)]
            if -1 in fields or len(data) < length:
                break
            return fields[0], fields[1], fields[2]
        at += 4 + length
    raise MalformedArchive(filename, "a zip64 entry lacks its sizes")


def _decoded(name: bytes, flags: int, filename: str) -> str:
    try:
        # 4.4.4: a name without the UTF-8 flag is cp437. The two agree on ASCII.
        path = name.decode("utf-8" if flags & _UTF_8 or name.isascii() else "cp437")
    except UnicodeDecodeError:
        raise MalformedArchive(filename, f"member {_shown(name)} is marked as UTF-8 but is not valid UTF-8") from None
    if _is_unsafe(path):
        raise MalformedArchive(filename, f"member {_shown(path)} has an unsafe path")
    return path


def _is_unsafe(path: str) -> bool:
    if path[:1] in ("", "/") or path[1:2] == ":" or "//" in path or "\\" in path or "\0" in path:
        return True
    return (path[0] == "." or "/." in path) and not {".", ".."}.isdisjoint(path.split("/"))


def _shown(name: str | bytes) -> str:
    return repr(name[:200])  # a name may have 65,535 bytes


def _check_sizes(path: str, method: int, size: int, compressed: int, filename: str) -> None:
    if method not in _BEST_RATIO:
        raise MalformedArchive(filename, f"member {_shown(path)} uses the unsupported compression method {method}")
    if (method == _STORED and size != compressed) or size > compressed * _BEST_RATIO[method] + 64:
        reason = f"member {_shown(path)} claims {size:,} bytes, but only {compressed:,} compressed bytes are stored"
        raise MalformedArchive(filename, reason)


def _check_overlaps(members: list[Member], end: int, filename: str) -> None:
    """Refuse entries that share bytes, as zip bombs do; source: D. Fifield, WOOT 2019."""
    above = 0
    for member in sorted(members, key=_offset):
        if member.offset < above:
            raise MalformedArchive(filename, f"member {_shown(member.path)} overlaps another one")
        above = member.offset + _LOCAL.size + len(member.path) + member.compressed
    if above > end:
        raise MalformedArchive(filename, "a member extends beyond the end of the archive")


def _each_once(members: list[Member], filename: str) -> dict[str, Member]:
    """Return path → member; two members with one path must be equal in size and checksum."""
    by_path: dict[str, Member] = {}
    for member in members:
        known = by_path.setdefault(member.path, member)
        if known is not member and (known.size, known.crc) != (member.size, member.crc):
            raise MalformedArchive(filename, f"member {_shown(member.path)} occurs twice with different contents")
    return by_path


def _check_directories(paths: Iterable[str], filename: str) -> None:
    """Refuse a path that is both a file and a directory."""
    # NUL sorts before all other characters, so the contents of a directory directly follow its name. A set of all
    # directories would be simpler, but a path of 40 kB, "a/a/a/…", would fill 400 MB of it.
    for path, following in pairwise(sorted(path.replace("/", "\0") for path in paths)):
        if path[-1] != "\0" and following.startswith(path) and following[len(path)] == "\0":
            shown = _shown(path.replace("\0", "/"))
            raise MalformedArchive(filename, f"member {shown} is both a file and a directory")


def member_span(member: Member, archive_size: int) -> range:
    """Return the span of a member's local header and data, with room for extra fields."""
    length = _LOCAL.size + len(member.path.encode("utf-8")) + _LOCAL_SLACK + member.compressed
    return range(member.offset, min(archive_size, member.offset + length))


def read_member(data: bytes, member: Member, *, limit: int, filename: str, last: bool = False) -> bytes:
    """Return a member's first ``limit`` bytes; if that is all of it, check the CRC.

    data:   the archive from the member's local header on
    last:   whether the archive has no more bytes than ``data``
    raises: MalformedArchive; MoreBytes if ``data`` ends too early and ``last`` is false
    """
    if len(data) < _LOCAL.size or data[:4] != b"PK\3\4":
        reason = f"member {_shown(member.path)} does not start at the offset that the directory gives"
        raise MalformedArchive(filename, reason)
    name_length, extra_length = _LOCAL.unpack_from(data)[9:11]
    start = _LOCAL.size + name_length + extra_length
    if len(data) < start + member.compressed:
        if last:
            raise MalformedArchive(filename, f"member {_shown(member.path)} extends beyond the end of the archive")
        raise MoreBytes(start + member.compressed)
    name = data[_LOCAL.size : _LOCAL.size + name_length]
    if name != member.path.encode("utf-8") and name.decode("cp437") != member.path:
        reason = f"member {_shown(member.path)} has a different name in its local header"
        raise MalformedArchive(filename, reason)
    packed = data[start : start + member.compressed]
    most = min(limit, member.size)
    # Reading one byte more than the directory gives detects a member that is longer.
    content = packed[: most + 1] if member.method == _STORED else _inflated(packed, most + 1, member, filename)
    whole = most == member.size
    if len(content) < most or (whole and (len(content) > most or zlib.crc32(content) != member.crc)):
        reason = f"member {_shown(member.path)} does not match the size or CRC in the directory"
        raise MalformedArchive(filename, reason)
    return content[:most]


def _inflated(packed: bytes, most: int, member: Member, filename: str) -> bytes:
    if member.method == _ZSTD:
        return _unzstd(packed, most, member, filename)
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    except zlib.error as error:
        reason = f"cannot decompress member {_shown(member.path)}: {error}"
        raise MalformedArchive(filename, reason) from error


def _unzstd(packed: bytes, most: int, member: Member, filename: str) -> bytes:
    try:
        from zstandard import ZstdDecompressor, ZstdError
    except ImportError:
        reason = f"member {_shown(member.path)} is compressed with zstd; install deadweight[images] to read it"
        raise MalformedArchive(filename, reason) from None
    try:
        with ZstdDecompressor().stream_reader(packed) as reader:
            return reader.read(most)
    except ZstdError as error:
        reason = f"cannot decompress member {_shown(member.path)}: {error}"
        raise MalformedArchive(filename, reason) from error
