"""The test of an ``if`` → when each of its branches runs: always, on some machines, or under a condition."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from deadweight.model import How

_LONGEST = 120  # characters of a condition in a report
_STRENGTH: tuple[How, ...] = ("start", "lazy", "conditional", "optional", "types")
_FLIPPED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">", ast.LtE: "<=",
}  # fmt: skip
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">=": "<=", ">": "<", "<=": ">="}
# Expressions that describe the machine → the PEP 508 variable with the same value.
_VARIABLES = {"sys.platform": "sys_platform", "os.name": "os_name", "platform.system": "platform_system"}
# Names of flags for an optional distribution being installed.
_AVAILABLE = ("HAS_", "HAVE_", "WITH_", "_HAS_", "_HAVE_", "has_", "have_")
_AVAILABLE_ENDS = ("_AVAILABLE", "_INSTALLED", "_available", "_installed")


class When(NamedTuple):
    """When a statement runs.

    how:       as in ``Mention``
    condition: the source text of the conditions, shortened
    marker:    a PEP 508 marker for the machine
    """

    how: How = "start"
    condition: str = ""
    marker: str = ""

    def weaker(self, how: How) -> When:
        """Return the same with ``how``, if that makes it less certain that the statement runs."""
        return self._replace(how=max(self.how, how, key=_STRENGTH.index))

    def under(self, condition: str) -> When:
        """Return the same under one more condition."""
        both = f"{self.condition} and {condition}" if self.condition else condition
        return self.weaker("conditional")._replace(condition=shortened(both))

    def on(self, marker: str) -> When:
        """Return the same restricted to the machines that a marker describes."""
        return self._replace(marker=f"({self.marker}) and ({marker})" if self.marker else marker)


class Conditions:
    """The conditions of one module.

    lines: its source lines, from which the text of conditions is taken
    """

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines

    def branches(self, test: ast.expr, when: When) -> tuple[When, When]:
        """Return when the body of an ``if`` runs and when its ``else`` does."""
        if is_main(test):
            return when, when
        kind = _kind(test)
        if kind is not None:
            how, negated = kind
            # ``if not HAS_X`` guards nothing. The else of ``if not TYPE_CHECKING`` is for type checkers.
            return (when, when.weaker(how)) if negated else (when.weaker(how), when)
        marker = _marker(test, negated=False)
        if marker:
            return when.on(marker), when.on(_marker(test, negated=True))
        text = self.text(test)
        return when.under(text), when.under(f"not ({text})")

    def case(self, subject: ast.expr, case: ast.match_case, when: When) -> When:
        """Return when a ``case`` runs. The last one is often ``case _``, whose pattern has no source text."""
        pattern = case.pattern
        if isinstance(pattern, ast.MatchAs) and pattern.pattern is None and pattern.name is None:
            return when.under(f"match {self.text(subject)}: case _")
        return when.under(f"match {self.text(subject)}: case {self.text(pattern)}")

    def text(self, node: ast.expr | ast.pattern) -> str:
        """Return the source text of a node on one line. Unlike ``ast.unparse``, it works at any nesting depth."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        if first >= len(self._lines):
            return "…"
        if first == last:
            text = self._lines[first][node.col_offset : node.end_col_offset]
        else:
            text = self._lines[first][node.col_offset :] + " …".encode()
        return shortened(" ".join(text.decode("utf-8", "replace").split()))


def shortened(text: str) -> str:
    """Return a condition for reports; of a long one, the end, which is the innermost part."""
    return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"


def is_main(test: ast.expr) -> bool:
    """Return whether a test is ``__name__ == "__main__"``."""
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _kind(test: ast.expr) -> tuple[How, bool] | None:
    """Return (how the body runs, whether negated) for a test for type checkers or an installed distribution."""
    negated = False
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, negated = test.operand, not negated
    both = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    if any(last_name(each) == "TYPE_CHECKING" for each in both):
        # Neither branch of "not (TYPE_CHECKING and x)" is only for type checkers.
        return None if negated and len(both) > 1 else ("types", negated)
    if any(_tests_distribution(each) for each in both):
        return "optional", negated
    return None


