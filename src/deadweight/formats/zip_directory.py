"""The last bytes of a zip archive → where its central directory lies; the directory → its members.

source: APPNOTE.TXT 4.3 (the records), 4.4.1.4 and 4.5.3 (zip64). What no wheel needs is refused, since two readers of
such an archive may see two different things: data before the archive, several disks, encryption, overlapping entries.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import NamedTuple

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
_STORED, _DEFLATED = 0, 8
_BEST_RATIO = 1032  # what deflate can reach, as zlib's technical notes have it
_LOCAL_SLACK = 1024  # of extra fields in a local header, which the directory does not tell
_UTF_8 = 1 << 11
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13


class Member(NamedTuple):
    """One file of an archive: sizes in bytes, ``offset`` of its local header, ``mode`` as st_mode (0 if not told)."""

    path: str
    size: int
    compressed: int
    method: int
    offset: int
    crc: int
    mode: int


@dataclass(frozen=True, slots=True)
class Directory:
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
    _, disk, first_disk, here, entries, size, offset, _ = _END.unpack_from(tail, at)
    end = start + at
    if 0xFFFF in (here, entries) or 0xFFFFFFFF in (size, offset):
        found = _zip64(tail, start, at, filename)
        if found is not None:
            entries, size, offset, end = found
            here, disk, first_disk = entries, 0, 0
    if disk or first_disk or here != entries:
        raise MalformedArchive(filename, "a zip archive over several disks")
    if entries > MOST_ENTRIES or size > MOST_DIRECTORY_BYTES:
        raise MalformedArchive(filename, f"a directory of {entries:,} entries and {size:,} bytes; that is no wheel")
    if offset + size != end:
        raise MalformedArchive(filename, "its directory does not end where its end record begins")
    return Directory(range(offset, offset + size), entries)


def _end_record(tail: bytes, filename: str) -> int:
    """Return where the end record starts in ``tail``: the one whose comment ends with the archive."""
    at = len(tail)
    while (at := tail.rfind(b"PK\5\6", 0, at + 3 if at < len(tail) else at)) >= 0:
        if at + _END.size <= len(tail) and at + _END.size + _END.unpack_from(tail, at)[7] == len(tail):
            return at
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
    at, unpack = 0, _ENTRY.unpack_from
    for _ in range(directory.entries):
        if len(data) - at < _ENTRY.size or data[at : at + 4] != b"PK\1\2":
            raise MalformedArchive(filename, "its directory is cut short, or no directory")
        (_, made_by, _, flags, method, _, _, crc, compressed, size, name_length, extra_length, comment_length,
         disk, _, attributes, offset) = unpack(data, at)  # fmt: skip
        name = at + _ENTRY.size
        extra = name + name_length
        at = extra + extra_length + comment_length
        if at > len(data) or disk not in (0, 0xFFFF):
            raise MalformedArchive(filename, "its directory is cut short, or spans several disks")
        if 0xFFFFFFFF in (size, compressed, offset):
            size, compressed, offset = _zip64_extra(
                data[extra : extra + extra_length], size, compressed, offset, filename
            )
        path = _decoded(data[name:extra], flags, filename)
        if flags & _ENCRYPTED:
            raise MalformedArchive(filename, f"{path!r} in it is encrypted")
        _check_sizes(path, method, size, compressed, filename)
        mode = attributes >> 16 if made_by >> 8 == 3 else 0
        members.append(Member(path, size, compressed, method, offset, crc, mode))
    if at != len(data):
        raise MalformedArchive(filename, "its directory has more in it than it says")
    _check_overlaps(members, directory.span.start, filename)
    return _files(members, filename)


def _zip64_extra(extra: bytes, size: int, compressed: int, offset: int, filename: str) -> tuple[int, int, int]:
    """Return the fields with those in place that did not fit into 32 bits (4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            told = extra[at + 4 : at + 4 + length]
            values = (value for (value,) in struct.iter_unpack("<Q", told[: len(told) // 8 * 8]))
            fields = [next(values, -1) if field == 0xFFFFFFFF else field for field in (size, compressed, offset)]
            if -1 in fields or len(told) < length:
                break
            return fields[0], fields[1], fields[2]
        at += 4 + length
    raise MalformedArchive(filename, "a zip64 entry without its sizes")


def _decoded(name: bytes, flags: int, filename: str) -> str:
    try:
        path = name.decode("utf-8") if flags & _UTF_8 or not name.isascii() else name.decode("ascii")
    except UnicodeDecodeError:
        path = name.decode("cp437")  # 4.4.4: what is not marked as UTF-8
    parts = path.removesuffix("/").split("/")
    if "\\" in path or "\0" in path or ":" in parts[0][1:2] or not all(part not in ("", ".", "..") for part in parts):
        raise MalformedArchive(filename, f"{path[:200]!r} in it is no path that an installer would write to")
    return path


def _check_sizes(path: str, method: int, size: int, compressed: int, filename: str) -> None:
    if method not in (_STORED, _DEFLATED):
        raise MalformedArchive(filename, f"{path!r} in it is compressed by method {method}, which wheels do not use")
    if (method == _STORED and size != compressed) or size > compressed * _BEST_RATIO + 64:
        raise MalformedArchive(filename, f"{path!r} in it cannot have {size:,} bytes: {compressed:,} are stored")


def _check_overlaps(members: list[Member], end: int, filename: str) -> None:
    """Refuse entries that share bytes, which make a bomb of a small archive; source: D. Fifield, WOOT 2019."""
    above = 0
    for member in sorted(members, key=lambda member: member.offset):
        if member.offset < above:
            raise MalformedArchive(filename, f"{member.path!r} in it overlaps another entry")
        above = member.offset + _LOCAL.size + len(member.path) + member.compressed
    if above > end:
        raise MalformedArchive(filename, "an entry in it reaches beyond the archive")


def _files(members: list[Member], filename: str) -> tuple[Member, ...]:
    """Return the files, each path once; two of one path must be the same, and no path may be file and folder."""
    files: dict[str, Member] = {}
    folders: set[str] = set()
    for member in members:
        path = member.path
        if path[-1] == "/":
            folders.add(path[:-1])
            continue
        known = files.setdefault(path, member)
        if known is not member and (known.size, known.crc) != (member.size, member.crc):
            raise MalformedArchive(filename, f"{path!r} is in it twice, and not the same")
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    both = folders & files.keys()
    if both:
        raise MalformedArchive(filename, f"{min(both)!r} in it is a file and a folder")
    return tuple(files.values())


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
        raise MalformedArchive(filename, f"{member.path!r} in it does not begin where the directory says")
    name_length, extra_length = _LOCAL.unpack_from(data)[9:11]
    start = _LOCAL.size + name_length + extra_length
    if len(data) < start + member.compressed:
        if last:
            raise MalformedArchive(filename, f"{member.path!r} in it reaches beyond the archive")
        raise MoreBytes(start + member.compressed)
    if data[_LOCAL.size : _LOCAL.size + name_length] not in (member.path.encode("utf-8"), _cp437(member.path)):
        raise MalformedArchive(filename, f"{member.path!r} in it has another name where it begins")
    packed = data[start : start + member.compressed]
    try:
        content = packed[:limit] if member.method == _STORED else zlib.decompressobj(-15).decompress(packed, limit)
    except zlib.error as error:
        raise MalformedArchive(filename, f"{member.path!r} in it does not unpack: {error}") from error
    if len(content) != min(limit, member.size) or (len(content) == member.size and zlib.crc32(content) != member.crc):
        raise MalformedArchive(filename, f"{member.path!r} in it is not what the directory says")
    return content


def _cp437(path: str) -> bytes:
    return path.encode("cp437", "replace")
