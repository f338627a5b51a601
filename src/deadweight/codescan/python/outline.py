"""The text of a Python module → the offsets of possible names, and the text without the functions that have none.

Parsing takes nearly all of the time for a module, and most functions contain no relevant names.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from deadweight.codescan.python.features import HINTS

# Everything that source.py and values.py look for contains one of these. Each has its own pattern, because a search
# without alternatives runs at the speed of the memory.
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
        *HINTS,
        rb"""["'][A-Za-z_]\w*+[.+][\w.:]++["']""",
    )
)
# A module-level function, or a method of a module-level class, with all lines that are indented, empty or comments.
_FUNCTION = re.compile(
    rb"^((?: {4}|\t)?)(?:async )?def .*\n((?>(?:(?:\1[ \t]++\S.*|[ \t]*+(?:#.*)?|\1[)\]}].*)\n)*))", re.MULTILINE
)


def hints_in(data: bytes) -> list[int]:
    """Return the sorted offsets of hints in ``data``."""
    return sorted(match.start() for pattern in _HINTS for match in pattern.finditer(data))


def outline(data: bytes, hints: list[int]) -> bytes:
    """Return ``data`` with the bodies of functions without hints removed; every line keeps its number.

    data: with line feeds only, including one at the end

    The match is textual, so the result may have a syntax error that ``data`` does not have. But its meaning does not
    change: the removed text contains complete long strings, and an unmatched bracket is a syntax error.
    """

    def emptied(match: re.Match[bytes]) -> bytes:
        start, end = match.span()
        at = bisect_left(hints, start)
        text = match[0]
        if (at < len(hints) and hints[at] < end) or text.count(b'"""') % 2 or text.count(b"'''") % 2:
            return text
        return match[1] + b"def _(): pass" + b"\n" * text.count(b"\n")

    return _FUNCTION.sub(emptied, data)
