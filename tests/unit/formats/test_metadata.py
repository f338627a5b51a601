"""METADATA, PKG-INFO and the files beside them."""

from __future__ import annotations

import pytest

from deadweight.formats.metadata import headers, normalize, parse_direct_url, parse_metadata, parse_pyvenv_cfg


def test_headers__description__is_not_looked_at() -> None:
    assert headers(b"Name: a\nVersion: 1\n\nName: evil\n")["name"] == ["a"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_headers__line_ends__are_all_the_same(end: bytes) -> None:
    found = headers(end.join([b"Name: a", b"Requires-Dist: b", b"Requires-Dist: c", b"", b"Name: evil"]))
    assert (found["name"], found["requires-dist"]) == (["a"], ["b", "c"])


def test_headers__folded_line__is_joined() -> None:
    assert headers(b"Summary: one\n  two\nName: a\n") == {"summary": ["one\ntwo"], "name": ["a"]}


def test_headers__latin_1__is_read() -> None:
    assert headers(b"Name: a\nSummary: caf\xe9\n")["summary"] == ["café"]


def test_parse_metadata__whole() -> None:
    data = (
        b"Name: Foo.Bar\nVersion: 1.0\nSummary: s\nRequires-Dist: b>=1\n"
        b"Classifier: Framework :: Pytest\nImport-Name: foo ; private\n"
    )
    found = parse_metadata(data, "Foo.Bar-1.0.dist-info")
    assert found is not None
    assert (found.name, found.version, found.summary) == ("foo-bar", "1.0", "s")
    assert (found.requires, found.classifiers, found.import_names) == (("b>=1",), ("Framework :: Pytest",), ("foo",))


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("numpy-2.1.dist-info", "numpy", "2.1"),
        ("six-1.16-py3.11.egg-info", "six", "1.16"),
        ("lone.egg-info", "lone", None),
    ],
)
def test_parse_metadata__no_file__takes_the_folder_s_name(folder: str, name: str, version: str | None) -> None:
    found = parse_metadata(b"", folder)
    assert found is not None
    assert (found.name, found.version) == (name, version)


def test_parse_metadata__name_that_is_none__is_not_taken() -> None:
    found = parse_metadata(b"Name: \x1b[31mred\nVersion: 1\x07\n", "safe-1.0.dist-info")
    assert found is not None
    assert (found.name, found.version) == ("safe", None)
    assert parse_metadata(b"Name: !!\n", "\x1b-1.dist-info") is None


def test_parse_metadata__requires_txt__becomes_pep_508() -> None:
    text = b"a>=1\n\n[x]\nb\n\n[:python_version < '3']\nc\n\n[y:os_name == 'nt']\nd\n"
    found = parse_metadata(b"Name: e\nVersion: 1\n", "e-1.egg-info", requires_txt=text)
    assert found is not None
    assert found.requires == (
        "a>=1",
        'b ; extra == "x"',
        "c ; (python_version < '3')",
        "d ; (os_name == 'nt') and extra == \"y\"",
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"url": "file:///src", "dir_info": {"editable": true}}', ("file:///src", True)),
        (b'{"url": "https://u:p@host/a.whl", "archive_info": {}}', ("https://host/a.whl", False)),
        (b"{}", ("", False)),
        (b"[", ("", False)),
        (b'{"url": 3, "dir_info": []}', ("3", False)),
    ],
)
def test_parse_direct_url__url_without_password(data: bytes, expected: tuple[str, bool]) -> None:
    assert parse_direct_url(data) == expected


@pytest.mark.parametrize(("given", "expected"), [("Foo_Bar", "foo-bar"), ("a--b..c", "a-b-c")])
def test_normalize__pep_503(given: str, expected: str) -> None:
    assert normalize(given) == expected


def test_parse_pyvenv_cfg__keys__are_lower_case() -> None:
    assert parse_pyvenv_cfg(b"Home = /usr\nversion=3.11.7\nnoise\n") == {"home": "/usr", "version": "3.11.7"}
