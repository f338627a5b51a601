"""The text of a Python module → where it may name something, and the text without functions that do not.

Parsing is nearly all of the time that a source takes, and most functions name nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left

# Whatever python_source.py and python_values.py look for holds one of these. One pattern each: without alternatives
# to try at every byte, the search is as fast as the memory.
_HINTS = tuple(
    re.compile(pattern)
    for pattern in (
        rb"import",
        rb"find_spec",
        rb"subprocess",
        rb"Popen\(",
        rb"check_[co]",
        rb"getoutput",
        rb"getstatus",
        rb"system\(",
        rb"popen\(",
        rb"os\.exec",
        rb"os\.spawn",
        rb"run\(",
        rb"call\(",
        rb"://",
        rb"_APPS",
        rb"MIDDLEWARE",
        rb"plugins",
        rb"PLUGINS",
        rb"extensions",
        rb"EXTENSIONS",
        rb"_BACKEND",
        rb"_CLASSES",
        rb"\.include\(",
        rb"ENGINE",
        rb"worker_class",
        rb"""["'][A-Za-z_]\w*+[.+][\w.:]++["']""",
    )
)
# A function, or a method of a class at the left edge, with all lines that are further in, empty, or comments.
_FUNCTION = re.compile(
    rb"^((?: {4}|\t)?)(?:async )?def .*\n((?>(?:(?:\1[ \t]++\S.*|[ \t]*+(?:#.*)?|\1[)\]}].*)\n)*))", re.MULTILINE
)


def hints_in(data: bytes) -> list[int]:
    """Return where ``data`` may name something, sorted."""
    return sorted(match.start() for pattern in _HINTS for match in pattern.finditer(data))


def outline(data: bytes, hints: list[int]) -> bytes:
    """Return ``data`` with functions emptied that hold no hint; every line keeps its number.

    data: with line feeds, the last one too

    It goes by looks alone, so what was fine may no longer parse; but it does not come to mean something else: what is
    left out opens and closes as many long strings, and a bracket that lost its partner is an error.
    """

    def emptied(match: re.Match[bytes]) -> bytes:
        start, end = match.span()
        at = bisect_left(hints, start)
        text = match[0]
        if (at < len(hints) and hints[at] < end) or text.count(b'"""') % 2 or text.count(b"'''") % 2:
            return text
        return match[1] + b"def _(): pass" + b"\n" * text.count(b"\n")

    return _FUNCTION.sub(emptied, data)
