"""Code for a newer Python than the one that parses it → one note for all files."""

from __future__ import annotations

import sys

from deadweight.codescan.python.code import read_python
from deadweight.codescan.python.newer_python import with_one_note
from deadweight.model import Application, Skipped

BROKEN = b"import a\ntype = X[T] = =\n"
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
NEWER = f"{sys.version_info[0]}.{sys.version_info[1] + 1}"


def source(*files: str) -> Application:
    skipped = [note for file in files for note in read_python(BROKEN, file, "application").skipped]
    return Application(
        directory=".", mentions=(), files=len(files), skipped=(*skipped, Skipped("vendor", "a vendored tree"))
    )


def test_with_one_note__newer_python__is_one_note_for_all_files() -> None:
    note, other = with_one_note(source("a.py", "b.py", "c.py", "d.py"), f"{NEWER}.1").skipped
    assert note.name == f"code for Python {NEWER}.1"
    assert note.reason.startswith(f"a.py, b.py, c.py and 1 more may have syntax that Python {HERE}")
    assert other.name == "vendor"


def test_with_one_note__the_same_python__leaves_each_note() -> None:
    found = source("a.py", "b.py")
    assert len(found.skipped) == 3
    assert with_one_note(found, HERE) == with_one_note(found, "") == with_one_note(found, "3.8") == found


def test_with_one_note__no_syntax_errors__adds_nothing() -> None:
    assert with_one_note(source(), NEWER) == source()
