"""Fuzzes the reader of zip directories: ``python -m tests.fuzz.fuzz_zip_directory [-max_total_time=60]``.

Needs atheris (``pip install atheris``). Whatever the bytes, there is a result or MalformedArchive, in bounded memory.
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from pathlib import Path

from deadweight.errors import MalformedArchive
from deadweight.formats.zip_directory import (
    TAIL_BYTES,
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
        for member in members:
            span = member_span(member, len(data))
            assert len(read_member(data[span.start : span.stop], member, limit=_LIMIT, filename="x.whl")) <= _LIMIT
    except (MalformedArchive, MoreBytes):
        return
    assert sum(member.compressed for member in members) <= len(data)


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

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds()):
            Path(folder, str(number)).write_bytes(seed)
        atheris.instrument_all()
        atheris.Setup([*sys.argv, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
