"""One Python file → its imports at module level whose names only one function uses.

The rules are strict rather than clever: wherever a name could also be reached in another way, the import stays. Its
effects at import time, such as registering something, cannot be seen in the code; that is why a move is tried.
"""

from __future__ import annotations

import ast
import re
import warnings
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
ImportStatement = ast.Import | ast.ImportFrom
# With these, code can reach a global name that nothing shows.
_REFLECTION = frozenset(("globals", "locals", "vars", "eval", "exec"))
_WORD = re.compile(r"[^\W\d]\w*")
_LONGEST_STRING = 2000  # characters of an annotation in quotes


class Single(NamedTuple):
    """An import statement whose names only one function uses; lines count from 1.

    first, last: lines of the statement
    modules:     what it may import, absolute or with the leading dots of a relative import: "a", "a.b", ".c"
    names:       that it binds
    function:    qualified name
    before:      the line before which it would move, the first of the function's body after the docstring
    """

    first: int
    last: int
    modules: tuple[str, ...]
    names: tuple[str, ...]
    function: str
    function_line: int
    before: int


class Source(Struct, frozen=True):
    """The facts on one file that its own imports and those of others depend on.

    imports:    (module with leading dots, imported name) of every import from a module; "*" for a star import
    attributes: the names of all attributes that it reads
    strings:    dotted names in its strings, as a mock or a settings module would name an object
    """

    single: tuple[Single, ...] = ()
    imports: frozenset[tuple[str, str]] = frozenset()
    attributes: frozenset[str] = frozenset()
    strings: frozenset[str] = frozenset()


def read_source(data: bytes) -> Source:
    """Return the facts on a file; an empty value if it cannot be parsed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Source()
    try:
        return _read(tree, data)
    except RecursionError:
        return Source()


def lines_of(data: bytes) -> list[bytes]:
    """Return the lines of a file as Python counts them, each with its line break."""
    return re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", data)


def _read(tree: ast.Module, data: bytes) -> Source:
    nodes = list(ast.walk(tree))
    imports = frozenset(
        ("." * node.level + (node.module or ""), alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )
    names = {(alias.name, "") for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    source = Source(
        imports=imports | names,
        attributes=frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute)),
        strings=frozenset(text for text in texts if "." in text and re.fullmatch(r"[\w.:]{1,200}", text)),
    )
    if any(name == "*" for _, name in imports) or _REFLECTION & {n.id for n in nodes if isinstance(n, ast.Name)}:
        return source
    return Source(tuple(_singles(tree, nodes, data)), source.imports, source.attributes, source.strings)


def _singles(tree: ast.Module, nodes: list[ast.AST], data: bytes) -> Iterator[Single]:
    lines = lines_of(data)
    bound = Counter(_bindings(nodes))
    functions = [(name, each, _names_in(each)) for name, each in _functions(tree.body, "")]
    quoted = _quoted(nodes)
    for statement in tree.body:
        if not isinstance(statement, ImportStatement) or not _is_alone(statement, lines):
            continue
        names = tuple(alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            continue
        if len(set(names)) < len(names) or any(bound[name] != 1 or name in quoted for name in names):
            continue
        uses = [node for node in nodes if isinstance(node, ast.Name) and node.id in names]
        if not {use.id for use in uses}.issuperset(names):
            continue  # something else may need the name, or the import has an effect
        for qualified, function, inside in functions:
            before = _insertion(function, lines) if inside.issuperset(uses) else None
            if before is not None:
                last = statement.end_lineno or statement.lineno
                modules = _modules(statement)
                yield Single(statement.lineno, last, modules, names, qualified, function.lineno, before)


def _bindings(nodes: list[ast.AST]) -> list[str]:
    """Return every name that is bound, or declared global, in any scope; a name may occur several times."""
    bound: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.append(node.id)
        elif isinstance(node, ImportStatement):
            bound += (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, Definition):
            bound.append(node.name)
        elif isinstance(node, ast.arg):
            bound.append(node.arg)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            bound += node.names
        elif not isinstance(node, ast.alias):
            # ``except … as name``, ``case … as name``, ``case [*name]``, ``case {**rest}``, and type parameters
            others = (getattr(node, field, None) for field in ("name", "rest"))
            bound += (each for each in others if isinstance(each, str))
    return bound


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Function]]:
    """Yield the outermost functions: in the module, in its conditions, and in classes, with qualified names."""
    for node in body:
        if isinstance(node, Function):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")
        else:
            blocks = [getattr(node, field, []) for field in ("body", "orelse", "finalbody")]
            blocks += [each.body for each in (*getattr(node, "handlers", []), *getattr(node, "cases", []))]
            for block in blocks:
                yield from _functions(block, prefix) if isinstance(block, list) else ()


def _names_in(function: Function) -> set[ast.AST]:
    """Return the nodes of the names in a function's body, which its decorators, defaults and annotations are not."""
    return {node for statement in function.body for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _decorators(node: ast.stmt) -> list[ast.expr]:
    return node.decorator_list if isinstance(node, Definition) else []


def _quoted(nodes: list[ast.AST]) -> set[str]:
    """Return the words in annotations that are strings, and in the strings of ``__all__``."""
    words: set[str] = set()
    for node in nodes:
        texts: list[ast.expr | None] = []
        if isinstance(node, ast.arg | ast.AnnAssign):
            texts = [node.annotation]
        elif isinstance(node, Function):
            texts = [node.returns]
        # ``__all__ = […]``, ``__all__ += […]`` and ``__all__.extend([…])``
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr) and any(
            isinstance(each, ast.Name) and each.id == "__all__" for each in ast.walk(node)
        ):
            texts = [each for each in ast.walk(node) if isinstance(each, ast.expr)]
        for text in filter(None, texts):
            for each in ast.walk(text):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    words.update(_WORD.findall(each.value[:_LONGEST_STRING]))
    return words


def _is_alone(statement: ast.stmt, lines: list[bytes]) -> bool:
    """Return whether a statement can be cut out by its lines: it shares them with no other."""
    if statement.lineno == 1 and lines[0].startswith(BOM_UTF8):
        return False
    before = lines[statement.lineno - 1][: statement.col_offset]
    after = lines[(statement.end_lineno or statement.lineno) - 1][statement.end_col_offset :].strip()
    alone = not before.strip() and (not after or after.startswith(b"#"))
    return alone and not _continues(lines, statement.lineno)


def _continues(lines: list[bytes], number: int) -> bool:
    """Return whether the line before ends with a backslash."""
    return number > 1 and lines[number - 2].rstrip(b"\r\n").endswith(b"\\")


def _insertion(function: Function, lines: list[bytes]) -> int | None:
    """Return the line of the first statement after the docstring; None if another statement is on that line."""
    body = function.body
    is_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1] if is_docstring and len(body) > 1 else body[0]
    line = min([first.lineno, *(each.lineno for each in _decorators(first))])
    text = lines[line - 1]
    start = text[: len(text) - len(text.lstrip(b" \t\f"))]
    is_first = len(start) == first.col_offset and b"\f" not in start
    return line if is_first and not _continues(lines, line) else None


def _modules(statement: ImportStatement) -> tuple[str, ...]:
    """Return the modules that a statement may import, without those that contain them."""
    if isinstance(statement, ast.Import):
        return tuple(alias.name for alias in statement.names)
    base = "." * statement.level + (statement.module or "")
    joint = "" if base.endswith(".") else "."
    inner = tuple(f"{base}{joint}{alias.name}" for alias in statement.names)
    return (base, *inner) if statement.module else inner
