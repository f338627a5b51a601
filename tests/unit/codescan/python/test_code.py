"""The text of a Python module → its imports and the names in its expressions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deadweight
from deadweight.codescan.python.code import read_python
from deadweight.codescan.python.outline import hints_in, outline
from deadweight.model import Reading


def read(text: str | bytes, file: str = "a.py") -> Reading:
    return read_python(text.encode() if isinstance(text, str) else text, file, "application")


def imports(text: str) -> dict[str, str]:
    """Return import → how."""
    reading = read(text)
    assert reading.skipped == ()
    return {m.name: m.how for m in reading.mentions if m.kind == "import"}


def named(text: str, file: str = "a.py") -> set[tuple[str, str]]:
    return {(m.kind, m.name) for m in read(text, file).mentions if m.kind != "import"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a", {"a": "start"}),
        ("import a.b as c, d", {"a.b": "start", "d": "start"}),
        ("from a import b", {"a.b": "start"}),
        ("from google.cloud import storage, Client", {"google.cloud.storage": "start", "google.cloud": "start"}),
        ("from a import *", {"a": "start"}),
        ("from a import __version__", {"a": "start"}),
        ("from . import a\nfrom .b import c\nfrom __future__ import annotations", {".a": "start", ".b.c": "start"}),
        ('if __name__ == "__main__":\n    import a', {"a": "start"}),
        ("class A:\n    import a", {"a": "start"}),
        ("def f():\n    import a", {"a": "lazy"}),
        ("async def f():\n    with x:\n        import a", {"a": "lazy"}),
        ("class A:\n    def f(self):\n        import a", {"a": "lazy"}),
        ("try:\n    import a\nexcept ImportError:\n    import b", {"a": "optional", "b": "optional"}),
        ("try:\n    import a\nexcept (KeyError, ModuleNotFoundError):\n    b = 1", {"a": "optional"}),
        ("try:\n    import a\nexcept:\n    pass", {"a": "optional"}),
        ("try:\n    import a\nexcept KeyError:\n    import b", {"a": "start", "b": "start"}),
        ("try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    import a\nfinally:\n    import b",
         {"a": "start", "b": "start"}),
        ("with contextlib.suppress(ImportError):\n    import a", {"a": "optional"}),
        ("with suppress(KeyError):\n    import a", {"a": "start"}),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", {"a": "types", "b": "start"}),
        ("if not typing.TYPE_CHECKING:\n    import a\nelse:\n    import b", {"a": "start", "b": "types"}),
        ("if TYPE_CHECKING:\n    try:\n        import a\n    except ImportError:\n        pass", {"a": "types"}),
        ("def f():\n    try:\n        import a\n    except ImportError:\n        pass", {"a": "optional"}),
        ("match x:\n    case 1:\n        import a", {"a": "conditional"}),
        ("for x in y:\n    pass\nelse:\n    import a", {"a": "start"}),
    ],
)  # fmt: skip
def test_read_python__import__has_how_it_runs(text: str, expected: dict[str, str]) -> None:
    assert imports(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('importlib.import_module("a.b")', {"a.b": "start"}),
        ('import_module("a")', {"a": "start"}),
        ('x = __import__("a")', {"a": "start"}),
        ('f = lambda: __import__("a")', {"a": "lazy"}),
        ('def f():\n    import_module("a")', {"a": "lazy"}),
        ('pytest.importorskip("a", reason="b.c")', {"a": "optional"}),
        ('def f():\n    importlib.util.find_spec("a")', {"a": "optional"}),
        ('import_module(".a", "pkg")\nimport_module(name)', {}),
    ],
)
def test_read_python__dynamic_import__counts_where_its_name_is_literal(text: str, expected: dict[str, str]) -> None:
    assert imports(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('x = "django.contrib.admin"', {("string", "django.contrib.admin")}),
        ('x = {"ENGINE": "django.db.backends.postgresql"}', {("string", "django.db.backends.postgresql")}),
        ('x = "package.module:attr"', {("string", "package.module.attr")}),
        ('INSTALLED_APPS = ["rest_framework", "a b"] + ["storages"]',
         {("string", "rest_framework"), ("string", "storages")}),
        ('INSTALLED_APPS += ("debug_toolbar",)', {("string", "debug_toolbar")}),
        ('MIDDLEWARE.insert(0, "whitenoise")', {("string", "whitenoise")}),
        ('worker_class = "gevent"', {("string", "gevent")}),
        ('names = ["rest_framework"]', set()),
        ('x = "postgresql+psycopg2://u:p@h/db"', {("url", "postgresql+psycopg2")}),
        ('x = f"redis://{host}"', {("url", "redis")}),
        ('x = URL.create("mysql+pymysql")', {("url", "mysql+pymysql")}),
        ('x = ["https://a.b", "file:///a", "git+ssh://a", "ws://a"]', set()),
        ('"""Say a.bb.cc or redis://a."""\n# redis://b\nx = 1', set()),
        ('def f(x: "pandas.DataFrame") -> "numpy.array":\n    y: "a.bb" = 1', set()),
        ('x = ["a.txt", "example.com", "www.a.b", "self.name", "i.e", "com.example.App", "x.in"]', set()),
        ('x = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"', set()),
        ('x = "tool.locust"', set()),
    ],
)  # fmt: skip
def test_read_python__string__is_a_path_a_url_or_nothing(text: str, expected: set[tuple[str, str]]) -> None:
    assert named(text) == expected


