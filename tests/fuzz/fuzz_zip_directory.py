"""Fuzzes the reader of zip directories: ``python -m tests.fuzz.fuzz_zip_directory [-max_total_time=60]``.

Needs atheris (``pip install atheris``). Whatever the bytes, there is a result or MalformedArchive, in bounded memory;
and where zipfile reads the archive too, it finds the same files.
"""

from __future__ import annotations

import io
import struct
import sys
import tempfile
import zipfile
from pathlib import Path

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

_LIMIT = 1 << 16


def one_input(data: bytes) -> None:
    """Read all that there is to read of an archive."""
    try:
        found = directory_span(data[-TAIL_BYTES:], len(data), filename="x.whl")
        members = read_directory(data[found.span.start : found.span.stop], found, len(data), filename="x.whl")
    except MalformedArchive:
        return
    assert sum(member.compressed for member in members) <= len(data)
    expected = by_zipfile(data)
    assert expected is None or {member.path: member.size for member in members} == expected
    for member in members:
        read_all(data, member)


def read_all(data: bytes, member: Member) -> None:
    """Read a member as its archive's reader does: a second time where its header is long."""
    span = member_span(member, len(data))
    try:
        try:
            content = read_member(data[span.start : span.stop], member, limit=_LIMIT, filename="x.whl")
        except MoreBytes as more:
            part = data[span.start : span.start + more.needed]
            content = read_member(part, member, limit=_LIMIT, filename="x.whl", last=True)
    except MalformedArchive:
        return
    assert len(content) == min(_LIMIT, member.size)


def by_zipfile(data: bytes) -> dict[str, int] | None:
    """Return path → size of the files that zipfile finds; None where it refuses the archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {info.filename: info.file_size for info in archive.infolist() if not info.is_dir()}
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError, struct.error):
        return None


def seeds() -> list[bytes]:
    """Return small archives of each kind."""
    found = []
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for zip64 in (False, True):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", compression) as archive:
                for name in ("a/b.py", "ä", "x-1.dist-info/METADATA"):
                    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=zip64) as file:
                        file.write(b"Name: x\n" * 9)
                archive.comment = b"PK"
            found.append(buffer.getvalue())
    return found


def main() -> None:
    """Fuzz until told to stop."""
    import atheris

    with tempfile.TemporaryDirectory() as directory:
        for number, seed in enumerate(seeds()):
            Path(directory, str(number)).write_bytes(seed)
        atheris.instrument_all()
        atheris.Setup([*sys.argv, directory], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
