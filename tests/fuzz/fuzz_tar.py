"""Fuzzes the reader of tar archives: ``python -m tests.fuzz.fuzz_tar [-max_total_time=60]``.

Needs atheris (``pip install atheris``). Whatever the bytes, there is a result or Malformed, in bounded time and memory;
and where tarfile reads the archive to its end too, it finds the same members.
"""

from __future__ import annotations

import sys
import tarfile
import tempfile
from pathlib import Path

from tests.property.test_tar import listed, of_tarfile, written


def one_input(data: bytes) -> None:
    """Read an archive whose headers check, and lay it over itself as the layers of an image are."""
    from deadweight.formats.archives.tar import Malformed
    from deadweight.formats.images.overlay import Overlay, wasted

    data = with_sums(data)
    try:
        found = listed(data)
    except Malformed:
        return
    overlay = Overlay()
    overlay.add(0, found)
    overlay.add(1, found)
    assert sum(hidden.placed.size for hidden in wasted(overlay)) <= sum(entry.apparent for entry in found)
    try:
        expected = of_tarfile(data)
    except (tarfile.TarError, ValueError, EOFError, OverflowError, MemoryError):
        return
    assert [(e.kind, e.size, e.target) for e in found] == [each[1:] for each in expected]
    # Only POSIX has the front of a path where tarfile takes it from, whatever else a format has there.
    for entry, (theirs, *_) in zip(found, expected, strict=True):
        assert f"/{theirs}".endswith(f"/{entry.path}") or not entry.path


def with_sums(data: bytes) -> bytes:
    """Return the archive with the sums of its headers put right, which no chance would."""
    blocks = [bytearray(data[at : at + 512]) for at in range(0, len(data), 512)]
    for block in blocks:
        if block[257:262] == b"ustar":
            block[148:156] = b"        "
            block[148:156] = b"%06o\0 " % sum(block)
    return b"".join(blocks)


def main() -> None:
    """Fuzz until told to stop."""
    import atheris

    with atheris.instrument_imports(include=["deadweight.formats"]):
        pass
    members = [("a/b", b"0", b"hello", ""), ("x" * 90, b"5", b"", ""), ("l", b"2", b"", "a/b"), ("h", b"1", b"", "a/b")]
    with tempfile.TemporaryDirectory() as directory:
        for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
            Path(directory, str(form)).write_bytes(written(members, form))
        atheris.Setup([*sys.argv, directory], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
