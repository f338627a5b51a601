"""One Python file → its imports at module level whose names only one function uses."""

from __future__ import annotations

import pytest

from deadweight.startup.scopes import Single, Source, lines_of, read_source

ONE = "import heavy\n\ndef f():\n    return heavy.x\n"


def functions(code: str) -> list[str]:
    return [single.function for single in read_source(code.encode()).single]


def test_read_source__one_function__is_found_with_its_lines() -> None:
    imports = "import os\nfrom .a import (\n    b,\n    c as d,\n)\n"
    code = f'{imports}\n@os.x\ndef f(x: int) -> int:\n    """Doc."""\n    return b(d)\n'
    (single,) = read_source(code.encode()).single
    assert single == Single(2, 5, (".a", ".a.b", ".a.c"), ("b", "d"), "f", 8, 10)


@pytest.mark.parametrize(
    ("code", "function"),
    [
        (ONE, "f"),
        ("import heavy.inner\ndef f():\n    heavy.inner.x\n", "f"),
        ("import heavy as h\nasync def f():\n    h\n", "f"),
        ("import heavy\nclass A:\n    class B:\n        def f(self):\n            heavy\n", "A.B.f"),
        ("import heavy\nif True:\n    def f():\n        heavy\n", "f"),
        ("import heavy\ntry:\n    pass\nexcept OSError:\n    def f():\n        heavy\n", "f"),
        ("import heavy\ndef f():\n    def g():\n        return [heavy for _ in heavy]\n    return g\n", "f"),
        ("import heavy\ndef f():\n    class A(heavy.A):\n        x = heavy\n", "f"),
        ("import heavy\ndef f():\n    return lambda x=heavy: heavy\n", "f"),
        ("import heavy\ndef f():\n    @heavy.d\n    def g(x: heavy = heavy): pass\n", "f"),
        ("import heavy\ndef f():\n    return f'{heavy.x} {heavy!r:>{heavy}}'\n", "f"),
        ("import heavy\ndef f():\n    return f'''\n{heavy.x}\n  {heavy.y}'''\n", "f"),
        ("import heavy  # noqa\ndef f():\n    heavy\n", "f"),
        ("def f():\n    heavy\nimport heavy", "f"),
        ("import heavy\ndef f():\n    g(heavy=1, x=heavy)\n", "f"),
        ("import heavy\r\ndef f():\r\n\treturn heavy\r\n", "f"),
        ("from __future__ import annotations\nimport heavy\ndef f():\n    x: heavy.X = 1\n", "f"),
    ],
)
def test_read_source__used_in_one_function__is_found(code: str, function: str) -> None:
    assert functions(code) == [function]


@pytest.mark.parametrize(
    "code",
    [
        "import heavy\n",
        ONE + "def g():\n    heavy\n",
        ONE + "heavy\n",
        ONE + "x = lambda: heavy\n",
        ONE + "class A(heavy.A): pass\n",
        ONE + "class A:\n    x = heavy\n",
        ONE + "@heavy.d\ndef g(): pass\n",
        "import heavy\n@heavy.d\ndef f():\n    heavy\n",
        "import heavy\ndef f(x=heavy):\n    heavy\n",
        "import heavy\ndef f(x: heavy.X):\n    heavy\n",
        "import heavy\ndef f() -> heavy.X:\n    heavy\n",
        "from __future__ import annotations\nimport heavy\ndef f(x: heavy.X):\n    heavy\n",
        "import heavy\ndef f(x: 'list[heavy.X]'):\n    heavy\n",
        "import heavy\ndef f() -> 'heavy.X':\n    heavy\n",
        ONE + "x: 'heavy.X' = 1\n",
        ONE + "__all__ = ['f', 'heavy']\n",
        ONE + "__all__ += ['heavy']\n",
        ONE + "__all__.extend(['heavy'])\n",
        ONE + "heavy = 1\n",
        ONE + "del heavy\n",
        ONE + "import heavy.more\n",
        ONE + "def g(heavy): pass\n",
        ONE + "def g():\n    import heavy\n",
        ONE + "def g():\n    global heavy\n",
        ONE + "def heavy(): pass\n",
        ONE + "for heavy in (): pass\n",
        ONE + "try: pass\nexcept OSError as heavy: pass\n",
        ONE + "match 1:\n    case heavy: pass\n",
        ONE + "match 1:\n    case [*heavy]: pass\n",
        ONE + "match 1:\n    case {**heavy}: pass\n",
        ONE + "[heavy for heavy in ()]\n",
        ONE + "from x import *\n",
        "from heavy import *\ndef f():\n    heavy\n",
        ONE + "globals()['heavy']\n",
        ONE + "def g(x):\n    return eval(x)\n",
        "from __future__ import annotations\ndef f():\n    annotations\n",
        "if True:\n    import heavy\ndef f():\n    heavy\n",
        "try:\n    import heavy\nexcept ImportError:\n    pass\ndef f():\n    heavy\n",
        "import heavy; import os\ndef f():\n    heavy\n",
        "x = 1; import heavy\ndef f():\n    heavy\n",
        "x = 1; \\\nimport heavy\ndef f():\n    heavy\n",
        "\ufeffimport heavy\ndef f():\n    heavy\n",
        "import heavy\ndef f(): return heavy\n",
        "import heavy\ndef f(): \\\n    return heavy\n",
        "import heavy\ndef f():\n    '''doc'''; return heavy\n",
        "import heavy, os\ndef f():\n    heavy\nos\n",
        "import heavy, light\ndef f():\n    heavy\n",
        "import heavy.a, heavy.b\ndef f():\n    heavy\n",
        "def f(:\n",
        "x = \0",
    ],
)
def test_read_source__used_elsewhere_or_hard_to_move__is_left_alone(code: str) -> None:
    assert functions(code) == []


def test_read_source__two_statements__are_two() -> None:
    code = "import a\nimport b, c\ndef f():\n    a\ndef g():\n    b, c\n"
    assert [(single.names, single.function) for single in read_source(code.encode()).single] == [
        (("a",), "f"),
        (("b", "c"), "g"),
    ]


def test_read_source__facts_for_other_files__are_complete() -> None:
    source = read_source(
        b"import a.b\nfrom ..c import d, e as f\nfrom g import *\npatch('shop.app.pd')\nx.y = z.w\n'no.'\n'a b.c'\n"
    )
    assert source == Source(
        imports=frozenset({("a.b", ""), ("..c", "d"), ("..c", "e"), ("g", "*")}),
        attributes=frozenset("yw"),
        strings=frozenset({"shop.app.pd", "no."}),
    )


@pytest.mark.parametrize("code", [b"(" * 5000, b"-" * 200_000 + b"1", b"a." * 100_000 + b"a", b"\xff", b""])
def test_read_source__what_cannot_be_parsed__is_empty(code: bytes) -> None:
    assert read_source(code).single == ()


def test_lines_of__breaks__are_those_of_python() -> None:
    assert lines_of(b"a\r\nb\rc\n\x0c\x0bd\n\ne") == [b"a\r\n", b"b\r", b"c\n", b"\x0c\x0bd\n", b"\n", b"e"]
