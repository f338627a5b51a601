"""The bytes of debug symbols, compared with what strip removes."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.formats.binaries.debug import debug_bytes
from tests.images import make_elf


def part(data: bytes, offset: int, length: int) -> bytes:
    return data[offset : offset + length]


def counted(data: bytes) -> int | None:
    return debug_bytes(partial(part, data))


@pytest.mark.skipif(not (shutil.which("gcc") and shutil.which("strip")), reason="needs gcc and binutils")
def test_debug_bytes__compiled_library__is_what_strip_removes(tmp_path: Path) -> None:
    source, library, stripped = tmp_path / "x.c", tmp_path / "x.so", tmp_path / "stripped.so"
    source.write_text("int add(int a, int b) { return a + b; }\n" * 1)
    subprocess.run(["gcc", "-g3", "-shared", "-fPIC", "-o", library, source], check=True)
    subprocess.run(["strip", "--strip-debug", "-o", stripped, library], check=True)
    size = counted(library.read_bytes())
    removed = library.stat().st_size - stripped.stat().st_size
    assert size
    # Alignment, the headers of the sections and symbols of files go as well.
    assert 0 <= removed - size < 2000
    assert counted(stripped.read_bytes()) == 0


def test_debug_bytes__no_elf_or_no_sections__is_unknown_or_zero() -> None:
    assert counted(b"MZ" + bytes(100)) is None
    assert counted(b"\x7fELF") is None
    assert counted(make_elf()) == 0


@given(data=st.binary(max_size=600), at=st.integers(0, 63), flip=st.integers(1, 255))
def test_debug_bytes__any_bytes__a_number_or_none(data: bytes, at: int, flip: int) -> None:
    whole = bytearray(b"\x7fELF\x02\x01" + data.ljust(64, b"\1"))
    whole[at] ^= flip
    size = counted(bytes(whole))
    assert size is None or size >= 0
