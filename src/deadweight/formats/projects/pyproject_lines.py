"""The text of a pyproject.toml → the lines on which its requirements are written.

A TOML parser tells values without their lines. So the text is searched for strings, and one that is not exactly once in
a list of requirements has no line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEADER = re.compile(r"\s*\[([^\[\]=,]+)\]\s*(?:#.*)?\Z")
_KEY = re.compile(r"""\s*(?:([\w-]+)|"([^"]+)"|'([^']+)')\s*=""")
_STRING = re.compile(r"""\"([^"\\]*)\"|'([^']*)'""")  # a value without escapes
# Table → the keys with lists of requirements; None for all of them
_LISTS = {
    "project": {"dependencies"},
    "project.optional-dependencies": None,
    "dependency-groups": None,
    "tool.uv": {"dev-dependencies"},
    "tool.pdm.dev-dependencies": None,
}


def lines_of(text: str) -> dict[str, int]:
    """Return requirement → the number of its line, for those that are written exactly once."""
    found: dict[str, list[int]] = {}
    for number, line in _in_lists(text):
        for match in _STRING.finditer(line):
            found.setdefault(match[1] or match[2] or "", []).append(number)
    return {requirement: numbers[0] for requirement, numbers in found.items() if len(numbers) == 1}


def _in_lists(text: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of the lists of requirements."""
    table, inside = "", False
    for number, line in enumerate(text.split("\n"), start=1):  # as editors count
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table = re.sub(r"""[\s"']""", "", header[1])
            inside = False
        elif key:
            keys = _LISTS.get(table)
            inside = table in _LISTS and (keys is None or (key[1] or key[2] or key[3]) in keys)
        if inside and not line.lstrip().startswith("#"):
            yield number, line
