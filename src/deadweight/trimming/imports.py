"""The text of a module → the modules in directories of tests that it imports.

A regular expression is enough, and ten times faster than parsing thousands of files: a line in a docstring that looks
like an import only keeps a directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PART = rb"(?:tests?|Tests|SelfTest)"
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<base>\.*[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#;]*)"
    rb"|import[ \t]+(?P<plain>[^\n#;]*))",
    re.MULTILINE,
)
_NAMED = re.compile(rb"\b" + _PART + rb"\b")
_COMMENT = re.compile(r"#[^\n]*")
_WORD = re.compile(r"[A-Za-z_][\w.]*")


def imported_tests(text: bytes, package: str) -> set[str]:
    """Return the dotted names of imported modules of which a part is named like a directory of tests.

    package: of the module, for relative imports: "a.b" for ``a/b/c.py`` and ``a/b/__init__.py``
    """
    if not _NAMED.search(text):
        return set()
    return {name for match in _IMPORT.finditer(text) if _NAMED.search(match[0]) for name in _names(match, package)}


def _names(match: re.Match[bytes], package: str) -> Iterator[str]:
    if match["plain"] is not None:
        yield from (part.split()[0] for part in _text(match["plain"]).split(",") if part.split())
        return
    base = _absolute(_text(match["base"]), package)
    if base is None:
        return
    if base:
        yield base
    for part in _COMMENT.sub("", _text(match["names"])).split(","):
        word = _WORD.search(part)
        if word:
            yield f"{base}.{word[0]}" if base else word[0]


def _absolute(base: str, package: str) -> str | None:
    """Return the absolute name of what an import refers to; None if it leaves the top-level package."""
    name = base.lstrip(".")
    dots = len(base) - len(name)
    if not dots:
        return name
    parts = package.split(".")
    if dots > len(parts):
        return None
    return ".".join(filter(None, (*parts[: len(parts) - dots + 1], name)))


def _text(data: bytes) -> str:
    return data.decode("ascii", "replace")
