"""A requirements file's logical lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.errors import BadRequirement
from deadweight.formats.requirements import asked_for, logical_lines, pep508, pinned


def kinds(text: str) -> list[tuple[int, str, str]]:
    return [(line.number, line.kind, line.value or line.body) for line in logical_lines(text, "r.txt")]


def test_logical_lines__each_kind() -> None:
    text = (
        "# head\n\nnumpy>=1  # why\n-r base.txt\n--requirement=more.txt\n-cpins.txt\n-e ./pkg\n"
        "--index-url https://host/simple\n-f wheels\n--pre\n"
    )
    assert kinds(text) == [
        (1, "comment", ""),
        (2, "blank", ""),
        (3, "requirement", "numpy>=1"),
        (4, "include", "base.txt"),
        (5, "include", "more.txt"),
        (6, "constraint", "pins.txt"),
        (7, "editable", "./pkg"),
        (8, "option", "https://host/simple"),
        (9, "links", "wheels"),
        (10, "option", "--pre"),
    ]


def test_logical_lines__continuation__is_one_line_with_its_first_number() -> None:
    assert kinds("a==1 \\\n  --hash=sha256:x\nb\n") == [
        (1, "requirement", "a==1   --hash=sha256:x"),
        (3, "requirement", "b"),
    ]


def test_logical_lines__comment_ends_a_continuation() -> None:
    assert [number for number, _, _ in kinds("a \\\n# why \\\nb\n")] == [1, 3]


def test_logical_lines__url_with_a_fragment__is_no_comment() -> None:
    assert kinds("git+https://host/x#egg=x\n") == [(1, "requirement", "git+https://host/x#egg=x")]


_PIECES = st.sampled_from(["a", "==1", " ", "\\\n", "\n", "\r\n", "#", " # c", "-r x", "; os_name", "\t", "é"])


@given(st.lists(_PIECES).map("".join))
def test_logical_lines__any_text__joined_is_the_text_again(text: str) -> None:
    try:
        lines = logical_lines(text, "r.txt")
    except BadRequirement:
        return
    assert "".join(line.text for line in lines) == text


@pytest.mark.parametrize("line", ["--frobnicate", "-r", "-x y", "--editable"])
def test_logical_lines__no_option__is_refused_with_its_place(line: str) -> None:
    with pytest.raises(BadRequirement) as caught:
        logical_lines(f"a\n{line}\n", "r.txt")
    assert (caught.value.file, caught.value.number, caught.value.text) == ("r.txt", 2, line)


def test_pep508__whole_line() -> None:
    (line,) = logical_lines("Foo_Bar[X, y]>=1,<2 ; python_version > '3' --hash=sha256:aa  # c", "r.txt")
    found = pep508(line, "r.txt")
    assert found is not None
    assert (found.name, sorted(found.extras), found.specifier) == ("foo-bar", ["x", "y"], "<2,>=1")
    assert (found.marker, found.number) == ('python_version > "3"', 1)


@pytest.mark.parametrize("line", ["./pkg", "../x.whl", "https://host/a.tar.gz", "git+ssh://host/x", "pkg.tar.gz"])
def test_pep508__place__is_none(line: str) -> None:
    (found,) = logical_lines(line, "r.txt")
    assert pep508(found, "r.txt") is None


@pytest.mark.parametrize("line", ["foo = 1.2", "foo bar", "foo>>1", "=1", "foo; nonsense"])
def test_pep508__neither__is_refused(line: str) -> None:
    (found,) = logical_lines(line, "r.txt")
    with pytest.raises(BadRequirement, match=r"r\.txt, line 1: "):
        pep508(found, "r.txt")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n", "a==9\n"),
        ("a>=1,<2\n", "a==9\n"),
        ("  A_b [x] ~= 1.0 ; os_name == 'nt'  # c\n", "  A_b [x]==9 ; os_name == 'nt'  # c\n"),
        ("a==1 \\\n    --hash=sha256:x\n", "a==9 \\\n    --hash=sha256:x\n"),
        ("a===1.0 --hash=sha256:x\n", "a==9 --hash=sha256:x\n"),
        ("a @ https://host/a.whl\n", "a @ https://host/a.whl\n"),
    ],
)
def test_pinned__specifier_alone_changes(text: str, expected: str) -> None:
    (line,) = logical_lines(text, "r.txt")
    assert pinned(line, "9") == expected


@pytest.mark.parametrize(
    ("annotation", "asked"),
    [
        ("    # via -r app.in", True),
        ("    # via\n    #   -r app.in\n    #   pandas", True),
        ("    # via app (pyproject.toml)", True),
        ("    # via pandas", False),
        ("    # via\n    #   pandas", False),
    ],
)
def test_asked_for__annotation_names_a_file(annotation: str, asked: bool) -> None:
    assert asked_for(logical_lines(f"numpy==1\n{annotation}\nsix==1\n    # via numpy\n", "r.txt")) == (
        [1] if asked else []
    )
