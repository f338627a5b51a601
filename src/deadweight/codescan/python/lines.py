"""Python that cannot be parsed → the modules in its import statements, matched line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from deadweight.model import How

# Long strings and comments are matched first, so that nothing in them counts.
_STATEMENT = re.compile(
    rb"""(?s:(\"{3}|'{3}).*?\1)
       | \#.*
       | ^(?P<indent>[ \t]*+)(?:
             from[ \t]++(?P<module>[A-Za-z_][\w.]*+)[ \t]++import\b(?P<names>[^\n#;\\]{0,9999}+)
           | import[ \t]++(?P<modules>
                 [A-Za-z_][\w.]*+(?:[ \t]++as[ \t]++\w++)?(?:[ \t]*+,[ \t]*+[\w. \t]++){0,999}+))""",
    re.VERBOSE | re.MULTILINE,
)
_MOST = 10_000  # statements; more than any handwritten file has
_NAME = re.compile(r"[a-z]\w*|_[a-z]\w*")


def imported_names(module: str, names: Iterator[str]) -> Iterator[str]:
    """Yield the modules that ``from module import names`` may import; a name may be a module if it is lower case."""
    start = module if module.endswith(".") else f"{module}."  # ``from . import name``
    for name in names:
        yield f"{start}{name}" if name == name.lower() and _NAME.fullmatch(name) else module


def imports_by_line(data: bytes) -> Iterator[tuple[str, int, How]]:
    """Yield (module, line, how) of the first 10,000 import statements; an indented one counts as lazy."""
    line = 1
    counted = 0
    statements = (match for match in _STATEMENT.finditer(data) if match["module"] or match["modules"])
    for match in islice(statements, _MOST):
        line += data.count(b"\n", counted, match.start())
        counted = match.start()
        how: How = "lazy" if match["indent"] else "start"
        for name in _modules(match):
            if name.isascii() and all(part.isidentifier() for part in name.split(".")) and len(name) < 256:
                yield name, line, how


def _modules(match: re.Match[bytes]) -> Iterator[str]:
    if match["module"]:
        module = match["module"].decode("ascii")
        names = [item.split()[0] for item in _items(match["names"].strip(b" \t\r()")) if item.split()]
        if module != "__future__":
            yield from imported_names(module, iter(names or ["*"]))
    else:
        yield from (item.split()[0] for item in _items(match["modules"]) if item.split())


def _items(text: bytes) -> list[str]:
    return text.decode("ascii", "replace").split(",")
