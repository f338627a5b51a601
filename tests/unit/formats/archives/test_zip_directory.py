from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest

from deadweight.errors import MalformedArchive
from deadweight.formats.archives.zip_directory import (
    MOST_DIRECTORY_BYTES,
    TAIL_BYTES,
    Directory,
    Member,
    MoreBytes,
    directory_span,
    member_span,
    read_directory,
    read_member,
)

FILES = {"a/__init__.py": b"x = 1\n" * 50, "a/data.bin": bytes(range(256)), "a-1.dist-info/METADATA": b"Name: a\n"}


def zipped(
    files: dict[str, bytes] | None = None, *, compression: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for path, data in (FILES if files is None else files).items():
            archive.writestr(path, data)
        archive.comment = comment
    return buffer.getvalue()


def entry(
    name: bytes = b"a.py", *, flags: int = 0, method: int = 0, size: int = 4, compressed: int = 4, offset: int = 0,
    extra: bytes = b"", made_by: int = 3 << 8 | 20, mode: int = 0o100644, crc: int = 0, disk: int = 0,
) -> bytes:  # fmt: skip
    """Return one record of a central directory."""
    head = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", made_by, 20, flags, method, 0, 0, crc, compressed, size, len(name), len(extra), 0,
        disk, 0, mode << 16, offset,
    )  # fmt: skip
    return head + name + extra


def end(entries: int, size: int, offset: int, *, here: int | None = None, disk: int = 0, comment: bytes = b"") -> bytes:
    """Return an end record."""
    here = entries if here is None else here
    return struct.pack("<4s4H2LH", b"PK\5\6", disk, disk, here, entries, size, offset, len(comment)) + comment


def directory(*records: bytes, room: int = 1000, entries: int | None = None) -> tuple[Member, ...]:
    """Read records that follow ``room`` bytes of files."""
    data = b"".join(records)
    span = range(room, room + len(data))
    count = len(records) if entries is None else entries
    return read_directory(data, Directory(span, count), room + len(data) + 22, filename="x.whl")


def listed(data: bytes) -> tuple[Member, ...]:
    found = directory_span(data[-TAIL_BYTES:], len(data), filename="x.whl")
    return read_directory(data[found.span.start : found.span.stop], found, len(data), filename="x.whl")


@pytest.mark.parametrize("comment", [b"", b"a comment", b"PK\5\6 in a comment", b"x" * 65_535])
def test_members__real_archive__paths_and_sizes(comment: bytes) -> None:
    found = listed(zipped(comment=comment))
    assert {m.path: m.size for m in found} == {path: len(data) for path, data in FILES.items()}
    assert [m.mode & 0o777 for m in found] == [0o600] * 3


def test_members__directories__are_left_out() -> None:
    assert [m.path for m in listed(zipped({"a/": b"", "a/b.py": b"x"}))] == ["a/b.py"]


def test_members__no_files__none() -> None:
    assert listed(zipped({})) == ()


def test_read_member__content__as_it_was_put_in() -> None:
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        data = zipped(compression=compression)
        for member in listed(data):
            span = member_span(member, len(data))
            part = data[span.start : span.stop]
            assert read_member(part, member, limit=1 << 20, filename="x.whl") == FILES[member.path]
            assert read_member(part, member, limit=5, filename="x.whl") == FILES[member.path][:5]


def test_read_member__too_few_bytes__gives_the_number_needed() -> None:
    data = zipped()
    member = listed(data)[0]
    with pytest.raises(MoreBytes) as more:
        read_member(data[member.offset : member.offset + 50], member, limit=99, filename="x.whl")
    part = data[member.offset : member.offset + more.value.needed]
    assert read_member(part, member, limit=999, filename="x.whl") == FILES[member.path]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: b"XX" + data[2:], "does not start"),
        (lambda data: data.replace(b"a/__init__.py", b"b/__init__.py", 1), "a different name"),
        (lambda data: data[:48] + bytes([data[48] ^ 0xFF]) + data[49:], "not"),
    ],
    ids=["signature", "name", "data"],
)
def test_read_member__damaged__is_refused(damage: Callable[[bytes], bytes], reason: str) -> None:
    data = zipped()
    member = listed(data)[0]
    with pytest.raises(MalformedArchive, match=reason):
        read_member(damage(data), member, limit=1 << 20, filename="x.whl")


