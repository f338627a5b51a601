"""The program that imports modules in an environment."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deadweight.sources.install.importing import LONGEST, result
from tests.builders import write_files


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["dw_a", "dw_a.b", "dw_a.value", "dw_a.b.value.real", "dw_ns.inner"])
def test_result__module_or_something_in_one__is_imported(modules: Path, name: str) -> None:
    write_files(modules, {"dw_a/__init__.py": "value = 1", "dw_a/b.py": "value = 1", "dw_ns/inner.py": ""})
    assert result(name) == [name, "", "", False]


def test_result__not_in_its_module__is_an_error(modules: Path) -> None:
    write_files(modules, {"dw_a.py": ""})
    assert result("dw_a.b") == ["dw_a.b", "ImportError: cannot import name 'b' from 'dw_a'", "", False]


@pytest.mark.parametrize(
    ("code", "reason", "missing"),
    [
        ("import dw_gone", "ModuleNotFoundError: No module named 'dw_gone'", "dw_gone"),
        ("try: import dw_gone\nexcept ImportError: raise OSError('install it')", "OSError: install it", "dw_gone"),
        ("raise ImportError('libGL.so.1: cannot open')", "ImportError: libGL.so.1: cannot open", ""),
        ("raise SystemExit(3)", "SystemExit: 3", ""),
        ("def f(:", "SyntaxError: ", ""),
        ("raise ValueError('a\\n  b')", "ValueError: a b", ""),
        ("class E(Exception):\n def __str__(self): raise KeyError\nraise E", "dw_a.E: <exception str() failed>", ""),
        ("def f(): f()\nf()", "RecursionError: ", ""),
    ],
)  # fmt: skip
def test_result__fails__has_the_last_line_and_the_missing_module(
    modules: Path, code: str, reason: str, missing: str
) -> None:
    write_files(modules, {"dw_a.py": code})
    _, reported, found, unclear = result("dw_a.inner")
    assert str(reported).startswith(reason)
    assert (found, unclear) == (missing, False)


def test_result__missing_module__is_named(modules: Path) -> None:
    assert result("dw_gone.inner") == [
        "dw_gone.inner",
        "ModuleNotFoundError: No module named 'dw_gone'",
        "dw_gone",
        False,
    ]


def test_result__long_error__is_cut(modules: Path) -> None:
    write_files(modules, {"dw_a.py": "raise ValueError('x' * 10**6)"})
    assert len(str(result("dw_a")[1])) == LONGEST


@pytest.mark.parametrize(("cause", "unclear"), [("", True), (" from ModuleNotFoundError('no', name='dw_gone')", False)])
def test_result__wants_settings__is_unclear_unless_something_is_missing(
    modules: Path, cause: str, unclear: bool
) -> None:
    code = f"class ImproperlyConfigured(Exception): ...\nraise ImproperlyConfigured('settings'){cause}"
    write_files(modules, {"dw_a.py": code})
    assert result("dw_a")[3] is unclear
