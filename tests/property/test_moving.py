"""Moved imports: for any module, the source compiles, and nothing but the statements moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from symtable import SymbolTable, symtable

from hypothesis import given, settings
from hypothesis import strategies as st

from deadweight.startup.moving import moved
from deadweight.startup.scopes import lines_of, read_source

NAMES = ("alpha", "beta", "gamma")
IMPORTS = st.sampled_from(
    [
        *(f"import {name}" for name in NAMES),
        *(f"import {name}.inner  # why" for name in NAMES),
        *(f"from .{name} import (\n  x,\n  {name}, # c\n)" for name in NAMES),
        "from pack import alpha as \\\n  beta",
        "import alpha; import beta",
        "from __future__ import annotations",
    ]
)
NEUTRAL = ["1", "x.y", "pass", "z = 2", "'é'", "'''a\n  b'''"]
EXPRESSIONS = st.sampled_from([*NAMES, "lambda y=alpha: beta", "[gamma for _ in ()]", "f'{alpha!r}'"])
PREFIX = st.sampled_from(["", '"""Doc."""\n', '"""Doc."""; ', "# comment\n", "\n", "@alpha\ndef inner(): pass\n"])
HEADS = (
    "def f():", "def e(x):", "async def d(*y):", "async def g(x=alpha):", "def h(x: 'beta') -> int:",
    "@gamma\ndef i():",
)  # fmt: skip


@st.composite
def definitions(draw: st.DrawFn) -> str:
    """Return a function, perhaps in a class, whose body may use any name."""
    indent = draw(st.sampled_from(["    ", "\t", " "]))
    lines = draw(st.lists(st.one_of(st.sampled_from(NEUTRAL), EXPRESSIONS), min_size=1, max_size=3))
    body = draw(PREFIX) + "\n".join(lines)
    head = draw(st.sampled_from(HEADS))
    one_line = draw(st.integers(0, 4)) == 4 and "\n" not in body and "@" not in body
    text = f"{head} {body}" if one_line else f"{head}\n" + "\n".join(indent + line for line in body.split("\n"))
    if draw(st.booleans()):
        return text
    return "class A:\n" + "\n".join(f"  {line}" if line else line for line in text.split("\n"))


@st.composite
def sources(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(IMPORTS, min_size=1, max_size=2, unique=True))
    parts += draw(st.lists(definitions(), min_size=1, max_size=2))
    parts += draw(st.lists(st.one_of(st.sampled_from(NEUTRAL), EXPRESSIONS), max_size=1))
    parts = draw(st.permutations(parts))
    ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = "\n".join(parts) + draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", ending).encode()


def parses(data: bytes) -> bool:
    try:
        compile(data, "x.py", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


@settings(max_examples=400)
@given(sources())
def test_moved__any_module__compiles_and_keeps_all_other_lines(data: bytes) -> None:
    singles = read_source(data).single
    after = moved(data, singles)
    assert not parses(data) or parses(after)
    rows = {number for each in singles for number in range(each.first, each.last + 1)}
    before_lines, after_lines = lines_of(data), lines_of(after)
    kept = [line for number, line in enumerate(before_lines, 1) if number not in rows]
    assert is_subsequence(kept, after_lines)
    statements = Counter(line.strip() for number, line in enumerate(before_lines, 1) if number in rows)
    assert Counter(line.strip() for line in after_lines) - Counter(line.strip() for line in kept) == statements


@settings(max_examples=400)
@given(sources())
def test_moved__any_module__leaves_no_use_of_the_name_outside_of_the_function(data: bytes) -> None:
    """The symbol table of Python itself is the oracle: after the move, no scope looks for the name in the module."""
    singles = read_source(data).single
    if parses(data):
        names = {name for each in singles for name in each.names}
        for table in tables(symtable(moved(data, singles).decode(), "x.py", "exec")):
            found = names.intersection(table.get_identifiers())
            assert table.get_type() != "module" or not found
            assert not [name for name in found if table.lookup(name).is_global()]


def tables(table: SymbolTable) -> Iterator[SymbolTable]:
    yield table
    for child in table.get_children():
        yield from tables(child)


def is_subsequence(part: list[bytes], whole: list[bytes]) -> bool:
    remaining = iter(whole)
    return all(line in remaining for line in part)
