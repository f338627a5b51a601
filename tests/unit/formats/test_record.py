"""RECORD and its elders."""

from __future__ import annotations

import json

import pytest

from deadweight.formats.record import CondaPackage, below, dpkg_list, installed_files, record_paths


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (b"a/b.py,sha256=x,3\na/RECORD,,\n", ["a/b.py", "a/RECORD"]),
        (b"a.py,,\r\nb.py,,\r\n", ["a.py", "b.py"]),
        (b'"a,b.py",sha256=x,3\nc.py,,\n', ["a,b.py", "c.py"]),
        (b'"say ""hi"".py",,\n', ['say "hi".py']),
        (b"a,b.py,sha256=x,3\nc.py,,\n", ["a,b.py", "c.py"]),  # nobody quoted it
        (b"a\\b.py,,\n", ["a/b.py"]),
        (b"caf\xe9.py,,\n", ["caf\udce9.py"]),
        (b"", []),
        (b"\n\na.py,,\n\n", ["a.py"]),
    ],
)
def test_record_paths__one_column(data: bytes, paths: list[str]) -> None:
    assert record_paths(data) == paths


def test_record_paths__field_that_csv_refuses__is_read_all_the_same() -> None:
    assert record_paths(b'"' + b"x" * 200_000 + b'.py",,\n')[0].endswith("x.py")


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        ("lib/site", "a.py", "lib/site/a.py"),
        ("lib/site", "../../bin/run", "bin/run"),
        ("lib/site", "./a//b.py", "lib/site/a/b.py"),
        ("", "a.py", "a.py"),
        ("lib/site", "../../../etc/passwd", None),
        ("", "../x", None),
        ("", "..", None),
        ("lib/site", "/etc/passwd", None),
        ("lib/site", "a\0b", None),
        ("lib/site", "", None),
    ],
)
def test_below__path__stays_in_the_tree_or_is_none(folder: str, path: str, expected: str | None) -> None:
    assert below(folder, path) == expected


def test_installed_files__lines__without_blanks() -> None:
    assert installed_files(b"../a.py\n\nPKG-INFO\n") == ["../a.py", "PKG-INFO"]


def test_dpkg_list__absolute_paths_only() -> None:
    assert dpkg_list(b"/.\n/usr\n/usr/lib/a.py\nnoise\n") == ["/.", "/usr", "/usr/lib/a.py"]


def test_conda_package__record__is_read() -> None:
    record = {"name": "numpy", "version": "2.1", "files": ["lib/a.py", 7], "depends": ["python >=3.11", "libblas"]}
    found = CondaPackage(json.dumps(record).encode())
    assert (found.name, found.version, found.files, found.depends) == (
        "numpy",
        "2.1",
        ["lib/a.py"],
        ["python", "libblas"],
    )


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"name": "a b"}', b'{"name": 3.5}', b"not json"])
def test_conda_package__no_record__is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  json's own, and ours
        CondaPackage(data)
