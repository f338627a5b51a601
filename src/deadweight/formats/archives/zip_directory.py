"""The last bytes of a zip archive → where its central directory lies; the directory → its members.

source: APPNOTE.TXT 4.3 (the records), 4.4.1.4 and 4.5.3 (zip64). What no wheel needs is refused, since two readers of
such an archive may see two different things: data before the archive, several disks, encryption, overlapping entries.
Symbolic links are files here, as they are to installers, which write the link's target as the file's content.
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
# What each method can reach: deflate by zlib's technical notes; zstd by blocks of 128 KiB in 4 bytes (RFC 8878).
_BEST_RATIO = {_STORED: 1, _DEFLATED: 1032, _ZSTD: 1 << 15}
_LOCAL_SLACK = 1024  # of extra fields in a local header, which the directory does not tell
_UTF_8 = 1 << 11
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_IN_ZIP64_16, _IN_ZIP64_32 = 0xFFFF, 0xFFFFFFFF  # what stands where the value is in a zip64 record (4.4.1.4)
_IN_ZIP64 = (_IN_ZIP64_16,) * 4 + (_IN_ZIP64_32,) * 2


class Member(NamedTuple):
    """One file of an archive: sizes in bytes, ``offset`` of its local header, ``mode`` as st_mode (0 if not told)."""

    path: str
    size: int
    compressed: int
    method: int
    offset: int
    crc: int
    mode: int


_offset = itemgetter(Member._fields.index("offset"))


class Directory(Struct, frozen=True):
    """Where a central directory lies, in bytes from the start of the archive, and how many entries it is to have."""

    span: range
    entries: int


class MoreBytes(Exception):
    """A member's local header is longer than was thought."""

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed


def directory_span(tail: bytes, archive_size: int, *, filename: str) -> Directory:
    """Return where the central directory lies.

    tail:   the archive's last bytes; TAIL_BYTES are always enough
    raises: MalformedArchive
    """
    start = archive_size - len(tail)
    at = _end_record(tail, filename)
    end, told = start + at, _END.unpack_from(tail, at)[1:7]
    # Where a locator stands, it counts even if the end record says everything: other readers go by it.
    found = _zip64(tail, start, at, filename)
    if found is not None:
        entries, size, offset, end = found
        true = (0, 0, entries, entries, size, offset)
        if any(value not in pair for value, pair in zip(told, zip(true, _IN_ZIP64, strict=True), strict=True)):
            raise MalformedArchive(filename, "its two end records contradict each other")
        told = true
    disk, first_disk, here, entries, size, offset = told
    if disk or first_disk or here != entries:
        raise MalformedArchive(filename, "a zip archive over several disks")
    if entries > MOST_ENTRIES or size > MOST_DIRECTORY_BYTES:
        raise MalformedArchive(filename, f"a directory of {entries:,} entries and {size:,} bytes; that is no wheel")
    if offset + size != end:
        raise MalformedArchive(filename, "its directory does not end where its end record begins")
    return Directory(range(offset, offset + size), entries)


def _end_record(tail: bytes, filename: str) -> int:
    """Return where the end record starts in ``tail``: the one whose comment ends with the archive."""
    before = len(tail)
    while (at := tail.rfind(b"PK\5\6", 0, before)) >= 0:
        if at + _END.size <= len(tail) and at + _END.size + _END.unpack_from(tail, at)[7] == len(tail):
            return at
        before = at
    raise MalformedArchive(filename, "no zip archive, or one that was cut short: it has no end record")


def _zip64(tail: bytes, start: int, at: int, filename: str) -> tuple[int, int, int, int] | None:
    """Return (entries, bytes and offset of the directory, where it ends); None where nothing speaks of zip64."""
    locator = at - _LOCATOR.size
    if locator < 0 or tail[locator : locator + 4] != b"PK\6\7":
        return None
    _, disk, offset, disks = _LOCATOR.unpack_from(tail, locator)
    inside = offset - start
    if disk or disks > 1 or inside < 0 or inside + _END_64.size > locator or tail[inside : inside + 4] != b"PK\6\6":
        raise MalformedArchive(filename, "its zip64 end record is not where it says")
    _, length, _, _, disk, first_disk, here, entries, size, first = _END_64.unpack_from(tail, inside)
    if disk or first_disk or here != entries or inside + 12 + length != locator:
        raise MalformedArchive(filename, "its zip64 end record contradicts itself")
    return entries, size, first, offset