def test_read_member__bomb__returns_no_more_than_the_limit() -> None:
    packed = zlib.compress(bytes(50_000_000), 9)[2:-4]
    member = Member("bomb", 50_000_000, len(packed), 8, 0, 0, 0)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), 50_000_000, 4, 0) + b"bomb"
    assert read_member(local + packed, member, limit=1000, filename="x.whl") == bytes(1000)


def test_read_member__limit_of_nothing__inflates_nothing() -> None:
    data = zipped()
    assert read_member(data, listed(data)[0], limit=0, filename="x.whl") == b""


@pytest.mark.parametrize("extra", [10, 1])
def test_read_member__as_much_inside_as_the_limit_and_more__is_refused(extra: int) -> None:
    packed = zlib.compress(b"x" * (10 + extra))[2:-4]
    member = Member("lie", 10, len(packed), 8, 0, zlib.crc32(b"x" * 10), 0)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), 10, 3, 0) + b"lie"
    with pytest.raises(MalformedArchive, match="does not match the size or CRC"):
        read_member(local + packed, member, limit=10, filename="x.whl")


def test_read_member__last_bytes_and_still_too_few__is_refused() -> None:
    data = zipped()
    member = listed(data)[0]
    with pytest.raises(MalformedArchive, match="beyond the end of the archive"):
        read_member(data[:50], member, limit=99, filename="x.whl", last=True)


def test_read_member__name_in_cp437__is_the_same_name() -> None:
    member = Member("ä", 1, 1, 0, 0, zlib.crc32(b"x"), 0)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 1, 1, 1, 0) + b"\x84"
    assert read_member(local + b"x", member, limit=9, filename="x.whl") == b"x"


def test_member_span__end_of_the_archive__is_not_passed() -> None:
    member = Member("a", 1, 1, 0, 100, 0, 0)
    assert member_span(member, 150) == range(100, 150)
    assert len(member_span(member, 1 << 20)) > 30 + 1 + 512 + 1


def test_read_member__longer_than_in_the_directory__is_refused() -> None:
    packed = zlib.compress(b"x" * 5000)[2:-4]
    member = Member("lie", 10, len(packed), 8, 0, zlib.crc32(b"x" * 10), 0)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), 10, 3, 0) + b"lie"
    with pytest.raises(MalformedArchive, match="does not match the size or CRC"):
        read_member(local + packed, member, limit=1 << 20, filename="x.whl")


def test_zip64__by_zipfile__is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        with archive.open(zipfile.ZipInfo("big.bin"), "w", force_zip64=True) as file:
            file.write(b"123")
        for number in range(70_000):  # more than the end record can count
            archive.writestr(f"{number}", b"")
    found = listed(buffer.getvalue())
    assert len(found) == 70_001
    assert found[0].size == 3


def test_zip64__sizes_that_do_not_fit__come_from_the_extra_field() -> None:
    extra = struct.pack("<HHHH3Q", 0x7075, 0, 1, 24, 6 << 30, 5 << 30, 7)
    record = entry(method=8, size=0xFFFFFFFF, compressed=0xFFFFFFFF, offset=0xFFFFFFFF, extra=extra)
    (found,) = directory(record, room=6 << 30)
    assert (found.size, found.compressed, found.offset) == (6 << 30, 5 << 30, 7)


@pytest.mark.parametrize("extra", [b"", b"\1\0\4\0abcd", struct.pack("<HH", 1, 900), b"\1"])
def test_zip64__without_its_sizes__is_refused(extra: bytes) -> None:
    with pytest.raises(MalformedArchive, match="zip64"):
        directory(entry(size=0xFFFFFFFF, extra=extra))


def zip64_end(entries: int, size: int, offset: int, *, at: int, length: int = 44) -> bytes:
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", length, 45, 45, 0, 0, entries, entries, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    return record + locator + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def test_zip64__end_record__gives_the_span() -> None:
    tail = zip64_end(7, 500, 1500, at=2000)
    assert directory_span(tail, 2000 + len(tail), filename="x.whl") == Directory(range(1500, 2000), 7)


