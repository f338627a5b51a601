"""METADATA, PKG-INFO and the small files next to them → the metadata of a distribution."""

from __future__ import annotations

import pytest

from deadweight.formats.distributions.metadata import (
    headers,
    is_name,
    normalize,
    parse_direct_url,
    parse_entry_points,
    parse_metadata,
    parse_pyvenv_cfg,
    version_or_none,
)
from deadweight.model import Metadata


def parsed(text: str | bytes, directory: str = "directory-9.dist-info", requires_txt: bytes = b"") -> Metadata:
    data = text.encode() if isinstance(text, str) else text
    found = parse_metadata(data, directory, requires_txt=requires_txt)
    assert found is not None
    return found


def test_parse_metadata__all_headers__are_read() -> None:
    text = (
        "Metadata-Version: 2.5\nName: Zope.Interface_x\nVersion: 6.0\nSummary: Short.\n"
        "Classifier: Framework :: Pytest\nClassifier: Topic :: Utilities\n"
        "Requires-Dist: a>=1\nRequires-Dist: b ; extra == 'x'\n"
        "Import-Name: zope.interface\n"
        "Import-Name: zope_x ; private\n"
    )
    assert parsed(text) == Metadata(
        name="zope-interface-x",
        version="6.0",
        summary="Short.",
        requires=("a>=1", "b ; extra == 'x'"),
        classifiers=("Framework :: Pytest", "Topic :: Utilities"),
        import_names=("zope.interface", "zope_x"),
    )


@pytest.mark.parametrize("blank", ["\n\n", "\r\n\r\n", "\r\r", "\n\r\n"])
def test_parse_metadata__description_with_headers__is_not_read(blank: str) -> None:
    found = parsed(f"Name: good{blank}Name: evil\nVersion: 6\nRequires-Dist: evil\n")
    assert (found.name, found.version, found.requires) == ("good", "9", ())


def test_parse_metadata__indented_description_header__is_not_read() -> None:
    assert parsed("Name: good\nDescription: text\n        Requires-Dist: evil\nVersion: 1\n").requires == ()


def test_parse_metadata__header_twice__the_first_counts() -> None:
    assert parsed("Name: first\nName: second\n").name == "first"


def test_parse_metadata__header_in_another_case__is_read() -> None:
    assert parsed("NAME : a\nrequires-dist: b\n").requires == ("b",)


def test_parse_metadata__folded_line__is_one_value() -> None:
    assert parsed("Name: a\nSummary: one\n  two\n\tthree\nVersion: 1\n").summary == "one\ntwo\nthree"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_parse_metadata__any_line_end__gives_the_same(end: str) -> None:
    found = parsed(end.join(["Name: a", "Version: 1", "Requires-Dist: b", "  >=2", "Classifier: C", ""]))
    assert (found.name, found.version, found.requires, found.classifiers) == ("a", "1", ("b\n>=2",), ("C",))


def test_parse_metadata__latin_1__is_read() -> None:
    assert parsed(b"Name: a\nSummary: caf\xe9\n").summary == "café"


@pytest.mark.parametrize("name", ["", "Name:", "Name: \x1b[31mevil", "Name: a/b", "Name: é"])
def test_parse_metadata__invalid_name__is_taken_from_the_directory(name: str) -> None:
    found = parsed(f"{name}\nVersion: 2\n", "Py_Yaml-6.0.dist-info")
    assert (found.name, found.version) == ("py-yaml", "2")


@pytest.mark.parametrize(
    ("directory", "version"),
    [
        ("six-1.16.0.dist-info", "1.16.0"),
        ("six-1.16.0-py3.11.egg-info", "1.16.0"),
        ("six-1.16.0-py3.11-linux-x86_64.egg-info", "1.16.0"),
        ("six.egg-info", None),
        ("six-\x1b[31m.dist-info", None),
    ],
)
def test_parse_metadata__nothing_but_a_directory__gives_name_and_version(directory: str, version: str | None) -> None:
    found = parsed(b"", directory)
    assert (found.name, found.version) == ("six", version)


@pytest.mark.parametrize("directory", ["-1.0.dist-info", ".dist-info", "~umpy-2.0.dist-info", "\x07-1.dist-info"])
def test_parse_metadata__no_name_anywhere__is_none(directory: str) -> None:
    assert parse_metadata(b"Version: 1\n", directory) is None


