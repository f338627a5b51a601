from __future__ import annotations

import pytest

from deadweight.errors import MalformedArchive
from deadweight.formats.distributions.metadata import parse_metadata
from deadweight.formats.distributions.sdist import contents_of_sdist
from deadweight.formats.distributions.wheel import Contents

PKG_INFO = b"Metadata-Version: 2.1\nName: My_Pkg\nVersion: 1.0\nSummary: s\nClassifier: X :: Y\n\nlong text"


def read(files: dict[str, bytes], filename: str = "my_pkg-1.0.tar.gz") -> Contents:
    sizes = [(path, len(data)) for path, data in files.items()]
    return contents_of_sdist(sizes, files, filename, size=9)


def paths(contents: Contents) -> set[str]:
    return {item.path for item in contents.items if ".dist-info" not in item.path}


@pytest.mark.parametrize(
    ("files", "installed"),
    [
        (["pkg/__init__.py", "pkg/d.json", "tests/__init__.py", "setup.py"], {"pkg/__init__.py", "pkg/d.json"}),
        (["src/pkg/__init__.py", "src/pkg/m.py", "tests/t.py"], {"pkg/__init__.py", "pkg/m.py"}),
        (["mod.py", "setup.py", "conftest.py"], {"mod.py"}),
        (["pkg/__init__.py", "pkg/_c.c", "pkg/_c.pyx", "pkg/_c.h"], {"pkg/__init__.py", "pkg/_c.h"}),
        (["README"], set()),
    ],
    ids=["flat", "src", "module", "sources-of-code", "nothing"],
)  # fmt: skip
def test_contents__listing__what_a_build_would_probably_install(files: list[str], installed: set[str]) -> None:
    assert paths(read({"PKG-INFO": PKG_INFO, **dict.fromkeys(files, b"x")})) == installed


def test_contents__top_level__names_the_packages() -> None:
    code = {"one/x.py": b"", "two.py": b"", "three.py": b""}
    files = {"PKG-INFO": PKG_INFO, "a.egg-info/top_level.txt": b"one\ntwo\n", **code}
    assert paths(read(files)) == {"one/x.py", "two.py"}


@pytest.mark.parametrize(
    "files",
    [
        {"PKG-INFO": PKG_INFO.replace(b"\n\n", b"\nRequires-Dist: dep>=1\n\n")},
        {"PKG-INFO": PKG_INFO, "my.egg-info/requires.txt": b"dep>=1\n"},
        {"PKG-INFO": PKG_INFO, "pyproject.toml": b'[project]\nname = "x"\ndependencies = ["dep>=1"]'},
        {"pyproject.toml": b'[project]\nname = "my-pkg"\nversion = "1.0"\ndependencies = ["dep>=1"]'},
    ],
    ids=["headers", "requires.txt", "pyproject", "pyproject-alone"],
)
def test_contents__requirements__come_from_any_metadata_file(files: dict[str, bytes]) -> None:
    found = parse_metadata(read(files).metadata, "x")
    assert found is not None
    assert (found.name, found.version, found.requires) == ("my-pkg", "1.0", ("dep>=1",))


def test_contents__hostile_headers__no_line_is_smuggled_in() -> None:
    text = b"Name: a\nVersion: 1\nSummary: one\n  Requires-Dist: evil\nClassifier: x\n\tRequires-Dist: evil\n\n"
    found = parse_metadata(read({"PKG-INFO": text}).metadata, "x")
    assert found is not None
    assert found.requires == ()


def test_contents__no_name__is_refused() -> None:
    with pytest.raises(MalformedArchive, match="no metadata that gives its name"):
        read({"a.py": b""}, filename="???.tar.gz")