def test_read_python__extensions__are_modules_in_conf_py_alone() -> None:
    text = 'extensions = ["myst_parser", "sphinx.ext.autodoc"]'
    assert named(text, "docs/conf.py") == {("string", "myst_parser"), ("string", "sphinx.ext.autodoc")}
    assert named(text, "docs/other.py") == {("string", "sphinx.ext.autodoc")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('subprocess.run(["gunicorn", "-k", "uvicorn.workers.UvicornWorker"])',
         {("command", "gunicorn"), ("string", "uvicorn.workers.UvicornWorker")}),
        ('import subprocess as sp\nsp.check_call("alembic upgrade head && x", shell=True)',
         {("command", "alembic"), ("command", "x")}),
        ('from subprocess import run\nrun(\n    ["celery", *rest])', {("command", "celery")}),
        ('subprocess.Popen(args=[sys.executable, "-m", "pytest"])', {("command", "python -m pytest")}),
        ('from sys import executable\nsubprocess.run([executable, "-m", "build"])', {("command", "python -m build")}),
        ('os.system(f"pg_dump {name} > x")', {("command", "pg_dump")}),
        ('os.execvp("celery", ["celery", "-P", "gevent"])', {("command", "celery"), ("string", "gevent")}),
        ('asyncio.create_subprocess_exec("ffmpeg", "-i", "my.file")', {("command", "ffmpeg")}),
        ('subprocess.run(["pip", "install", "zope.interface"] + more)',
         {("command", "pip"), ("command", "pip install zope.interface")}),
        ("subprocess.run(command)", set()),
        ('run("make the.thing now")', set()),
    ],
)  # fmt: skip
def test_read_python__command__is_named_by_its_program(text: str, expected: set[tuple[str, str]]) -> None:
    assert named(text) == expected


def test_read_python__noxfile__names_what_its_sessions_run() -> None:
    text = 'def tests(session):\n    session.install("zope.interface")\n    session.run("mypy", "src")'
    assert named(text, "noxfile.py") == {("command", "mypy"), ("string", "zope.interface")}


