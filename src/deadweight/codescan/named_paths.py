"""The user's files → the names of files and directories in them, and the paths that Python code opens."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

_LONGEST = 300  # characters of a string that may be a path
_LARGEST = 1 << 20  # bytes of a file; longer ones are data
_SEPARATORS = re.compile(r"[/\\]")
_WORD = re.compile(r"[\w.@~+*/-]+")
_LEFT_OUT = re.compile("exclude|ignore|skip")  # arguments with names of what is not used
_OPENERS = frozenset(("open", "fopen", "open_binary", "open_text"))
_OF_PATHS = frozenset(("read_text", "read_bytes", "open", "exists", "is_file", "stat"))


class NamedPath(NamedTuple):
    """A text that may be a path.

    text:   as the code has it, or the dotted name of a module
    line:   where
    opened: whether it is opened there
    """

    text: str
    line: int
    opened: bool = False


def named_in_python(data: bytes) -> Iterator[NamedPath]:
    """Yield the strings and imported modules of a Python file; of one that cannot be parsed, all its words."""
    try:
        if len(data) > _LARGEST:
            raise ValueError
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from named_in_text(data)
        return
    opened = {id(node) for call in ast.walk(tree) if isinstance(call, ast.Call) for node in _opened(call)}
    unused = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}  # documentation
    for each in ast.walk(tree):
        if isinstance(each, ast.keyword) and _LEFT_OUT.search(each.arg or ""):
            unused.update(map(id, ast.walk(each.value)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unused:
            if 0 < len(node.value) <= _LONGEST and "\n" not in node.value:
                yield NamedPath(node.value, node.lineno, id(node) in opened)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield NamedPath(alias.name.replace(".", "/"), node.lineno)
        elif isinstance(node, ast.ImportFrom):
            names = "/".join(alias.name for alias in node.names)
            yield NamedPath(f"{(node.module or '').replace('.', '/')}/{names}", node.lineno)


def named_in_text(data: bytes) -> Iterator[NamedPath]:
    """Yield the words of a configuration file or a script that may be paths."""
    if len(data) > _LARGEST or b"\0" in data:
        return
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if not line.lstrip().startswith("#"):
            for match in _WORD.finditer(line):
                yield NamedPath(match[0], number)


def parts_of(text: str) -> Iterator[str]:
    """Yield the names in a path, and in a dotted name such as that of a package with data; not of a route ("/docs")."""
    if text.startswith("/") and "/" not in text[1:].rstrip("/"):
        return
    for part in _SEPARATORS.split(text):
        yield part
        if "." in part and not part.startswith("."):
            yield from part.split(".")


def _opened(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the strings that a call opens: ``open("x")``, ``Path("x").read_text()``."""
    function = call.func
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    if name in _OPENERS and call.args:
        yield from _strings(call.args[0])
    if isinstance(function, ast.Attribute) and name in _OF_PATHS:
        yield from _strings(function.value)


def _strings(node: ast.expr) -> Iterator[ast.expr]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))
