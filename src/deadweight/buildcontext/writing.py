"""Rules → the lines of a ``.dockerignore``, after those that it has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

# Some are special only before Docker 23, in podman and in buildah, which pass them on to a regular expression.
_SPECIAL = re.compile(r"([*?\[\]\\^$+(){}|])")
_EDGES = re.compile(r"\A\s|\s\Z")


class Lines(Protocol):
    """What is written under one comment."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The patterns."""

    @property
    def comment(self) -> str:
        """Why they are there."""


def line_of(path: str) -> str:
    """Return the line that matches one path and nothing else, "" if no line can."""
    if "\n" in path:
        return ""
    line = _SPECIAL.sub(r"\\\1", path)
    # Docker strips spaces from both ends of a line, even after a backslash, but not from a class.
    line = _EDGES.sub(lambda match: f"[{match[0]}]", line)
    return f"\\{line}" if line.startswith(("#", "!")) else line


def extended(text: str, rules: Iterable[Lines]) -> str:
    """Return a text with the lines of some rules after its own, which stay as they are."""
    end = "\r\n" if "\r\n" in text else "\n"
    if text and not text.endswith("\n"):
        text += end
    comment = None
    for rule in rules:
        if rule.comment != comment:
            comment = rule.comment
            text += f"{end if text else ''}# {comment}{end}"
        text += "".join(f"{line}{end}" for line in rule.lines)
    return text