def test_zip64__complete_end_record__must_agree() -> None:
    long = zip64_end(7, 500, 1500, at=2000)[:-22]
    for short in (end(7, 500, 1500), end(0xFFFF, 500, 1500), end(7, 0xFFFFFFFF, 0xFFFFFFFF, disk=0xFFFF)):
        size = 2000 + len(long + short)
        assert directory_span(long + short, size, filename="x.whl") == Directory(range(1500, 2000), 7)
    for lie in (end(6, 500, 1500), end(7, 576, 1500), end(7, 500, 1400), end(7, 500, 1500, disk=1)):
        with pytest.raises(MalformedArchive, match="contradict"):
            directory_span(long + lie, 2000 + len(long + lie), filename="x.whl")


@pytest.mark.parametrize(
    "tail",
    [zip64_end(7, 500, 1500, at=1999), zip64_end(7, 500, 1500, at=2000, length=45), zip64_end(7, 500, 1499, at=2000)],
    ids=["elsewhere", "longer", "not-adjacent"],
)
def test_zip64__contradictory_end_record__is_refused(tail: bytes) -> None:
    with pytest.raises(MalformedArchive):
        directory_span(tail, 2000 + len(tail), filename="x.whl")


def test_span__ten_million_entries__are_refused_before_they_are_read() -> None:
    tail = zip64_end(10_000_000, 460_000_000, 1000, at=460_001_000)
    with pytest.raises(MalformedArchive, match="10,000,000 entries"):
        directory_span(tail, 460_001_000 + len(tail), filename="x.whl")
    tail = zip64_end(10, MOST_DIRECTORY_BYTES + 1, 0, at=MOST_DIRECTORY_BYTES + 1)
    with pytest.raises(MalformedArchive, match="bytes"):
        directory_span(tail, MOST_DIRECTORY_BYTES + 1 + len(tail), filename="x.whl")


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (b"", "no end record"),
        (b"PK\5\6", "no end record"),
        (end(1, 50, 10, comment=b"abc")[:-1], "no end record"),
        (end(1, 50, 10, here=2), "several disks"),
        (end(1, 50, 10, disk=1), "several disks"),
        (end(1, 50, 11), "does not end"),
        (end(1, 0xFFFFFFFE, 10), "too large for a wheel"),
    ],
    ids=["empty", "cut", "comment-cut", "counts-differ", "disks", "not-adjacent", "huge"],
)
def test_span__end_record_that_cannot_be__is_refused(tail: bytes, reason: str) -> None:
    with pytest.raises(MalformedArchive, match=reason):
        directory_span(tail, 60 + len(tail), filename="x.whl")


def test_span__data_before_the_archive__is_refused() -> None:
    with pytest.raises(MalformedArchive, match="does not end"):
        listed(b"#!/bin/sh\n" + zipped())


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (entry(flags=1), "encrypted"),
        (entry(flags=1 << 13), "encrypted"),
        (entry(method=14), "method 14"),
        (entry(size=5), "claims 5 bytes"),
        (entry(method=8, size=10_000_000, compressed=100), "claims 10,000,000 bytes"),
        (entry(offset=990), "beyond the end of the archive"),
        (entry(size=2000, compressed=2000), "beyond the end of the archive"),
        (entry(disk=3), "several disks"),
        (entry()[:-1], "truncated"),
        (entry() + b"x", "more bytes than its entries"),
        (b"PK\1\3" + entry()[4:], "central directory is invalid"),
    ],
    ids=["encrypted", "strongly", "method", "stored", "ratio", "offset", "size", "disk", "cut", "more", "signature"],
)
def test_directory__impossible_entry__is_refused(record: bytes, reason: str) -> None:
    with pytest.raises(MalformedArchive, match=reason):
        directory(record)


@pytest.mark.parametrize(
    "name",
    [
        b"/etc/passwd", b"../x", b"a/../../x", b"a/..", b"a//b", b"./a", b"a/./b", b"a\\..\\b", b"C:/x", b"C:x",
        b"a\0b", b"", b"/", b"..", b"//x/y",
    ],
)  # fmt: skip
def test_directory__name_that_leaves_the_prefix__is_refused(name: bytes) -> None:
    with pytest.raises(MalformedArchive, match="unsafe path"):
        directory(entry(name))


@pytest.mark.parametrize(
    ("name", "flags", "path"),
    [("ä/b".encode(), 1 << 11, "ä/b"), ("ä".encode(), 0, "├ñ"), (b"\x84.py", 0, "ä.py"), (b"a b/..c", 0, "a b/..c")],
)
def test_directory__names__are_decoded_according_to_the_flag(name: bytes, flags: int, path: str) -> None:
    assert directory(entry(name, flags=flags))[0].path == path


