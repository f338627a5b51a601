"""Headers of a tar archive that are broken on purpose."""

from __future__ import annotations

import io
import tarfile

import pytest

from deadweight.formats.tar import Malformed, entries


class Bytes:
    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, length: int) -> bytes:
        return self._file.read(length)

    def skip(self, length: int) -> int:
        return len(self._file.read(length))


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
