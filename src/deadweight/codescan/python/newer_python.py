"""Notes on code that does not parse → one note, where the code is for a newer Python than the one that parses it."""

from __future__ import annotations

import sys

from msgspec.structs import replace

from deadweight.model import Skipped, Source

NAME = "code for Python"  # what such a note begins with
_UNPARSED = ": does not parse ("  # in the notes of ``python_source``
_SHOWN = 3  # files


def with_one_note(source: Source, python: str) -> Source:
    """Return the source with one note for all files that may need the Python that is measured for.

    python: its version ("3.14", "3.14.2"); "" where nobody knows
    """
    running, wanted = sys.version_info[:2], tuple(int(number) for number in python.split(".")[:2] if number.isdecimal())
    files = sorted({each.name for each in source.skipped if _UNPARSED in each.reason})
    if wanted <= running or not files:
        return source
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    reason = (
        f"{', '.join(files[:_SHOWN])}{more} may have syntax that Python {'.'.join(map(str, running))}, which runs"
        f" deadweight, cannot parse, so their imports were read line by line; run deadweight in Python {python}"
    )
    others = [each for each in source.skipped if _UNPARSED not in each.reason]
    return replace(source, skipped=(Skipped(f"{NAME} {python}", reason), *others))