def test_directory__name_marked_as_utf8_that_is_not__is_refused() -> None:
    with pytest.raises(MalformedArchive, match="marked as UTF-8"):
        directory(entry(b"\x84.py", flags=1 << 11))


def test_directory__long_name__is_not_shown_in_full() -> None:
    with pytest.raises(MalformedArchive) as refused:
        directory(entry(b"../" + b"x" * 60_000), room=100_000)
    assert len(str(refused.value)) < 400


def test_directory__symbolic_link__is_a_file_as_it_is_to_installers() -> None:
    (found,) = directory(entry(b"a/link", mode=0o120777))
    assert (found.path, found.size, found.mode) == ("a/link", 4, 0o120777)


def test_directory__not_made_on_unix__has_no_mode() -> None:
    assert directory(entry(made_by=0 << 8 | 20, mode=0o100755))[0].mode == 0


@pytest.mark.parametrize(
    ("record", "reason"),
    [(entry(b"a/", flags=1), "encrypted"), (entry(b"a/", size=5), "5 bytes"), (entry(b"../"), "path")],
)
def test_directory__directory_that_cannot_be__is_refused_as_a_file_is(record: bytes, reason: str) -> None:
    with pytest.raises(MalformedArchive, match=reason):
        directory(record)


def test_directory__entries_that_share_bytes__are_refused() -> None:
    with pytest.raises(MalformedArchive, match="overlaps"):
        directory(entry(b"a", size=100, compressed=100), entry(b"b", offset=50, size=100, compressed=100))
    assert len(directory(entry(b"a"), entry(b"b", offset=35))) == 2


def test_directory__the_same_file_twice__counts_once_if_it_is_the_same() -> None:
    twice = [entry(b"a", crc=1), entry(b"a", crc=1, offset=100)]
    assert len(directory(*twice)) == 1
    with pytest.raises(MalformedArchive, match="twice"):
        directory(entry(b"a", crc=1), entry(b"a", crc=2, offset=100))


@pytest.mark.parametrize(
    "names",
    [(b"a", b"a/b"), (b"a/b", b"a"), (b"a", b"a/"), (b"a/b", b"a/b/c/d"), (b"a", b"a-1", b"a.py", b"a/b")],
)
def test_directory__file_that_is_a_directory_too__is_refused(names: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedArchive, match="both a file and a directory"):
        directory(*(entry(name, offset=100 * number) for number, name in enumerate(names)))


def test_directory__names_that_begin_alike__are_files_side_by_side() -> None:
    names = (b"a", b"a-1", b"a.py", b"ab/c", b"b/", b"b/c")
    records = [entry(name, offset=100 * number) for number, name in enumerate(names)]
    assert [m.path for m in directory(*records)] == ["a", "a-1", "a.py", "ab/c", "b/c"]


def test_directory__very_deep_names__take_memory_for_the_names_alone() -> None:
    names = [b"%d/" % number + b"a/" * 32_000 + b"x" for number in range(4)]
    records = [entry(name, offset=100_000 * number) for number, name in enumerate(names)]
    tracemalloc.start()
    try:
        assert len(directory(*records, room=1 << 20)) == 4
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("entries", [0, 2, 500_000])
def test_directory__other_number_of_entries_than_promised__is_refused(entries: int) -> None:
    with pytest.raises(MalformedArchive):
        directory(entry(), entries=entries)


def test_truncated__at_every_byte__is_malformed_and_nothing_else() -> None:
    data = zipped()
    for length in range(len(data)):
        with pytest.raises(MalformedArchive):
            listed(data[:length])


def test_read_member__truncated_at_every_byte__is_malformed_and_nothing_else() -> None:
    data = zipped()
    for member in listed(data):
        span = member_span(member, len(data))
        whole = 30 + len(member.path) + member.compressed
        for length in range(whole):
            with pytest.raises(MalformedArchive):
                read_member(data[span.start : span.start + length], member, limit=999, filename="x.whl", last=True)


def test_read_directory__truncated_at_every_byte__is_malformed_and_nothing_else() -> None:
    data = zipped()
    found = directory_span(data, len(data), filename="x.whl")
    for stop in found.span:
        with pytest.raises(MalformedArchive):
            read_directory(data[found.span.start : stop], found, len(data), filename="x.whl")
