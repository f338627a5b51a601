"""Source text → the same with import statements moved into functions."""

from __future__ import annotations

import pytest

from deadweight.startup.moving import moved
from deadweight.startup.scopes import read_source


def after(code: str) -> str:
    data = code.encode()
    return moved(data, read_source(data).single).decode()


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("import a  # why\nx = 1\ndef f():\n    return a\n", "x = 1\ndef f():\n    import a  # why\n    return a\n"),
        (
            'import a\ndef f():\n\t"""Doc."""\n\n\t# first\n\treturn a',
            'def f():\n\t"""Doc."""\n\n\t# first\n\timport a\n\treturn a',
        ),
        (
            "from a import (\n  b,  # one\n)\nclass A:\n  def f(self):\n    b\n",
            "class A:\n  def f(self):\n    from a import (\n  b,  # one\n)\n    b\n",
        ),
        ("from a import \\\n b\r\ndef f():\r\n  b\r\n", "def f():\r\n  from a import \\\n b\r\n  b\r\n"),
        ("def f():\r\n    a\r\nimport a", "def f():\r\n    import a\r\n    a\r\n"),
        (
            "import a\ndef f():\n    @a.d\n    def g(): pass\n    return g\n",
            "def f():\n    import a\n    @a.d\n    def g(): pass\n    return g\n",
        ),
        ("import a\nimport b\ndef f():\n    a, b\n", "def f():\n    import a\n    import b\n    a, b\n"),
        ("import a\nimport b\ndef f():\n b\ndef g():\n a\n", "def f():\n import b\n b\ndef g():\n import a\n a\n"),
        ("import a\ndef f():\n    'é' ; a\n", "import a\ndef f():\n    'é' ; a\n"),
    ],
)
def test_moved__statement__is_first_in_the_function_and_the_rest_stays(before: str, expected: str) -> None:
    assert after(before) == expected
    compile(expected, "x.py", "exec")


def test_moved__other_encoding__keeps_its_bytes() -> None:
    data = "# coding: latin-1\nimport a\ndef f():\n    'é'\n    return a, 'é'\n".encode("latin-1")
    (single,) = read_source(data).single
    assert moved(data, [single]) == data.replace(b"import a\n", b"").replace(b"    return", b"    import a\n    return")