def read_directory(data: bytes, directory: Directory, archive_size: int, *, filename: str) -> tuple[Member, ...]:
    """Return the files that a central directory names, in its order; folders are checked, and left out.

    data:   the bytes of ``directory.span``
    raises: MalformedArchive
    """
    members: list[Member] = []
    at, header, unpack = 0, _ENTRY.size, _ENTRY.unpack_from
    for _ in range(directory.entries):
        if len(data) - at < header:
            raise MalformedArchive(filename, "its directory is cut short")
        (signature, made_by, _, flags, method, _, _, crc, compressed, size, name_length, extra_length, comment_length,
         disk, _, attributes, offset) = unpack(data, at)  # fmt: skip
        name = at + header
        extra = name + name_length
        at = extra + extra_length + comment_length
        if signature != b"PK\1\2" or at > len(data) or disk not in (0, _IN_ZIP64_16):
            raise MalformedArchive(filename, "its directory is cut short, spans several disks, or is no directory")
        if _IN_ZIP64_32 in (size, compressed, offset):
            told = data[extra : extra + extra_length]
            size, compressed, offset = _zip64_extra(told, size, compressed, offset, filename)
        path = _decoded(data[name:extra], flags, filename)
        if flags & _ENCRYPTED:
            raise MalformedArchive(filename, f"{_shown(path)} in it is encrypted")
        _check_sizes(path, method, size, compressed, filename)
        mode = attributes >> 16 if made_by >> 8 == 3 else 0
        members.append(Member(path, size, compressed, method, offset, crc, mode))
    if at != len(data):
        raise MalformedArchive(filename, "its directory has more in it than it says")
    _check_overlaps(members, directory.span.start, filename)
    once = _each_once(members, filename)
    _check_folders(once, filename)
    return tuple(member for path, member in once.items() if path[-1] != "/")


def _zip64_extra(extra: bytes, size: int, compressed: int, offset: int, filename: str) -> tuple[int, int, int]:
    """Return the fields with those in place that did not fit into 32 bits (4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            told = extra[at + 4 : at + 4 + length]
            values = (value for (value,) in struct.iter_unpack("<Q", told[: len(told) // 8 * 8]))
            fields = [next(values, -1) if field == _IN_ZIP64_32 else field for field in (size, compressed, offset)]
            if -1 in fields or len(told) < length:
                break
            return fields[0], fields[1], fields[2]
        at += 4 + length
    raise MalformedArchive(filename, "a zip64 entry without its sizes")


def _decoded(name: bytes, flags: int, filename: str) -> str:
    try:
        # 4.4.4: what is not marked as UTF-8 is cp437; of ASCII, they are the same.
        path = name.decode("utf-8" if flags & _UTF_8 or name.isascii() else "cp437")
    except UnicodeDecodeError:
        raise MalformedArchive(filename, f"{_shown(name)} in it is marked as UTF-8, and is not") from None
    if _leads_astray(path):
        raise MalformedArchive(filename, f"{_shown(path)} in it is no path that an installer would write to")
    return path


def _leads_astray(path: str) -> bool:
    if path[:1] in ("", "/") or path[1:2] == ":" or "//" in path or "\\" in path or "\0" in path:
        return True
    return (path[0] == "." or "/." in path) and not {".", ".."}.isdisjoint(path.split("/"))


def _shown(name: str | bytes) -> str:
    return repr(name[:200])  # a name may have 65535 bytes


def _check_sizes(path: str, method: int, size: int, compressed: int, filename: str) -> None:
    if method not in _BEST_RATIO:
        raise MalformedArchive(
            filename, f"{_shown(path)} in it is compressed by method {method}, which wheels do not use"
        )
    if (method == _STORED and size != compressed) or size > compressed * _BEST_RATIO[method] + 64:
        raise MalformedArchive(filename, f"{_shown(path)} in it cannot have {size:,} bytes: {compressed:,} are stored")


def _check_overlaps(members: list[Member], end: int, filename: str) -> None:
    """Refuse entries that share bytes, which make a bomb of a small archive; source: D. Fifield, WOOT 2019."""
    above = 0
    for member in sorted(members, key=_offset):
        if member.offset < above:
            raise MalformedArchive(filename, f"{_shown(member.path)} in it overlaps another entry")
        above = member.offset + _LOCAL.size + len(member.path) + member.compressed
    if above > end:
        raise MalformedArchive(filename, "an entry in it reaches beyond the archive")


def _each_once(members: list[Member], filename: str) -> dict[str, Member]:
    """Return path → member; two of one path must be the same."""
    found: dict[str, Member] = {}
    for member in members:
        known = found.setdefault(member.path, member)
        if known is not member and (known.size, known.crc) != (member.size, member.crc):
            raise MalformedArchive(filename, f"{_shown(member.path)} is in it twice, and not the same")
    return found


def _check_folders(paths: Iterable[str], filename: str) -> None:
    """Refuse a path that is both a file and a folder."""
    # NUL sorts before all else, so what lies in a folder comes right behind the folder's name. A set of all folders
    # would be simpler, but 40 kB of "a/a/a/…" have 400 MB of folders.
    for path, following in pairwise(sorted(path.replace("/", "\0") for path in paths)):
        if path[-1] != "\0" and following.startswith(path) and following[len(path)] == "\0":
            raise MalformedArchive(filename, f"{_shown(path.replace(chr(0), '/'))} in it is a file and a folder")


def member_span(member: Member, archive_size: int) -> range:
    """Return bytes that hold a member's local header and data, with room for extra fields."""
    length = _LOCAL.size + len(member.path.encode("utf-8")) + _LOCAL_SLACK + member.compressed
    return range(member.offset, min(archive_size, member.offset + length))


