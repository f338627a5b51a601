"""Lines that match one path and nothing else, and files that keep their own lines."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.buildcontext.matcher import ignored
from deadweight.buildcontext.patterns import read_patterns
from deadweight.buildcontext.writing import extended, line_of

HOSTILE = "ab*?[]\\!#^-{}|$.+()\t \u3000é\udcff,~"
names = st.text(HOSTILE, min_size=1, max_size=6).filter(lambda name: name not in (".", ".."))
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


class Lines(NamedTuple):
    lines: tuple[str, ...]
    comment: str = "why"


@given(path=paths, other=paths)
def test_line_of__any_path__matches_it_and_what_is_in_it_alone(path: str, other: str) -> None:
    patterns = read_patterns(line_of(path) + "\n", "x")
    assert ignored(path, patterns)
    assert ignored(f"{path}/in", patterns)
    inside = other == path or other.startswith(f"{path}/")
    # Go cannot tell bytes that are not UTF-8 from each other.
    assert ignored(other, patterns) == inside or "\udcff" in path


@pytest.mark.parametrize(
    ("path", "line"),
    [("a b", "a b"), ("#a", r"\#a"), ("!a", r"\!a"), (" a ", "[ ]a[ ]"), ("a*[b]", r"a\*\[b\]"), ("a\nb", "")],
)
def test_line_of__path__is_escaped_where_needed(path: str, line: str) -> None:
    assert line_of(path) == line


def test_extended__no_text__has_a_comment_for_each_reason() -> None:
    rules = [Lines(("a", "!a/b"), "one"), Lines(("c",), "one"), Lines(("d",), "two")]
    assert extended("", rules) == "# one\na\n!a/b\nc\n\n# two\nd\n"


@pytest.mark.parametrize("text", ["# mine\nx", "# mine\nx\n", "x\r\ny\r\n", "caf\udce9\n", "\n\n"])
def test_extended__text__keeps_its_lines_and_line_ends(text: str) -> None:
    result = extended(text, [Lines(("a",))])
    assert result.startswith(text)
    assert result.endswith("# why\r\na\r\n" if "\r\n" in text else "# why\na\n")
