"""Copies of native code without debug symbols."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from deadweight.sources.trim.stripping import find_strip, strip_copy

pytestmark = pytest.mark.skipif(not (shutil.which("gcc") and shutil.which("strip")), reason="needs gcc and binutils")


def test_strip_copy__library_with_symbols__leaves_the_original_alone(tmp_path: Path) -> None:
    strip, library, copy = find_strip(), tmp_path / "x.so", tmp_path / "copy"
    assert strip
    (tmp_path / "x.c").write_text("int f(void) { return 1; }\n")
    subprocess.run(["gcc", "-g", "-shared", "-fPIC", "-o", library, tmp_path / "x.c"], check=True)
    before = library.read_bytes()
    assert strip_copy(strip, str(library), str(copy))
    assert library.read_bytes() == before
    assert copy.stat().st_size < len(before)
    # A second time, there is nothing to gain.
    assert not strip_copy(strip, str(copy), str(tmp_path / "again"))
    assert not (tmp_path / "again").exists()


def test_strip_copy__no_native_code__is_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "x.so"
    path.write_bytes(b"\x7fELF not really")
    assert not strip_copy(find_strip() or "", str(path), str(tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()
