"""Malformed headers of a tar archive."""

from __future__ import annotations

import tarfile

import pytest

from deadweight.formats.archives.tar import Malformed, entries
from tests.builders import Bytes


def pax_archive(body: bytes) -> bytes:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, len(body)
    padding = b"\0" * (-len(body) % 512)
    return header.tobuf(tarfile.USTAR_FORMAT) + body + padding + tarfile.TarInfo("a").tobuf() + b"\0" * 1024


def test_entries__pax_record_without_blank__is_refused() -> None:
    with pytest.raises(Malformed, match="pax header"):
        list(entries(Bytes(pax_archive(b"0" * 20 + b" path=a\n"))))


def test_entries__pax_record__names_the_entry() -> None:
    assert [entry.path for entry in entries(Bytes(pax_archive(b"16 path=renamed\n")))] == ["renamed"]


def test_entries__pax_record_with_a_null_byte__is_refused() -> None:
    with pytest.raises(Malformed, match="null byte"):
        list(entries(Bytes(pax_archive(b"16 path=ren\0med\n"))))
