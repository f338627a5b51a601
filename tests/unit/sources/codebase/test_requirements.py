"""Requirements files on the disk, with their included files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from deadweight.errors import BadInput, BadRequirement
from deadweight.model import Requirement
from deadweight.sources.codebase.requirements import read_requirements
from tests.builders import write_files


def requirements_in(directory: Path, text: str | bytes, **others: str) -> list[Requirement]:
    write_files(directory, {"r.txt": text, **{f"{name}.txt": content for name, content in others.items()}})
    return list(read_requirements(f"{directory}/r.txt").all_requirements())


def names(found: list[Requirement]) -> list[str | None]:
    return [want.name for want in found]


def refused(directory: Path, text: str, **others: str) -> BadRequirement:
    with pytest.raises(BadRequirement) as caught:
        requirements_in(directory, text, **others)
    return caught.value


@pytest.mark.parametrize("line", ["a==1", "a ; os_name == 'x'", "-e ./a"])
def test_read_requirements__more_requirements_than_any_file_has__is_refused(tmp_path: Path, line: str) -> None:
    write_files(tmp_path, {"more.txt": f"{line}\n" * 5_000, "requirements.txt": f"-r more.txt\n-r more.txt\n{line}\n"})
    with pytest.raises(BadInput, match="10,000 requirements"):
        read_requirements(str(tmp_path / "requirements.txt"))


@pytest.mark.parametrize("unit", ["#\n", "#\r", "#\u2028", "-r more.txt\n"])
def test_read_requirements__more_lines_than_any_file_has__is_refused(tmp_path: Path, unit: str) -> None:
    write_files(tmp_path, {"more.txt": "#\n" * 3000})
    (tmp_path / "requirements.txt").write_text(unit * (100_001 if unit[0] == "#" else 40), "utf-8", newline="")
    with pytest.raises(BadInput, match="100,000 lines"):
        read_requirements(str(tmp_path / "requirements.txt"))


def test_read_requirements__included_files__replace_their_line(tmp_path: Path) -> None:
    found = requirements_in(tmp_path, "a\n-r one.txt\nb\n", one="-r two.txt\nc\n", two="d\n")
    assert names(found) == ["a", "d", "c", "b"]
    assert [(os.path.basename(w.file), w.number) for w in found] == [
        ("r.txt", 1),
        ("two.txt", 1),
        ("one.txt", 2),
        ("r.txt", 3),
    ]


def test_read_requirements__included_path__is_relative_to_the_including_file(tmp_path: Path) -> None:
    write_files(tmp_path, {"r.txt": "-r sub/one.txt\n", "sub/one.txt": "-r ../two.txt\n", "two.txt": "a\n"})
    assert names(list(read_requirements(f"{tmp_path}/r.txt").all_requirements())) == ["a"]


def test_read_requirements__file_included_twice__is_no_circle(tmp_path: Path) -> None:
    assert names(requirements_in(tmp_path, "-r one.txt\n-r one.txt\n", one="a\n")) == ["a", "a"]


def test_read_requirements__circle__names_the_line_that_closes_it(tmp_path: Path) -> None:
    error = refused(tmp_path, "-r one.txt\n", one="a\n-r ./r.txt\n")
    assert (os.path.basename(error.file), error.number, error.reason) == ("one.txt", 2, "the file includes itself")


def test_read_requirements__constraints__are_no_requirements(tmp_path: Path) -> None:
    assert names(requirements_in(tmp_path, "a\n-c pins.txt\n", pins="b==1\n")) == ["a"]


@pytest.mark.parametrize("option", ["-r", "-c"])
def test_read_requirements__missing_included_file__error_has_the_line(tmp_path: Path, option: str) -> None:
    error = refused(tmp_path, f"a\n{option} gone.txt\n")
    assert (error.number, error.reason, error.text) == (2, "file not found", f"{option} gone.txt")


def test_read_requirements__include_from_a_server__is_not_read(tmp_path: Path) -> None:
    assert "server" in refused(tmp_path, "-r https://host/r.txt\n").reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_read_requirements__encoding__is_detected_from_the_bytes(tmp_path: Path, encoding: str) -> None:
    write_files(tmp_path, {"r.txt": "a>=1  # café\nb\n".encode(encoding)})
    file = read_requirements(f"{tmp_path}/r.txt")
    assert file.text == "a>=1  # café\nb\n"
    assert names(list(file.all_requirements())) == ["a", "b"]


@pytest.mark.parametrize("data", [b"\x7fELF" + bytes(60), b"a\0b\n", "a\n".encode("utf-16-le")])
def test_read_requirements__binary__is_bad_input(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadInput, match=r"r\.txt is not a requirements file: "):
        requirements_in(tmp_path, data)


def test_read_requirements__too_long__is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="over 16 MiB"):
        requirements_in(tmp_path, b"#" * ((1 << 24) + 1))


@pytest.mark.parametrize("path", ["nothing.txt", ""])
def test_read_requirements__file_that_does_not_open__is_bad_input(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadInput, match=re.escape(f"cannot read {tmp_path}/{path}: ")):
        read_requirements(f"{tmp_path}/{path}")


def test_read_requirements__empty__asks_for_nothing(tmp_path: Path) -> None:
    assert requirements_in(tmp_path, "") == []


def test_read_requirements__line_ends_of_windows__stay_in_the_text(tmp_path: Path) -> None:
    write_files(tmp_path, {"r.txt": b"a\r\nb ; os_name == 'nt'\r\n"})
    file = read_requirements(f"{tmp_path}/r.txt")
    assert file.text == "a\r\nb ; os_name == 'nt'\r\n"
    assert [w.marker for w in file.all_requirements()] == ["", 'os_name == "nt"']


def test_read_requirements__same_name_twice__stays_twice(tmp_path: Path) -> None:
    found = requirements_in(tmp_path, "a==1 ; python_version < '3'\nA==2 ; python_version >= '3'\n")
    assert [(w.name, w.specifier, w.marker) for w in found] == [
        ("a", "==1", 'python_version < "3"'),
        ("a", "==2", 'python_version >= "3"'),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "https://user:pw@host/a_b-1.0-py3-none-any.whl",
            Requirement(
                name="a-b",
                url="https://user:pw@host/a_b-1.0-py3-none-any.whl",
                location="https://host/a_b-1.0-py3-none-any.whl",
            ),
        ),
        (
            "git+https://token@host/a.git@v1#egg=A_B&subdirectory=x",
            Requirement(name="a-b", url="git+https://token@host/a.git@v1", location="https://host/a.git"),
        ),
        ("git+https://host/a.git", Requirement(name=None, url="git+https://host/a.git", location="https://host/a.git")),
        (
            "/src/a-1.0.tar.gz ; os_name == 'nt'",
            Requirement(
                name="a", url="/src/a-1.0.tar.gz", location="file:///src/a-1.0.tar.gz", marker='os_name == "nt"'
            ),
        ),
        (
            "-e git+ssh://git@host/a.git#egg=a",
            Requirement(name="a", url="git+ssh://git@host/a.git", location="ssh://host/a.git", editable=True),
        ),
        (
            "/src/a[X, y_z]",
            Requirement(name=None, url="/src/a[X, y_z]", location="file:///src/a", extras=frozenset({"x", "y-z"})),
        ),
        ("/src/a-1-py3-none-any.whl --hash=sha256:aa", Requirement(name="a", url="/src/a-1-py3-none-any.whl", location="file:///src/a-1-py3-none-any.whl")),
    ],
)  # fmt: skip
def test_read_requirements__path_or_url__has_a_name_if_possible(
    tmp_path: Path, line: str, expected: Requirement
) -> None:
    (found,) = requirements_in(tmp_path, line + "\n")
    assert found == Requirement(
        name=expected.name,
        url=expected.url,
        location=expected.location,
        extras=expected.extras,
        marker=expected.marker,
        editable=expected.editable,
        file=f"{tmp_path}/r.txt",
        number=1,
    )


def test_read_requirements__relative_path__is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"reqs/r.txt": "-e ./src/app\n", "work/x": ""})
    monkeypatch.chdir(tmp_path / "work")
    (found,) = read_requirements("../reqs/r.txt").all_requirements()
    assert (found.url, found.location) == ("./src/app", (tmp_path / "work/src/app").as_uri())
    assert found.editable


def test_read_requirements__path_with_an_invalid_marker__error_has_the_line(tmp_path: Path) -> None:
    error = refused(tmp_path, "a\n./pkg ; nonsense\n")
    assert (error.number, error.reason) == (2, "its marker is invalid")


def test_read_requirements__annotation_of_pip_compile__marks_direct_requirements(tmp_path: Path) -> None:
    found = requirements_in(tmp_path, "a==1\n    # via -r r.in\nb==1\n    # via a\n")
    assert [(w.name, w.direct) for w in found] == [("a", True), ("b", False)]


def test_read_requirements__hash_mode__keeps_names_and_pins(tmp_path: Path) -> None:
    found = requirements_in(
        tmp_path, "--require-hashes\na==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nb==2\n"
    )
    assert [(w.name, w.specifier, w.number) for w in found] == [("a", "==1", 2), ("b", "==2", 5)]


@pytest.mark.parametrize("sep", [";", " ;"])
def test_path__marker_without_a_space__is_a_marker(tmp_path: Path, sep: str) -> None:
    write_files(tmp_path, {"r.txt": f"./a-1-py3-none-any.whl{sep}python_version<'3'\n"})
    (found,) = read_requirements(f"{tmp_path}/r.txt").all_requirements()
    assert (found.name, found.url, found.marker) == ("a", "./a-1-py3-none-any.whl", 'python_version < "3"')


def test_include_chain__very_long__is_bad_input(tmp_path: Path) -> None:
    write_files(tmp_path, {f"r{n}.txt": f"-r r{n + 1}.txt\n" for n in range(1500)})
    with pytest.raises(BadInput):
        read_requirements(f"{tmp_path}/r0.txt")
