"""What the reader of tar headers finds is what tarfile finds, and broken archives are refused."""

from __future__ import annotations

import io
import re
import tarfile

from hypothesis import given, settings
from hypothesis import strategies as st

from deadweight.formats.archives.tar import BLOCK, Malformed, TarEntry, entries, pass_over
from tests.builders import Bytes

NAME = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60).filter(
    lambda part: part not in (".", "..")
)
PATHS = st.lists(NAME, min_size=1, max_size=5).map("/".join)
KINDS = {b"0": "file", b"1": "link", b"2": "symlink", b"5": "directory", b"6": "other", b"3": "other"}
MEMBERS = st.lists(st.tuples(PATHS, st.sampled_from(sorted(KINDS)), st.binary(max_size=1200), PATHS), max_size=6)


_LEADING = re.compile(r"\A(?:\./+)+")


def listed(data: bytes) -> list[TarEntry]:
    blocks, found = Bytes(data), []
    for entry in entries(blocks):
        found.append(entry)
        pass_over(blocks, entry.stored)
    return found


def written(members: list[tuple[str, bytes, bytes, str]], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as archive:
        for path, kind, data, target in members:
            member = tarfile.TarInfo(path)
            member.type = kind
            member.size = len(data) if kind == b"0" else 0
            member.linkname = target if kind in (b"1", b"2") else ""
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def of_tarfile(data: bytes) -> list[tuple[str, str, int, str]]:
    """Return what tarfile finds; raises TarError also where it gives up in the middle, which it does in silence."""
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
        found = [(_path(m), _kind(m), m.size if m.isreg() else 0, m.linkname if _is_link(m) else "") for m in archive]
        if data[archive.offset :][:512].strip(b"\0"):
            raise tarfile.ReadError("it gave up")
        return found


def _path(member: tarfile.TarInfo) -> str:
    return "" if member.name == "." else _LEADING.sub("", member.name).rstrip("/")


def _kind(member: tarfile.TarInfo) -> str:
    return "file" if member.isreg() else KINDS.get(member.type, "other")


def _is_link(member: tarfile.TarInfo) -> bool:
    return member.issym() or member.islnk()


@given(members=MEMBERS, form=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
def test_entries__any_archive__are_those_of_tarfile(members: list[tuple[str, bytes, bytes, str]], form: int) -> None:
    data = written(members, form)
    assert [(e.path, e.kind, e.size, e.target) for e in listed(data)] == of_tarfile(data)


@settings(max_examples=300)
@given(members=MEMBERS, at=st.integers(min_value=0), flip=st.integers(1, 255), cut=st.integers(0, 3000))
def test_entries__damaged_archive__is_refused_or_read(
    members: list[tuple[str, bytes, bytes, str]], at: int, flip: int, cut: int
) -> None:
    whole = bytearray(written(members, tarfile.PAX_FORMAT))
    whole[at % len(whole)] ^= flip
    data = bytes(whole[: len(whole) - cut])
    try:
        found = listed(data)
        expected = of_tarfile(data)
    except (Malformed, tarfile.TarError):
        return
    assert [(e.path, e.kind, e.size, e.target) for e in found] == expected


@given(data=st.binary(max_size=2000))
def test_entries__any_bytes__are_refused_or_read_as_far_as_they_go(data: bytes) -> None:
    try:
        found = listed(data)
    except Malformed:
        return
    assert sum(BLOCK + entry.stored for entry in found) <= len(data)