def read_member(data: bytes, member: Member, *, limit: int, filename: str, last: bool = False) -> bytes:
    """Return a member's first ``limit`` bytes; where that is all of it, its checksum holds.

    data:   the archive from the member's local header on
    last:   whether there are no more bytes to be had
    raises: MalformedArchive; MoreBytes where ``data`` ends too early, and more may be had
    """
    if len(data) < _LOCAL.size or data[:4] != b"PK\3\4":
        raise MalformedArchive(filename, f"{_shown(member.path)} in it does not begin where the directory says")
    name_length, extra_length = _LOCAL.unpack_from(data)[9:11]
    start = _LOCAL.size + name_length + extra_length
    if len(data) < start + member.compressed:
        if last:
            raise MalformedArchive(filename, f"{_shown(member.path)} in it reaches beyond the archive")
        raise MoreBytes(start + member.compressed)
    name = data[_LOCAL.size : _LOCAL.size + name_length]
    if name != member.path.encode("utf-8") and name.decode("cp437") != member.path:
        raise MalformedArchive(filename, f"{_shown(member.path)} in it has another name where it begins")
    packed = data[start : start + member.compressed]
    most = min(limit, member.size)
    # One byte more than there may be shows what has more in it than the directory says.
    content = packed[: most + 1] if member.method == _STORED else _inflated(packed, most + 1, member, filename)
    whole = most == member.size
    if len(content) < most or (whole and (len(content) > most or zlib.crc32(content) != member.crc)):
        raise MalformedArchive(filename, f"{_shown(member.path)} in it is not what the directory says")
    return content[:most]


def _inflated(packed: bytes, most: int, member: Member, filename: str) -> bytes:
    if member.method == _ZSTD:
        return _unzstd(packed, most, member, filename)
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    except zlib.error as error:
        raise MalformedArchive(filename, f"{_shown(member.path)} in it does not unpack: {error}") from error


def _unzstd(packed: bytes, most: int, member: Member, filename: str) -> bytes:
    try:
        from zstandard import ZstdDecompressor, ZstdError
    except ImportError:
        reason = f"{_shown(member.path)} in it is compressed by zstd; deadweight[images] reads that"
        raise MalformedArchive(filename, reason) from None
    try:
        with ZstdDecompressor().stream_reader(packed) as reader:
            return reader.read(most)
    except ZstdError as error:
        raise MalformedArchive(filename, f"{_shown(member.path)} in it does not unpack: {error}") from error