def _tests_distribution(test: ast.expr) -> bool:
    if isinstance(test, ast.Compare):  # ``find_spec("x") is not None``
        test = test.left
    name = last_name(test.func if isinstance(test, ast.Call) else test)
    return name == "find_spec" or name.startswith(_AVAILABLE) or name.endswith(_AVAILABLE_ENDS)


def _marker(test: ast.expr, *, negated: bool, deep: int = 0) -> str:
    """Return the PEP 508 marker that is equivalent to a test or its negation; "" if the test is about anything else."""
    if deep > 10:
        return ""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _marker(test.operand, negated=not negated, deep=deep + 1)
    if isinstance(test, ast.BoolOp):
        parts = [_marker(value, negated=negated, deep=deep + 1) for value in test.values]
        joined = " or " if isinstance(test.op, ast.Or) is not negated else " and "
        return f"({joined.join(parts)})" if all(parts) else ""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _OPERATORS:
        operator = _OPERATORS[type(test.ops[0])]
        left, right = test.left, test.comparators[0]
        if isinstance(left, ast.Constant | ast.Tuple):
            left, right, operator = right, left, _MIRRORED[operator]
        return _comparison(left, _FLIPPED[operator] if negated else operator, right)
    # ``sys.platform.startswith("win")``
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "startswith":
        text = literal(test.args[0]) if len(test.args) == 1 else None
        if text and _dotted(test.func.value) == "sys.platform" and text.isalnum():
            return f'"{text}" {"not in" if negated else "in"} sys_platform'
    return ""


def _comparison(left: ast.expr, operator: str, right: ast.expr) -> str:
    name = _dotted(left.func if isinstance(left, ast.Call) else left)
    text = literal(right)
    if name in _VARIABLES and text and text.isalnum() and operator in ("==", "!="):
        return f'{_VARIABLES[name]} {operator} "{text}"'
    if name == "sys.version_info":
        return _version(operator, tuple(_numbers(right)))
    is_major = name == "sys.version_info.major" or (
        isinstance(left, ast.Subscript) and _dotted(left.value) == "sys.version_info" and _is_zero(left.slice)
    )
    return _major(operator, next(_numbers(right), None)) if is_major else ""


def _major(operator: str, number: int | None) -> str:
    """Return a marker for ``sys.version_info[0] OP number``."""
    if number is None:
        return ""
    if operator in ("==", "!="):
        return f'python_full_version {operator} "{number}.*"'
    first = number + 1 if operator in (">", "<=") else number
    return f'python_full_version {">=" if operator in (">", ">=") else "<"} "{first}.0.0"'


def _version(operator: str, numbers: tuple[int, ...]) -> str:
    """Return a marker for ``sys.version_info OP numbers``; a tuple is less than any longer tuple that it begins."""
    if not 0 < len(numbers) <= 3 or operator in ("==", "!="):
        return ""
    if len(numbers) < 3 and operator in (">", "<="):  # (3, 11, 4) > (3, 11), so ">" is the same as ">="
        operator = {">": ">=", "<=": "<"}[operator]
    return f'python_full_version {operator} "{".".join(map(str, (*numbers, 0, 0)[:3]))}"'


def _numbers(node: ast.expr) -> Iterator[int]:
    for each in node.elts if isinstance(node, ast.Tuple) else [node]:
        if isinstance(each, ast.Constant) and type(each.value) is int and 0 <= each.value < 100:
            yield each.value


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner and inner.count(".") < 3 else ""
    return node.id if isinstance(node, ast.Name) else ""


def literal(node: ast.expr) -> str | None:
    """Return the text of a string literal; None for any other expression."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name, "" for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