def test_parse_metadata__requires_txt__becomes_pep_508() -> None:
    sections = (
        b"plain>=1\n# comment\n\n[:python_version<'3']\nold\n[dev]\ntester\n[dev:os_name=='nt' or os_name=='x']\nwin\n"
    )
    assert parsed("Name: a\n", "a-1.egg-info", sections).requires == (
        "plain>=1",
        "old ; (python_version<'3')",
        'tester ; extra == "dev"',
        "win ; (os_name=='nt' or os_name=='x') and extra == \"dev\"",
    )


def test_parse_metadata__requires_dist_and_requires_txt__the_first_counts() -> None:
    assert parsed("Name: a\nRequires-Dist: new\n", requires_txt=b"old\n").requires == ("new",)


def test_headers__no_blank_line__reads_all() -> None:
    assert headers(b"Name: a") == {"name": ["a"]}


@pytest.mark.parametrize(
    ("name", "normal"),
    [("A.B", "a-b"), ("a__b--c", "a-b-c"), ("Flask", "flask"), ("ruamel.yaml.clib", "ruamel-yaml-clib")],
)
def test_normalize__name__is_pep_503s(name: str, normal: str) -> None:
    assert normalize(name) == normal


@pytest.mark.parametrize(
    ("text", "allowed"),
    [("a", True), ("A.b-c_1", True), ("", False), ("-a", False), ("a-", False), ("a b", False), ("a\n", False),
     ("a\x1b", False), ("é", False)],
)  # fmt: skip
def test_is_name__text__is_what_pep_508_allows(text: str, allowed: bool) -> None:
    assert is_name(text) is allowed


@pytest.mark.parametrize(
    ("text", "version"),
    [("1.0", "1.0"), ("1!2.0+cu118", "1!2.0+cu118"), ("", None), ("1.0\n", None), ("\x1b[2J", None), ("1" * 81, None)],
)
def test_version_or_none__text__is_kept_or_none(text: str, version: str | None) -> None:
    assert version_or_none(text) == version


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"url": "https://user:secret@host/a.git", "vcs_info": {}}', ("https://host/a.git", False)),
        (b'{"url": "https://token@host:8080/a.whl"}', ("https://host:8080/a.whl", False)),
        (b'{"url": "file:///src/a", "dir_info": {"editable": true}}', ("file:///src/a", True)),
        (b'{"url": "file:///src/a", "dir_info": {}}', ("file:///src/a", False)),
        (b'{"url": "file:///src/a", "dir_info": null}', ("file:///src/a", False)),
        (b'{"url": "file:///src/a", "dir_info": [1]}', ("", False)),
        (b'{"url": "http://[broken"}', ("", False)),
        (b"{}", ("", False)),
        (b"[]", ("", False)),
        (b"no json", ("", False)),
        (b"\xff\xfe\xff", ("", False)),
    ],
)
def test_parse_direct_url__json__gives_the_url_without_credentials(data: bytes, expected: tuple[str, bool]) -> None:
    assert parse_direct_url(data) == expected


def test_parse_pyvenv_cfg__lines__become_keys() -> None:
    text = b"Home = /usr/bin\r\nversion=3.11.7\r\nprompt = a = b\r\nnoise\r\n"
    assert parse_pyvenv_cfg(text) == {"home": "/usr/bin", "version": "3.11.7", "prompt": "a = b"}


def test_direct_url__too_deep__is_none() -> None:
    assert parse_direct_url(b'{"url":' + b"[" * 100_000) == ("", False)


ENTRY_POINTS = b"""\
[console_scripts]
acme = acme.cli:main
Acme-Server = acme.server:main [server]

; a comment
[pytest11]
acme=acme.plugin
# another
[gui_scripts]
acme-window = acme.gui:main
[empty]
"""


def test_parse_entry_points__groups__each_with_its_names() -> None:
    assert parse_entry_points(ENTRY_POINTS) == {
        "console_scripts": ("acme", "Acme-Server"),
        "pytest11": ("acme",),
        "gui_scripts": ("acme-window",),
    }


@pytest.mark.parametrize("text", [b"", b"name = before:any", b"[", b"[]", b"[a]\n= x\nno equals", b"\xff\x00["])
def test_parse_entry_points__malformed__is_passed_over(text: bytes) -> None:
    assert parse_entry_points(text) == {}


def test_parse_metadata__entry_points__are_commands_and_what_it_plugs_into() -> None:
    found = parse_metadata(b"Name: acme", "acme-1.dist-info", entry_points=ENTRY_POINTS)
    assert found is not None
    assert found.commands == ("acme", "Acme-Server", "acme-window")
    assert found.plugin_groups == ("pytest11",)
