"""Lines of a .dockerignore, as github.com/moby/patternmatcher reads them."""

from __future__ import annotations

import time

import pytest

from deadweight.buildcontext.matcher import ignored
from deadweight.buildcontext.patterns import BadPattern, clean, pattern_of, read_patterns
from deadweight.errors import BadInput


def matches(line: str, path: str) -> bool:
    """Return whether a line alone ignores a path."""
    pattern = pattern_of(line)
    return pattern is not None and ignored(path, [pattern])


@pytest.mark.parametrize(
    ("line", "matching", "others"),
    [
        ("*.pyc", ["a.pyc"], ["d/a.pyc", "a.pyco"]),  # unlike git's, a pattern counts from the top only
        ("**/*.pyc", ["a.pyc", "d/a.pyc", "d/e/a.pyc"], ["a.py"]),
        ("node_modules", ["node_modules", "node_modules/x/y"], ["app/node_modules"]),
        ("**/node_modules", ["node_modules/x", "app/node_modules/x"], ["app/my_node_modules"]),
        ("**x", ["x", "ax", "d/ax"], ["xa"]),  # compared as the end of the path
        ("/dist/", ["dist", "dist/a"], ["d/dist"]),
        ("./a/../dist//x", ["dist/x"], ["dist/y"]),
        ("dist/**", ["dist/a", "dist/a/b"], ["dist", "distant"]),
        ("dist/*", ["dist/a", "dist/a/b"], ["dist"]),
        ("a**/b", ["ab", "ax/b", "ax/y/b"], ["a/c"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab"]),
        ("?", ["a", "é"], ["ab"]),
        ("[a-c]x", ["ax", "bx"], ["dx", "-x"]),
        ("[^a]x", ["bx", "!x"], ["ax"]),
        (r"\#x", ["#x"], [r"\#x"]),
        (r"\!x", ["!x"], ["x"]),
        (r"a\*b", ["a*b"], ["axb"]),
        ("a b[ ]", ["a b "], ["a b"]),
        ("  a\t", ["a"], []),
        ("/ a", ["a"], []),
        ("a^b", ["a^b"], ["ab"]),
        ("a.b*", ["a.b", "a.bc"], ["axb"]),
        ("a+b*", ["a+b"], ["aab"]),
        ("Dist", [], ["dist"]),
        ("caf\udce9", ["caf\udce9"], ["cafe"]),
        ("x|y*", ["x", "xz", "zy", "y1"], ["z"]),  # Docker forgets to escape the bar
    ],
)
def test_pattern_of__line__matches_as_docker_does(line: str, matching: list[str], others: list[str]) -> None:
    assert {path: matches(line, path) for path in (*matching, *others)} == dict.fromkeys(
        matching, True
    ) | dict.fromkeys(others, False)


@pytest.mark.parametrize("line", ["", "# comment", "#", "   ", "\t"])
def test_pattern_of__no_pattern__is_none(line: str) -> None:
    assert pattern_of(line) is None


def test_pattern_of__space_before_hash__is_no_comment() -> None:
    assert matches(" #x", "#x")


@pytest.mark.parametrize(
    "line", ["!", "! ", "!/", "[", "a[", "[]", "[a-]", "[^]", "[z-a]", "x\\", r"\d{2}", r"\p", "x{2}*"]
)
def test_pattern_of__what_docker_rejects_or_misreads__is_bad(line: str) -> None:
    with pytest.raises(BadPattern):
        pattern_of(line)


def test_pattern_of__many_stars__takes_no_exponential_time() -> None:
    line, path = "*a" * 30 + "b", "a" * 250
    began = time.process_time()
    assert not matches(line, path)
    assert time.process_time() - began < 30  # naive matching would take years


def test_read_patterns__byte_order_mark_and_windows_lines__are_removed() -> None:
    found = read_patterns("\ufeffa\r\n\r\n# b\r\n!c\r\n", ".dockerignore")
    assert [(each.text, each.negative, each.line) for each in found] == [("a", False, 1), ("c", True, 4)]


def test_read_patterns__bad_line__is_named() -> None:
    with pytest.raises(BadInput, match=r"\.dockerignore, line 2: invalid brackets: \["):
        read_patterns("a\n[\n", ".dockerignore")


def test_read_patterns__line_longer_than_docker_reads__is_bad() -> None:
    assert read_patterns("a" * 65535, "x")
    with pytest.raises(BadInput, match="line 2: Docker reads no line longer than 64 KiB"):
        read_patterns("b\n" + "a" * 65536, "x")


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [("", "."), ("//a", "/a"), ("a//b/", "a/b"), ("./a", "a"), ("a/../..", ".."), ("/..", "/"), ("a/./b", "a/b")],
)
def test_clean__path__is_what_go_makes_of_it(path: str, cleaned: str) -> None:
    assert clean(path) == cleaned
