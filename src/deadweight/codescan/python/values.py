"""The expressions of a Python module → dynamic imports, commands, and dotted paths and URLs in strings."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from deadweight.codescan.python.conditions import Conditions, When, literal
from deadweight.codescan.python.features import MODULES, feature_of, is_harmless
from deadweight.codescan.shell import named_by_words, named_in
from deadweight.codescan.words import LISTS, SETTINGS, bare_name, dotted_path, url_scheme
from deadweight.model import How, Naming

Name = tuple[Naming, str, int, When]

# Modules whose functions are recognized, under whatever name they are imported.
ALIASED = frozenset(("asyncio", "importlib", "importlib.util", "os", "pytest", "subprocess", "sys", *MODULES))

_IMPORTS: Mapping[str, How] = {
    "import_module": "start",
    "__import__": "start",
    "importorskip": "optional",
    "find_spec": "optional",
}
# Function → index of the argument that is the command, as text for a shell or a list of words.
_ONE = {
    **{f"subprocess.{name}": 0 for name in ("run", "call", "check_call", "check_output", "Popen")},
    **{f"subprocess.{name}": 0 for name in ("getoutput", "getstatusoutput")},
    **dict.fromkeys(("os.system", "os.popen", "asyncio.create_subprocess_shell"), 0),
    **{f"os.exec{kind}": 1 for kind in ("v", "vp", "ve", "vpe")},
    **{f"os.spawn{kind}": 2 for kind in ("v", "vp", "ve", "vpe")},
}
# Function → index of the first of the arguments that are the words of the command.
_REST = {
    "asyncio.create_subprocess_exec": 0,
    **{f"os.exec{kind}": 1 for kind in ("l", "lp", "le", "lpe")},
    **{f"os.spawn{kind}": 2 for kind in ("l", "lp", "le", "lpe")},
}
_TASK_FILES = {"noxfile.py": "session", "tasks.py": "c ctx context", "fabfile.py": "c ctx context"}
_NO_VALUES = frozenset(("annotation", "returns", "type_comment", "ctx", "type_params"))
_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)


class Values:
    """Finds names in the expressions of one module.

    lines:   the sorted numbers of the lines with hints; others are skipped
    aliases: local name → full name, for the modules in ALIASED
    name:    of the file
    """

    def __init__(self, lines: list[int], aliases: Mapping[str, str], conditions: Conditions, name: str) -> None:
        self._lines, self._aliases, self._conditions, self._name = lines, aliases, conditions, name
        self._runners = frozenset(f"{each}.run" for each in _TASK_FILES.get(name, "").split())

    def named_by(self, statement: ast.stmt, when: When) -> Iterator[Name]:
        """Yield the names in a statement, without those in nested statements."""
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return  # a docstring
        if not self._is_hinted(statement):
            return
        yield from self._assigned(statement, _of_text(when))
        pending: list[tuple[ast.AST, When]] = [(statement, when)]
        while pending:
            node, when = pending.pop()
            if is_harmless(node):
                continue
            if feature := feature_of(node, self._name_of(node) if isinstance(node, ast.Name | ast.Attribute) else ""):
                yield "feature", feature, getattr(node, "lineno", 0), when
            children: Iterable[tuple[ast.AST, When]] = ()
            if isinstance(node, ast.Constant):
                yield from _text(node, _of_text(when))
            elif isinstance(node, ast.JoinedStr):
                yield from _scheme(node.values[:1], _of_text(when))
                children = ((each, when) for each in node.values if isinstance(each, ast.FormattedValue))
            elif isinstance(node, ast.Call):
                names, rest = self._called(node, when)
                yield from names
                children = ((each, when) for each in rest)
            elif isinstance(node, ast.IfExp):
                then, other = self._conditions.branches(node.test, when)
                children = ((node.test, when), (node.body, then), (node.orelse, other))
            elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
                then, _ = self._conditions.branches(node.values[0], when)
                children = ((node.values[0], when), *((each, then) for each in node.values[1:]))
            elif not isinstance(node, ast.arg):
                inner = when.weaker("lazy") if isinstance(node, ast.Lambda) else when
                children = ((each, inner) for each in _children(node))
            pending += (child for child in children if self._is_hinted(child[0]))

    def _is_hinted(self, node: ast.AST) -> bool:
        """Return whether a line of the node has a hint."""
        first = getattr(node, "lineno", None)
        if first is None:
            return True
        at = bisect_left(self._lines, first)
        return at < len(self._lines) and self._lines[at] <= (getattr(node, "end_lineno", None) or first)

    def _assigned(self, node: ast.stmt, when: When) -> Iterator[Name]:
        """Yield the bare names in a setting."""
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(value, ast.expr):
            for name in (target.id for target in targets if isinstance(target, ast.Name)):
                if self._is_list(name):
                    yield from self._bare(value, when)
                elif SETTINGS.fullmatch(name) and isinstance(value, ast.Constant):
                    yield from self._bare(ast.List([value]), when)

    def _bare(self, node: ast.expr, when: When) -> Iterator[Name]:
        """Yield the names in a list, or in a sum of lists."""
        pending = [(node, when)]
        while pending:
            node, when = pending.pop()
            if isinstance(node, ast.BinOp):
                pending += ((node.left, when), (node.right, when))
            elif isinstance(node, ast.IfExp):
                then, other = self._conditions.branches(node.test, when)
                pending += ((node.body, then), (node.orelse, other))
            elif isinstance(node, ast.List | ast.Tuple | ast.Set):
                pending += ((item.value, when) for item in node.elts if isinstance(item, ast.Starred))
                for item in node.elts:
                    if bare_name(literal(item) or ""):
                        yield "string", literal(item) or "", item.lineno, when

    def _is_list(self, name: str) -> bool:
        # Outside Sphinx's conf.py, ``extensions`` are usually file extensions.
        return bool(LISTS.fullmatch(name)) or (name == "extensions" and self._name == "conf.py")

    def _called(self, node: ast.Call, when: When) -> tuple[Iterable[Name], Iterable[ast.AST]]:
        """Return (the names that a call gives to the function, the other nodes to search)."""
        name = self._name_of(node.func)
        rest: list[ast.AST] = [node.func, *(keyword.value for keyword in node.keywords)]
        last = name.rpartition(".")[2]
        if last in _IMPORTS and node.args and (module := literal(node.args[0])):
            known = all(part.isidentifier() for part in module.split("."))
            imported: list[Name] = [("import", module, node.lineno, when.weaker(_IMPORTS[last]))] if known else []
            return imported, [*rest, *node.args[1:]]
        if last in ("append", "extend", "insert") and self._is_list(name.rpartition(".")[0]) and node.args:
            value = node.args[-1]
            listed = self._bare(value if last == "extend" else ast.List([value]), _of_text(when))
            return listed, [*rest, *node.args]
        if last == "include" and node.args and bare_name(literal(node.args[0]) or ""):
            # Pyramid's Configurator.include imports the module.
            return [("string", literal(node.args[0]) or "", node.lineno, _of_text(when))], [*rest, *node.args]
        words, text = self._command(name, node)
        if words is None and text is None:
            return (), [*rest, *node.args]
        named = named_in(text) if text is not None else named_by_words(words or [], 1)
        return [(n.kind, n.name, node.lineno, when) for n in named if n.kind != "shell"], rest

    def _command(self, name: str, node: ast.Call) -> tuple[list[str] | None, str | None]:
        """Return the words or the text of the command that a call starts; (None, None) if it starts none."""
        if name in _REST:
            return [*map(self._word, node.args[_REST[name] :])], None
        given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in ("args", "cmd", "command"))]
        if name in self._runners and len(given) > 1:
            return [*map(self._word, given)], None
        at = 0 if name in self._runners else _ONE.get(name)
        if at is None or at >= len(given):
            return None, None
        command = given[at]
        while isinstance(command, ast.BinOp):
            command = command.left
        if isinstance(command, ast.List | ast.Tuple):
            return [*map(self._word, command.elts)], None
        text = self._word(command)
        return None, None if text == "$_" else text

    def _word(self, node: ast.expr) -> str:
        """Return the text of a literal, with a variable for each part that is computed."""
        if isinstance(node, ast.JoinedStr):
            return "".join(literal(part) or "$_" for part in node.values)
        if self._name_of(node) == "sys.executable":
            return "python"
        return literal(node) or "$_"

    def _name_of(self, node: ast.expr) -> str:
        """Return the full dotted name of a called function; "" if it has none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < 4:
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return parts[0] if parts else ""
        return ".".join([self._aliases.get(node.id, node.id), *reversed(parts)])


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the direct children of a node, without annotations and statements."""
    for field in node._fields:
        value = getattr(node, field, None)
        if field in _NO_VALUES or value is None:
            continue
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, ast.AST) and not isinstance(each, _STATEMENTS):
                yield each


def _of_text(when: When) -> When:
    """Return when a string counts: a function or ``try`` around it makes an import lazy or optional, not a setting."""
    return when if when.how in ("conditional", "types") else when._replace(how="start")


def _text(node: ast.Constant, when: When) -> Iterator[Name]:
    path = dotted_path(node.value) if isinstance(node.value, str) else None
    if path:
        yield "string", path, node.lineno, when
    yield from _scheme([node], when)


def _scheme(nodes: Iterable[ast.expr], when: When) -> Iterator[Name]:
    for node in nodes:
        scheme = url_scheme(literal(node) or "")
        if scheme:
            yield "url", scheme, node.lineno, when
