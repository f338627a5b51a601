"""The arguments of ENV and ARG → the variables that they set, as they are written.

source: https://docs.docker.com/reference/dockerfile/#env
"""

from __future__ import annotations

import re

_ASSIGNED = re.compile(r"""([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:\\.|\S)*)""")


def assigned(keyword: str, value: str) -> tuple[tuple[str, str], ...]:
    """Return (name, value) of each variable; values keep their quotes, escapes and variables.

    keyword: "ENV" or "ARG"
    value:   the arguments, on one line
    """
    older = older_form(value) if keyword == "ENV" else None
    return (older,) if older else tuple((match[1], match[2]) for match in _ASSIGNED.finditer(value))


def older_form(value: str) -> tuple[str, str] | None:
    """Return (name, value) of ``ENV NAME VALUE``; None for arguments of the form ``NAME=VALUE``.

    The first word decides, as in BuildKit: ``A b=c`` sets A to "b=c". Words end at blanks and tabs.
    """
    name, *rest = value.split(None, 1) or ("",)
    return (name, rest[0].strip()) if rest and name.isidentifier() else None
