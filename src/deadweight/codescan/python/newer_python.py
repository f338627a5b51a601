"""Notes on files that cannot be parsed → one note, if the code is for a newer Python than the one that parses it."""

from __future__ import annotations

import sys

from msgspec.structs import replace

from deadweight.model import Application, Skipped
from deadweight.wording import listed

NAME = "code for Python"  # the start of the note's name
_UNPARSED = ": cannot be parsed ("  # in the notes of ``read_python``
_SHOWN = 3  # files that the note names


def with_one_note(source: Application, python: str) -> Application:
    """Return the source with one note for all files that may need the measured version of Python.

    python: that version ("3.14", "3.14.2"); "" if unknown
    """
    running = sys.version_info[:2]
    measured = tuple(int(number) for number in python.split(".")[:2] if number.isdecimal())
    files = sorted({each.name for each in source.skipped if _UNPARSED in each.reason})
    if measured <= running or not files:
        return source
    reason = (
        f"{listed(files, _SHOWN)} may have syntax that Python {'.'.join(map(str, running))} cannot parse, so"
        f" the imports were read line by line; run deadweight with Python {python}"
    )
    others = [each for each in source.skipped if _UNPARSED not in each.reason]
    return replace(source, skipped=(Skipped(f"{NAME} {python}", reason), *others))
