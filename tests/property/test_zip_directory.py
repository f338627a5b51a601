"""What the reader of zip directories finds is what zipfile finds; damage is refused, or makes no difference."""

from __future__ import annotations

import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from deadweight.errors import MalformedArchive
from deadweight.formats.archives.zip_directory import (
    TAIL_BYTES,
    Member,
    MoreBytes,
    directory_span,
    member_span,
    read_directory,
    read_member,
)

NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="/\\\0:"), min_size=1, max_size=8).filter(
        lambda part: part not in (".", "..")
    ),
    min_size=1,
    max_size=3,
).map("/".join)


def without_clashes(files: dict[str, bytes]) -> dict[str, bytes]:
    directories = {path[:at] for path in files for at, char in enumerate(path) if char == "/"}
    return {path: data for path, data in files.items() if path not in directories}


FILES = st.dictionaries(NAMES, st.binary(max_size=200), max_size=8).map(without_clashes)


def zipped(files: dict[str, bytes], compression: int, comment: bytes, force_zip64: bool) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for path, data in files.items():
            with archive.open(zipfile.ZipInfo(path), "w", force_zip64=force_zip64) as file:
                file.write(data)
        archive.comment = comment
    return buffer.getvalue()


def listed(data: bytes) -> tuple[Member, ...]:
    found = directory_span(data[-TAIL_BYTES:], len(data), filename="x.whl")
    return read_directory(data[found.span.start : found.span.stop], found, len(data), filename="x.whl")


def content(data: bytes, member: Member) -> bytes:
    span = member_span(member, len(data))
    try:
        return read_member(data[span.start : span.stop], member, limit=1 << 20, filename="x.whl")
    except MoreBytes as more:
        part = data[span.start : span.start + more.needed]
        return read_member(part, member, limit=1 << 20, filename="x.whl", last=True)


@given(
    files=FILES,
    compression=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    comment=st.binary(max_size=40),
    force_zip64=st.booleans(),
)
def test_members__any_archive__are_those_of_zipfile(
    files: dict[str, bytes], compression: int, comment: bytes, force_zip64: bool
) -> None:
    data = zipped(files, compression, comment, force_zip64)
    found = {member.path: member for member in listed(data)}
    assert {path: member.size for path, member in found.items()} == {path: len(d) for path, d in files.items()}
    assert {path: content(data, member) for path, member in found.items()} == files


@settings(max_examples=300)
@given(files=FILES, at=st.integers(min_value=0), flip=st.integers(1, 255), cut=st.integers(0, 40))
def test_members__damaged_archive__is_refused_or_read_as_zipfile_reads_it(
    files: dict[str, bytes], at: int, flip: int, cut: int
) -> None:
    whole = bytearray(zipped(files, zipfile.ZIP_DEFLATED, b"", False))
    whole[at % len(whole)] ^= flip
    data = bytes(whole[: len(whole) - cut])
    try:
        found = listed(data)
        contents = {member.path: content(data, member) for member in found}
    except MalformedArchive:
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            expected = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, UnicodeDecodeError, EOFError):
        return  # it is stricter here and there: on headers that nobody needs
    assert contents == expected


@given(data=st.binary(max_size=300))
def test_members__any_bytes__are_refused(data: bytes) -> None:
    try:
        assert listed(data + b"PK\5\6" + bytes(18)) == () or data
    except MalformedArchive:
        return
