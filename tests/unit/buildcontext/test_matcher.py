"""Several patterns: the last one that matches decides."""

from __future__ import annotations

import pytest

from deadweight.buildcontext.matcher import TOP, Matcher, ignored
from deadweight.buildcontext.patterns import read_patterns


@pytest.mark.parametrize(
    ("text", "kept", "gone"),
    [
        ("*.md\n!README.md", ["README.md", "d/x.md"], ["x.md"]),
        ("!README.md\n*.md", [], ["README.md"]),
        ("dist\n!dist/*.whl", ["dist/a.whl"], ["dist/a.tar", "dist/d/a.whl"]),
        ("*\n!src\n!README.md", ["src/a", "src/d/b", "README.md"], ["x", "d/x"]),
        ("*\n!src\n**/__pycache__", ["src/a"], ["src/__pycache__/a", "x"]),
        ("d\n!**/keep", ["d/keep", "d/e/keep/x"], ["d/x"]),
        # An exception is not tried for a directory that is not ignored, and then not known for what is in it.
        ("**/x\n!d", [], ["x", "e/x", "d/x"]),
        # The same for the last pattern, whose directory is ignored already.
        ("a*\n!a1/keep\na1", ["a1/keep"], ["a1", "a1/other"]),
    ],
)
def test_ignored__patterns__last_match_decides(text: str, kept: list[str], gone: list[str]) -> None:
    patterns = read_patterns(text, "x")
    assert {path: ignored(path, patterns) for path in (*kept, *gone)} == dict.fromkeys(kept, False) | dict.fromkeys(
        gone, True
    )


def test_decide__stages__name_the_pattern_of_each() -> None:
    matcher = Matcher(read_patterns("*.log\ndist\n!dist/a\n*.md", "x"), (1, 3, 4))
    assert matcher.decide("x.log", TOP)[0] == (0, 0, 0)
    decided, below = matcher.decide("dist", TOP)
    assert decided == (-1, 1, 1)
    assert matcher.decide("dist/a", below)[0] == (-1, -1, -1)
    assert matcher.decide("dist/b", below)[0] == (-1, 1, 1)
    assert matcher.decide("x.md", TOP)[0] == (-1, -1, 3)
    assert matcher.decide("x", TOP) == ((-1, -1, -1), TOP)


@pytest.mark.parametrize(
    ("text", "restores"),
    [("d\n!d/a", True), ("d\n!d", True), ("d\n!e/a", False), ("d\n!**/a", True), ("d\n!d/**", True), ("d", False)],
)
def test_may_restore__directory__only_if_an_exception_could_match_in_it(text: str, restores: bool) -> None:
    assert Matcher(read_patterns(text, "x")).may_restore("d") is restores
