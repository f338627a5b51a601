"""Native code → a copy without debug symbols, made by binutils where they are installed."""

from __future__ import annotations

import os
import shutil

from deadweight.sources.system.processes import answer_of

_SECONDS = 120.0  # for the largest libraries, of a gigabyte


def find_strip() -> str | None:
    """Return the path of ``strip``, None if binutils are not installed."""
    return shutil.which("strip")


def strip_copy(strip: str, path: str, copy: str) -> bool:
    """Write a copy of an ELF file without debug symbols; return whether there is one, and it is smaller.

    --strip-debug keeps all other symbols. Removing these too has broken libraries that patchelf had edited.
    """
    done = answer_of([strip, "--strip-debug", "-o", copy, path], seconds=_SECONDS) is not None
    try:
        if done and _is_elf(copy) and os.path.getsize(copy) < os.path.getsize(path):
            return True
        os.unlink(copy)
    except FileNotFoundError:
        pass
    return False


def _is_elf(path: str) -> bool:
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return False
        os.fsync(file.fileno())
    return True