def test_read_python__line__is_that_of_the_statement() -> None:
    mentions = read("x = 1\r\nimport a\rimport b\n").mentions
    assert [(m.name, m.line, m.file, m.role, m.cell) for m in mentions] == [
        ("a", 2, "a.py", "application", 0),
        ("b", 3, "a.py", "application", 0),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b'# coding: latin-1\nimport a\nx = "\xe9"',
        b"\xef\xbb\xbfimport a\n",
        b"# -*- coding: cp1252 -*-\nimport a  # \x80\n",
        b"import a\n\x0c\nx = 1",
    ],
)
def test_read_python__encoding__is_the_one_that_it_declares(text: bytes) -> None:
    reading = read(text)
    assert [m.name for m in reading.mentions] == ["a"]
    assert reading.skipped == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"import a\nprint 'hello'\n", "line 2: cannot be parsed"),
        (b"import a\nx = '\xff'\n", "cannot be parsed"),
        (b"import a\n\0", "line 2: cannot be parsed (null bytes)"),
        (b"# coding: punycode\nimport a\n", "unsupported encoding"),
        (b"# coding: no-such\nimport a\n", "cannot be parsed"),
        (b"import a\n" + b"(" * 500, "too many nested parentheses"),
        (b"import a\n" + b"-" * 100_000 + b"1", "nested too deeply"),
        (b"import a\nx" + b".x" * 100_000, "nested too deeply"),
        (b"import a\n" + b"".join(b" " * n + b"if 1:\n" for n in range(200)), "cannot be parsed"),
        (b"import a\n" + b"9" * 5000, "cannot be parsed"),
        (b"import a\n" + b"x = 1\n" * 200_000, "larger than 1 MiB"),
    ],
)
def test_read_python__syntax_error__gives_its_imports_and_a_note(text: bytes, reason: str) -> None:
    reading = read(text)
    assert [(m.name, m.line, m.how) for m in reading.mentions] == [("a", (text.index(b"import") and 2) or 1, "start")]
    (skipped,) = reading.skipped
    assert (skipped.name, skipped.exit_code) == ("a.py", 0)
    assert reason in skipped.reason
    assert skipped.reason.endswith("its imports were read line by line")


def test_read_python__by_line__passes_over_strings_and_comments() -> None:
    text = '"""\nimport no\n"""\n# import no\nimport a, b as c\nfrom d.e import f, G\nif 1:\n  import h\nprint 1\n'
    found = [(m.name, m.line, m.how) for m in read(text).mentions]
    assert found == [("a", 5, "start"), ("b", 5, "start"), ("d.e", 6, "start"), ("d.e.f", 6, "start"), ("h", 8, "lazy")]


def test_outline__function_without_hints__is_emptied_and_line_numbers_are_kept() -> None:
    text = b'import a\ndef f(\n    x,\n):\n    """Doc."""\n    return 1\n\n@b\ndef g():\n    import c\n'
    short = outline(text, hints_in(text))
    assert b"return 1" not in short
    assert b"import c" in short
    assert short.count(b"\n") == text.count(b"\n")
    assert [m.line for m in read(text).mentions] == [1, 10]


def test_outline__text_that_looks_like_functions__does_not_hide_what_follows() -> None:
    text = 'x = """\ndef f():\n    """\nimport a\ny = """\ndef g():\n    1\n"""\nimport b\n'
    assert imports(text) == {"a": "start", "b": "start"}


@pytest.mark.parametrize("path", sorted(Path(deadweight.__file__).parent.rglob("*.py")), ids=lambda p: p.name)
def test_read_python__own_modules__has_every_import_that_ast_has(path: Path) -> None:
    text = path.read_text("utf-8")
    tops = {name.partition(".")[0] for name in imports(text)}
    expected: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            expected |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            expected.add(node.module.partition(".")[0])
    assert tops - {"deadweight"} >= expected - {"__future__", "deadweight"}


PIECES = st.sampled_from(
    [b"import a\n", b"from a import (b,\n c)\n", b"try:\n ", b"def f():\n ", b'"""', b"'", b'"a.bb"', b"os.system('x')",
     b"\r", b"\n", b"\\\n", b"{{", b"(", b")", b"\0", b"\xff", b"f'{x}'", b"    def g(self):\n        1\n", b"redis://",
     b"# coding: utf-16\n", b"subprocess.run(['a', '-m'])\n", b"INSTALLED_APPS = ['a']\n", b"lambda: "]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=12).map(b"".join)))
def test_read_python__any_bytes__has_lines_of_the_file(data: bytes) -> None:
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    assert all(1 <= mention.line <= lines for mention in read(data).mentions)
