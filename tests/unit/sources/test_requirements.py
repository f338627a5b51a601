"""A requirements file and what it includes."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from deadweight.errors import BadInput, BadRequirement
from deadweight.sources.requirements import read_requirements
from tests.builders import write_files


def names(path: Path) -> list[str | None]:
    return [want.name for want in read_requirements(str(path)).all_wanted()]


def test_read__includes__in_the_order_of_the_lines(tmp_path: Path) -> None:
    write_files(
        tmp_path, {"r.txt": "a\n-r sub/more.txt\nd\n", "sub/more.txt": "b\n-r deep.txt\n", "sub/deep.txt": "c\n"}
    )
    assert names(tmp_path / "r.txt") == ["a", "b", "c", "d"]
    assert [Path(f.path).name for f in read_requirements(str(tmp_path / "r.txt")).with_included()] == [
        "r.txt",
        "more.txt",
        "deep.txt",
    ]


def test_read__constraint__is_no_requirement(tmp_path: Path) -> None:
    write_files(tmp_path, {"r.txt": "a\n-c pins.txt\n", "pins.txt": "b==1\n"})
    assert names(tmp_path / "r.txt") == ["a"]


def test_read__name_twice_with_markers__stays_twice(tmp_path: Path) -> None:
    write_files(tmp_path, {"r.txt": "a<2 ; python_version < '3'\na>=2 ; python_version >= '3'\n"})
    assert names(tmp_path / "r.txt") == ["a", "a"]


@pytest.mark.parametrize(
    ("files", "number", "reason"),
    [
        ({"r.txt": "a\n-r nope.txt\n"}, 2, "no such file"),
        ({"r.txt": "-c nope.txt\n"}, 1, "no such file"),
        ({"r.txt": "-r r.txt\n"}, 1, "includes itself"),
        ({"r.txt": "-r s.txt\n", "s.txt": "\n-r r.txt\n"}, 2, "includes itself"),
        ({"r.txt": "-r https://host/r.txt\n"}, 1, "server"),
    ],
)
def test_read__bad_include__is_refused_with_its_place(
    tmp_path: Path, files: dict[str, str], number: int, reason: str
) -> None:
    write_files(tmp_path, files)
    with pytest.raises(BadRequirement, match=reason) as caught:
        read_requirements(str(tmp_path / "r.txt"))
    assert caught.value.number == number


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "flask  # café\n".encode(),
        codecs.BOM_UTF16_LE + "flask  # café\n".encode("utf-16-le"),  # as PowerShell's ``pip freeze >`` writes
        codecs.BOM_UTF16_BE + "flask  # café\n".encode("utf-16-be"),
        "flask  # café\n".encode("latin-1"),
    ],
)
def test_read__encoding__is_found_out(tmp_path: Path, data: bytes) -> None:
    write_files(tmp_path, {"r.txt": data})
    found = read_requirements(str(tmp_path / "r.txt"))
    assert (names(tmp_path / "r.txt"), found.text) == (["flask"], "flask  # café\n")


@pytest.mark.parametrize("data", [b"\x00\x01", b"abc\0", b"PK\x03\x04\0\0\0\0\0\0"])
def test_read__binary__is_refused(tmp_path: Path, data: bytes) -> None:
    write_files(tmp_path, {"r.txt": data})
    with pytest.raises(BadInput, match="no requirements file"):
        read_requirements(str(tmp_path / "r.txt"))


def test_read__no_file__is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        read_requirements(str(tmp_path / "r.txt"))


def test_read__places__are_named_where_their_spelling_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [
        "-e ./proj[x]",
        "./proj",
        "git+https://host/g@main#egg=Fancy_Name",
        "https://u:p@host/six-1.16.0-py2.py3-none-any.whl ; python_version > '3'",
        "https://host/flask-1.0.tar.gz",
        "https://host/archive/main.zip",
    ]
    write_files(tmp_path, {"r.txt": "\n".join(lines), "proj/pyproject.toml": '[project]\nname = "My.Proj"\n'})
    found = list(read_requirements("r.txt").all_wanted())
    assert [want.name for want in found] == ["my-proj", None, "fancy-name", "six", "flask", None]
    assert [want.place for want in found] == [
        f"file://{tmp_path}/proj",
        f"file://{tmp_path}/proj",
        "https://host/g",
        "https://host/six-1.16.0-py2.py3-none-any.whl",
        "https://host/flask-1.0.tar.gz",
        "https://host/archive/main.zip",
    ]
    assert (found[0].editable, sorted(found[0].extras), found[3].marker) == (True, ["x"], 'python_version > "3"')


def test_read__annotations__tell_what_was_asked_for(tmp_path: Path) -> None:
    write_files(tmp_path, {"r.txt": "a==1\n    # via -r app.in\nb==1\n    # via a\n"})
    assert [want.asked for want in read_requirements(str(tmp_path / "r.txt")).all_wanted()] == [True, False]
