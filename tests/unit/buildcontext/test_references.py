"""What is at, in and above a path of those that something needs."""

from __future__ import annotations

import pytest

from deadweight.buildcontext.references import Reference, References


def references(*paths: str) -> References:
    return References(Reference(path, "copies", "Dockerfile:1") for path in paths)


@pytest.mark.parametrize(
    ("path", "at", "inside", "above"),
    [
        ("dist", "dist", [], ["dist/a"]),
        ("dist/a.whl", "dist/a.whl", ["dist"], []),
        ("dist/*.whl", "dist/b.whl", ["dist"], []),
        ("d*t", "dust", [], ["dist/a/b"]),
        ("a/b/**", "a/b/c/d", ["a", "a/b"], ["a/b/c/d/e"]),
        ("*/x", "y/x", [], ["y/x/z"]),
        ("a{2}*", "a{2}b", [], []),
        ("!a|b+[xy]", "!a|b+y", [], []),
    ],
)
def test_references__path__is_found_from_all_sides(path: str, at: str, inside: list[str], above: list[str]) -> None:
    found = references(path)
    assert found.at(at) == found.each[0]
    assert [each for each in ("dist", "a", "a/b", "y", "d") if found.inside(each)] == inside
    assert all(found.above(each) == found.each[0] for each in above)
    assert found.at("other") is None
    assert found.above("other/x/y") is None or path == "*/x"


def test_references__everything__names_nothing() -> None:
    assert not references(".", "*", "**", "./*").each


def test_above__what_code_opens__does_not_keep_what_is_below() -> None:
    assert References([Reference("data", "opens", "a.py:1")]).above("data/x") is None


def test_matches_in__wildcard_in_a_directory__gives_what_exists() -> None:
    found = references("*/HEAD", "a/*.whl")
    assert [each.path for each in found.matches_in([".git/HEAD", ".git/x", "a/x.whl", "b/HEAD/c"])] == [
        ".git/HEAD", "b/HEAD/c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "sample"), [("a", "a"), ("d/*.whl", "d/x.whl"), ("[ab]?c", "axc"), (r"a\*b", "a*b"), ("**/x", "x/x")]
)
def test_sample__pattern__is_a_path_that_it_may_match(path: str, sample: str) -> None:
    assert Reference(path, "copies", "x").sample == sample
