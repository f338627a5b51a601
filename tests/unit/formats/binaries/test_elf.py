from __future__ import annotations

import io
import sys
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.formats.binaries.elf import linking
from deadweight.model import Linking
from tests.images import make_elf


def part(data: bytes, offset: int, length: int) -> bytes:
    return data[offset : offset + length]


def reported(data: bytes) -> Linking | None:
    return linking(partial(part, data))


@pytest.mark.parametrize("bits", [32, 64])
def test_linking__shared_library__its_needs_name_and_build(bits: int) -> None:
    data = make_elf(needed=["libc.so.6", "libm.so.6"], soname="libx.so.1", build_id=b"\xab" * 20, bits=bits)
    assert reported(data) == Linking(needed=("libc.so.6", "libm.so.6"), soname="libx.so.1", build_id="ab" * 20)


def test_linking__nothing_to_tell__is_empty_or_none() -> None:
    assert reported(make_elf()) == Linking()
    assert reported(b"MZ" + bytes(100)) is None
    assert reported(make_elf(needed=["libc.so.6"])[:200]) is None


@given(data=st.binary(max_size=600), front=st.booleans(), at=st.integers(0, 400), flip=st.integers(1, 255))
def test_linking__any_bytes__a_value_or_none(data: bytes, front: bool, at: int, flip: int) -> None:
    whole = bytearray(make_elf(needed=["liba.so"], build_id=b"x" * 20) + data if front else b"\x7fELF" + data)
    whole[at % len(whole)] ^= flip
    assert isinstance(reported(bytes(whole)), Linking | None)


def code_of_this_python() -> list[Path]:
    found = [Path(sys.executable).resolve(), *Path(sys.base_prefix, "lib").rglob("*.so")]
    return [path for path in found if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"][:60]


def test_linking__real_libraries__as_pyelftools_reads_them() -> None:
    elftools = pytest.importorskip("elftools.elf.elffile")
    paths = code_of_this_python()
    assert paths
    for path in paths:
        data = path.read_bytes()
        file = elftools.ELFFile(io.BytesIO(data))
        dynamic = [s for s in file.iter_segments() if s.header.p_type == "PT_DYNAMIC"]
        tags = [tag for segment in dynamic for tag in segment.iter_tags()]
        notes = [n for s in file.iter_segments() if s.header.p_type == "PT_NOTE" for n in s.iter_notes()]
        assert reported(data) == Linking(
            needed=tuple(tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"),
            soname=next((tag.soname for tag in tags if tag.entry.d_tag == "DT_SONAME"), ""),
            build_id=next((n["n_desc"] for n in notes if n["n_type"] == "NT_GNU_BUILD_ID"), ""),
        )
