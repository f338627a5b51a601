"""The text of a requirements file → its logical lines, with their original text."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement as Parsed

from deadweight.errors import BadRequirement
from deadweight.formats.requirements import Line, annotated_as_direct, is_annotation, logical_lines, pep508, pinned
from deadweight.model import Requirement


def line(text: str) -> Line:
    (found,) = logical_lines(text, "r.txt")
    return found


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("\n", "blank", ""),
        ("   \n", "blank", ""),
        ("# text\n", "comment", ""),
        ("    # via app\n", "comment", ""),
        ("numpy>=1\n", "requirement", ""),
        ("./pkg\n", "requirement", ""),
        ("-r base.txt\n", "include", "base.txt"),
        ("-rbase.txt\n", "include", "base.txt"),
        ("--requirement=base.txt\n", "include", "base.txt"),
        ("--requirement 'a b.txt'  # why\n", "include", "a b.txt"),
        ("-c pins.txt\n", "constraint", "pins.txt"),
        ("--constraint pins.txt\n", "constraint", "pins.txt"),
        ("-e ./pkg\n", "editable", "./pkg"),
        ("--editable=./pkg\n", "editable", "./pkg"),
        ("-f wheels\n", "links", "wheels"),
        ("--find-links wheels\n", "links", "wheels"),
        ("--index-url https://host/simple\n", "option", "https://host/simple"),
        ("-i https://host/simple\n", "option", "https://host/simple"),
        ("--pre\n", "option", ""),
        ("--no-index --find-links x\n", "option", "--find-links x"),
    ],
)
def test_logical_lines__one_line__has_its_kind_and_value(text: str, kind: str, value: str) -> None:
    found = line(text)
    assert (found.kind, found.value, found.text) == (kind, value, text)


def test_logical_lines__continuations_and_comments__joined_are_the_file_again() -> None:
    text = "a==1 \\\r\n    --hash=sha256:aa\r\n\n  # c\nb  # why\\\n-r x.txt\n\\\n\nc"
    assert "".join(found.text for found in logical_lines(text, "r.txt")) == text


def test_logical_lines__continuation__is_one_line_numbered_by_its_first() -> None:
    found = logical_lines("# top\na==1 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb\nb\n", "r.txt")
    assert [(f.number, f.body) for f in found] == [
        (1, ""),
        (2, "a==1   --hash=sha256:aa   --hash=sha256:bb"),
        (5, "b"),
    ]


def test_logical_lines__comment_that_ends_in_a_backslash__does_not_swallow_the_next() -> None:
    assert [f.body for f in logical_lines("# c \\\na\n", "r.txt")] == ["", "a"]


def test_logical_lines__comment_after_a_continuation__ends_it() -> None:
    assert [f.body for f in logical_lines("a \\\n  # c \\\nb\n", "r.txt")] == ["a", "b"]


def test_logical_lines__continuation_at_the_end__is_a_line() -> None:
    assert line("a \\").body == "a"


def test_logical_lines__hash_sign_inside_a_url__is_not_a_comment() -> None:
    assert line("git+https://host/a.git#egg=a  # c\n").body == "git+https://host/a.git#egg=a"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("--frozen\n", "unknown option"),
        ("-x y\n", "unknown option"),
        ("--\n", "unknown option"),
        ("-r\n", "-r requires a value"),
        ("--editable=\n", "--editable requires a value"),
    ],
)
def test_logical_lines__bad_option__names_file_line_and_text(text: str, reason: str) -> None:
    with pytest.raises(BadRequirement) as caught:
        logical_lines("a\n\n" + text, "reqs/r.txt")
    error = caught.value
    assert (error.file, error.number, error.text, error.reason) == ("reqs/r.txt", 3, text.strip(), reason)
    assert str(error) == f"reqs/r.txt, line 3: {reason}: {text.strip()}"


def test_pep508__whole_requirement__is_split_into_its_parts() -> None:
    found = pep508(line("Zope.Interface [Test,DOCS] >=5,<6 ; python_version<'4'  # why\n"), "r.txt")
    assert found == Requirement(
        name="zope-interface",
        extras=frozenset({"test", "docs"}),
        specifier="<6,>=5",
        marker='python_version < "4"',
        file="r.txt",
        number=1,
    )


def test_pep508__direct_reference__has_its_url() -> None:
    found = pep508(line("a[x] @ https://host/a-1.whl ; os_name == 'nt'\n"), "r.txt")
    assert found is not None
    assert (found.name, found.url, found.marker) == ("a", "https://host/a-1.whl", 'os_name == "nt"')


@pytest.mark.parametrize("options", ["--hash=sha256:aa --hash=sha256:bb", "--config-settings k=v", "--global-option=x"])
def test_pep508__options_of_a_requirement__are_no_part_of_it(options: str) -> None:
    found = pep508(line(f"a==1 ; os_name == 'nt' {options}\n"), "r.txt")
    assert found is not None
    assert (found.specifier, found.marker) == ("==1", 'os_name == "nt"')


@pytest.mark.parametrize(
    "location",
    ["./pkg", "../pkg", ".", "pkg/sub", "a-1-py3-none-any.whl", "a-1.tar.gz", "https://host/a", "git+ssh://git@host/a"],
)
def test_pep508__path_or_url__is_none(location: str) -> None:
    assert pep508(line(location + "\n"), "r.txt") is None


@pytest.mark.parametrize("text", ["a b", "==1", "a=1", "a; nonsense", "a>=x y", "a @"])
def test_pep508__neither_requirement_nor_path__names_file_line_and_text(text: str) -> None:
    with pytest.raises(BadRequirement) as caught:
        pep508(line(text), "r.txt")
    assert (caught.value.file, caught.value.number, caught.value.text) == ("r.txt", 1, text)
    assert not caught.value.reason.endswith((".", ":"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n", "a==2.0\n"),
        ("a", "a==2.0"),
        ("a>=1\n", "a==2.0\n"),
        ("a >= 1, <2\r\n", "a==2.0\r\n"),
        ("a~=1.0;os_name=='nt'\n", "a==2.0;os_name=='nt'\n"),
        ("a[x, y]>=1 ; os_name == 'nt'  # why\n", "a[x, y]==2.0 ; os_name == 'nt'  # why\n"),
        ("A.b_C (>=1)\n", "A.b_C==2.0\n"),
        ("a  # why\n", "a==2.0  # why\n"),
        ("a --hash=sha256:aa\n", "a==2.0 --hash=sha256:aa\n"),
        ("a>=1 --hash=sha256:aa\n", "a==2.0 --hash=sha256:aa\n"),
        ("a>=1 \\\n    --hash=sha256:aa\n", "a==2.0 \\\n    --hash=sha256:aa\n"),
        ("  a===1\n", "  a==2.0\n"),
        ("a!=1.5,>1,<=3\n", "a==2.0\n"),
        ("a>=1 ; platform_version == '@'\n", "a==2.0 ; platform_version == '@'\n"),
    ],
)
def test_pinned__spelling__is_kept_around_the_version(text: str, expected: str) -> None:
    found = pinned(line(text), "2.0")
    assert found == expected
    assert str(Parsed(line(found).body.partition(" --")[0]).specifier) == "==2.0"


@pytest.mark.parametrize("text", ["a @ https://host/a-1.whl\n", "a@file:///a-1.whl ; os_name == 'nt'\n"])
def test_pinned__direct_reference__stays_as_it_is(text: str) -> None:
    assert pinned(line(text), "2.0") == text


@pytest.mark.parametrize(
    ("text", "annotates"),
    [("    # via app\n", True), ("\t# via\n", True), ("# a heading\n", False), ("a  # b\n", False)],
)
def test_is_annotation__comment__is_one_where_it_is_indented(text: str, annotates: bool) -> None:
    assert is_annotation(line(text)) is annotates


def test_annotated_as_direct__annotations_of_pip_compile__mark_lines_of_a_file() -> None:
    text = (
        "# pip-compile reqs.in\n"
        "app==1\n    # via -r reqs.in\n"
        "lib==1\n    # via app\n"
        "both==1\n    # via\n    #   -r reqs.in\n    #   app\n"
        "inline==1  # via app, -r reqs.in\n"
        "project==1\n    # via thing (pyproject.toml)\n"
        "plain==1\n"
    )
    assert annotated_as_direct(logical_lines(text, "r.txt")) == [2, 6, 10, 11]


def test_annotated_as_direct__heading_that_names_a_file__belongs_to_no_line() -> None:
    assert annotated_as_direct(logical_lines("a==1\n# -r reqs.in\nb==1\n", "r.txt")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  # why\n", "a==2.0  # why\n"),
        ("a --hash=sha256:aa\n", "a==2.0 --hash=sha256:aa\n"),
        ("a \\\n    >=1\n", "a==2.0\n"),
        ("a>=1, \\\n    <2 \\\n    --hash=sha256:aa\n", "a==2.0 \\\n    --hash=sha256:aa\n"),
    ],
)
def test_pinned__odd_spelling__is_a_pin(text: str, expected: str) -> None:
    assert pinned(logical_lines(text, "r.txt")[0], "2.0") == expected


def test_logical_lines__comment_right_after_a_continuation__is_not_a_part() -> None:
    assert [f.body for f in logical_lines("a\\\n# c\nb\n", "r.txt")] == ["a", "b"]


def test_annotated_as_direct__annotation_of_an_editable__does_not_mark_the_line_above() -> None:
    assert annotated_as_direct(logical_lines("a==1\n    # via b\n-e ./x\n    # via -r r.in\n", "r.txt")) == []
