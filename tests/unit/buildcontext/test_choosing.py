"""Candidates × references: what is written, and what stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from deadweight.buildcontext.candidates import candidates_in
from deadweight.buildcontext.choosing import Choice, choose
from deadweight.buildcontext.references import Reference, References
from tests.contexts import make_context


def chosen(files: Mapping[str, int], copies: Iterable[str] = (), names: Iterable[str] = ()) -> Choice:
    candidates = candidates_in(make_context(files), lambda path, most: b"-----BEGIN PRIVATE KEY-----")
    references = [Reference(path, "copies", "Dockerfile:1") for path in copies]
    return choose(candidates, References(references, dict.fromkeys(names, "app.py:1")))


def lines(choice: Choice) -> list[str]:
    return [line for rule in choice.rules for line in rule.lines]


@pytest.mark.parametrize(
    ("files", "copies", "expected"),
    [
        (["dist/a.whl"], [], ["dist"]),
        (["dist/a.whl"], ["dist/a.whl"], ["dist", "!dist/a.whl"]),
        (["dist/a.whl"], ["dist/*.whl"], ["dist", "!dist/*.whl"]),
        (["dist/a.whl"], ["dist"], []),
        (["dist/a.whl"], ["dist/later.whl"], ["dist", "!dist/later.whl"]),  # made before the build
        (["dist/a.whl"], ["."], ["dist"]),
        (["dist/a.whl"], ["dist/**"], []),  # a variable without a value
        (["certs/a.pem"], ["certs"], []),
        (["certs/a.pem"], ["."], ["certs/a.pem"]),
        ([".env", "d/.env"], [".env"], ["d/.env"]),
        (["src/__pycache__/a"], ["src"], ["**/__pycache__"]),
        (["src/__pycache__/a", "b/__pycache__/c"], ["src/__pycache__"], ["b/__pycache__"]),
        (["src/__pycache__/a"], ["x/__pycache__/later"], ["src/__pycache__"]),
        (["a b/node_modules/x"], ["a b"], []),
        (["a b/.tox/x", "c/.tox/y"], ["a b/.tox/x"], ["c/.tox"]),
        ([f"{n}.log" for n in range(5)], [], ["*.log"]),
        ([f"{n}.log" for n in range(5)], ["1.log"], ["0.log", "2.log", "3.log", "4.log"]),
        (["d/1.log", "e/2.log"], [], ["d/1.log", "e/2.log"]),
        (["a\nb/.env", "a\nb/.tox/x"], [], ["**/.tox"]),  # no line can name the first
        (["[a]/!b/.env"], [], [r"\[a\]/!b/.env"]),
    ],
)
def test_choose__what_a_dockerfile_copies__stays(files: list[str], copies: list[str], expected: list[str]) -> None:
    choice = chosen(dict.fromkeys(files, 1) | {"pyproject.toml": 1}, copies)
    assert lines(choice) == expected


@pytest.mark.parametrize(
    ("file", "name", "goes"),
    [
        ("tests/a.py", "tests", False),
        ("tests/a.py", "pytest", True),
        ("data/a.csv", "data", False),
        ("x/m.pt", "m.pt", False),
        ("x/m.pt", "x", False),
        ("x/m.pt", ".pt", False),
        ("x/m.pt", "y", True),
        (".git/HEAD", ".git", True),  # code lists what it skips
    ],
)
def test_choose__what_code_names__stays_unless_it_is_certain(file: str, name: str, goes: bool) -> None:
    choice = chosen({file: 2_000_000}, names=[name])
    assert bool(choice.rules) is goes
    assert [kept.reason for kept in choice.kept] == ([] if goes else ["app.py:1 names it"])


def test_choose__small_data__is_no_candidate() -> None:
    assert not chosen({"a.csv": 10, "b.csv": 20}).rules


def test_choose__whole_directory__gets_no_exception() -> None:
    candidates = candidates_in(make_context({"dist/a": 1, "setup.py": 1}), lambda path, most: b"")
    references = References([Reference("dist/a", "copies", "Dockerfile:1")])
    assert not choose(candidates, references, {"dist"}).rules
