"""The text of a Python module → its imports and the names in its expressions. It is parsed and never run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator

from deadweight.codescan.python.conditions import Conditions, When, is_main, last_name
from deadweight.codescan.python.features import feature_named
from deadweight.codescan.python.lines import imported_names, imports_by_line
from deadweight.codescan.python.outline import hints_in, outline
from deadweight.codescan.python.values import ALIASED, Name, Values
from deadweight.model import Mention, Reading, Role, Skipped

# A parsed file can take a thousand times its size in memory. Longer files are usually generated.
_LARGEST = 1 << 20  # bytes
# Codecs with quadratic run time.
_SLOW_CODEC = re.compile(rb"\A(?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*(?:punycode|idna)", re.IGNORECASE)

_CAUGHT = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))

Body = tuple[list[ast.stmt], When]


# Expressions of template engines (Jinja, Django, Cookiecutter).
_TEMPLATE = re.compile(rb"\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\}")


class _Unparsable(Exception):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


def read_python(data: bytes, file: str, role: Role, cell: int = 0) -> Reading:
    """Return the names in a module; after a syntax error, only its import statements, and a note."""
    data = (data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data) + b"\n"
    names: Iterable[Name]
    skipped: tuple[Skipped, ...] = ()
    try:
        names = _names(data, file)
    except _Unparsable as error:
        if _TEMPLATE.search(data.split(b"\n")[error.line - 1]):
            return Reading(skipped=(Skipped(file, "a template for other files"),))
        names = (("import", name, line, When(how)) for name, line, how in imports_by_line(data))
        location = f"{f'cell {cell}, ' if cell else ''}line {error.line}"
        reason = f"{location}: cannot be parsed ({error.reason}); its imports were read line by line"
        skipped = (Skipped(file, reason),)
    mentions = {
        Mention(kind, name, file, line, role, when.how, cell, when.condition, when.marker)
        for kind, name, line, when in names
    }
    return Reading(tuple(sorted(mentions, key=lambda m: (m.line, m.name, m.kind, m.how, m.condition))), skipped)


def _names(data: bytes, file: str) -> list[Name]:
    if b"\0" in data:
        raise _Unparsable(data.count(b"\n", 0, data.index(b"\0")) + 1, "null bytes")
    if len(data) > _LARGEST:
        raise _Unparsable(1, f"larger than {_LARGEST >> 20} MiB")
    if _SLOW_CODEC.match(data):
        raise _Unparsable(1, "unsupported encoding")
    hints = hints_in(data)
    if not hints:
        return []
    conditions = Conditions(data.split(b"\n"))
    statements = list(_statements(_parsed(data, hints), conditions))
    aliases = _aliases(node for node, _ in statements)
    values = Values(_lines_of(data, hints), aliases, conditions, file.rpartition("/")[2])
    names: list[Name] = []
    for node, when in statements:
        if isinstance(node, ast.If) and is_main(node.test):
            # A script: Python adds its directory to the import path.
            names.append(("root", ".", node.lineno, When()))
        if isinstance(node, ast.Import):
            names += (("import", alias.name, node.lineno, when) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module != "__future__":
                # A relative import keeps its dots, because only the whole tree shows which module it refers to.
                module = "." * node.level + (node.module or "")
                imported = imported_names(module, (alias.name for alias in node.names))
                names += (("import", name, node.lineno, when) for name in imported)
                features = {feature_named(f"{module}.{alias.name}") for alias in node.names}
                names += (("feature", feature, node.lineno, when) for feature in features if feature)
        else:
            names += values.named_by(node, when)
    return names


def _parsed(data: bytes, hints: list[int]) -> ast.Module:
    # Nesting needs no limit here, because CPython's tokenizer (200 brackets, 100 indents) and parser have limits.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a SyntaxWarning in the measured code is not relevant
        shorter = outline(data, hints)
        for text in (shorter, data):
            try:
                return ast.parse(text)
            except SyntaxError as error:
                line, reason = error.lineno or 1, error.msg
            except RecursionError:
                line, reason = 1, "nested too deeply"
            except (ValueError, MemoryError) as error:
                line, reason = 1, str(error) or "nested too deeply"
    raise _Unparsable(max(1, min(line, data.count(b"\n"))), reason)


def _lines_of(data: bytes, hints: list[int]) -> list[int]:
    """Return the line numbers of the offsets ``hints``; both are sorted."""
    lines: list[int] = []
    line, counted = 1, 0
    for at in hints:
        line += data.count(b"\n", counted, at)
        counted = at
        if not lines or lines[-1] != line:
            lines.append(line)
    return lines


def _aliases(statements: Iterable[ast.stmt]) -> dict[str, str]:
    """Return local name → full name for imports of the modules in ALIASED: ``sp`` → ``subprocess``."""
    names: dict[str, str] = {}
    for node in statements:
        if isinstance(node, ast.Import):
            names.update((a.asname, a.name) for a in node.names if a.asname and a.name in ALIASED)
        elif isinstance(node, ast.ImportFrom) and node.module in ALIASED:
            names.update((a.asname or a.name, f"{node.module}.{a.name}") for a in node.names)
    return names


def _statements(tree: ast.Module, conditions: Conditions) -> Iterator[tuple[ast.stmt, When]]:
    """Yield (statement, when it runs) for every statement."""
    pending: list[Body] = [(tree.body, When())]
    while pending:
        body, when = pending.pop()
        for node in body:
            yield node, when
            if type(node) not in _SIMPLE:
                pending += _bodies(node, when, conditions)


_SIMPLE = frozenset((ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.Import, ast.ImportFrom))


def _bodies(node: ast.stmt, when: When, conditions: Conditions) -> Iterator[Body]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.body, when.weaker("lazy")
    elif isinstance(node, ast.Try | ast.TryStar):
        guarded = when.weaker("optional") if any(map(_catches, node.handlers)) else when
        yield node.body, guarded
        yield from ((handler.body, guarded) for handler in node.handlers)
        yield node.orelse, when
        yield node.finalbody, when
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield node.body, when.weaker("optional") if any(map(_suppresses, node.items)) else when
    elif isinstance(node, ast.If):
        then, other = conditions.branches(node.test, when)
        yield node.body, then
        yield node.orelse, other
    elif isinstance(node, ast.Match):
        yield from ((case.body, conditions.case(node.subject, case, when)) for case in node.cases)
    else:
        yield getattr(node, "body", []), when
        yield getattr(node, "orelse", []), when


def _catches(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler catches a failed import."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or last_name(each) in _CAUGHT for each in caught)


def _suppresses(item: ast.withitem) -> bool:
    call = item.context_expr
    if not isinstance(call, ast.Call) or last_name(call.func) != "suppress":
        return False
    return any(last_name(each) in _CAUGHT for each in call.args)
