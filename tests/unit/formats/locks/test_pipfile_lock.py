"""Pipfile.lock → the packages for one machine."""

from __future__ import annotations

import json

import pytest

from deadweight.errors import BadLock
from deadweight.formats.locks import Choice, read_lock
from deadweight.model import Archive, Lock, Requirement

VALUES = {"sys_platform": "linux", "python_version": "3.11", "python_full_version": "3.11.7"}
NOTHING_MORE = Choice(groups=frozenset())
HASH = "ab" * 32
META = {"pipfile-spec": 6}


def read(default: dict[str, object], *, choice: Choice = NOTHING_MORE, project: str = "", **categories: object) -> Lock:
    text = json.dumps({"_meta": META, "default": default, **categories})
    return read_lock("/work/Pipfile.lock", text.encode(), VALUES, choice, project=project.encode())


def test_read_lock__pipfile_entry__has_version_and_hashes_but_no_names() -> None:
    lock = read({"Req.S": {"version": "==2.0", "hashes": [f"sha256:{HASH}", "md5:0"]}})
    (found,) = lock.packages
    assert (found.name, found.version, found.groups) == ("req-s", "2.0", frozenset({""}))
    assert found.wheels == (Archive(filename="", url="", sha256=HASH),)


def test_read_lock__pipfile_marker__is_that_of_the_machine() -> None:
    lock = read({"a": {"version": "==1", "markers": "sys_platform == 'win32'"}, "b": {"version": "==1"}})
    assert [found.name for found in lock.packages] == ["b"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (NOTHING_MORE, {"a": {""}}),
        (Choice(), {"a": {"", "develop"}, "t": {"develop"}, "d": {"docs"}}),
        (Choice(groups=frozenset({"Docs"})), {"a": {""}, "d": {"docs"}}),
    ],
)
def test_read_lock__pipfile_categories__are_groups(choice: Choice, expected: dict[str, set[str]]) -> None:
    one: dict[str, object] = {"version": "==1"}
    lock = read({"a": one}, develop={"a": one, "t": one}, docs={"d": one}, choice=choice)
    assert {found.name: set(found.groups) for found in lock.packages} == expected


def test_read_lock__pipfile_index_key__marks_direct_requirements() -> None:
    lock = read({"a": {"version": "==1", "index": "x", "extras": ["S"]}, "b": {"version": "==1"}})
    assert lock.requirements == (Requirement(name="a", extras=frozenset({"s"}), groups=frozenset({""})),)


def test_read_lock__pipfile__gives_the_direct_requirements() -> None:
    one: dict[str, object] = {"version": "==1"}
    project = '[packages]\nA = "*"\n[dev-packages]\nt = {version = "*"}\n[requires]\nb = "x"\n'
    lock = read({"a": one, "b": one}, develop={"t": one, "u": one}, choice=Choice(), project=project)
    assert lock.requirements == (
        Requirement(name="a", groups=frozenset({""})),
        Requirement(name="t", groups=frozenset({"develop"})),
    )


@pytest.mark.parametrize(
    ("entry", "location", "origin"),
    [
        ({"git": "https://h.example/r.git", "ref": "c0ffee"}, "git+https://h.example/r.git@c0ffee", ""),
        ({"path": "../near", "editable": True}, "/near", ""),
        ({"file": "https://h.example/a-1.whl", "hashes": [f"sha256:{HASH}"]}, "", "https://h.example/a-1.whl"),
        ({"path": "w/a-1.tar.gz"}, "", "file:///work/w/a-1.tar.gz"),
    ],
    ids=["git", "directory", "URL", "archive"],
)
def test_read_lock__pipfile_source__gives_the_location(entry: object, location: str, origin: str) -> None:
    (found,) = read({"a": entry}).packages
    assert (found.version, found.location, found.origin) == (None, location, origin)
    archives = [*found.wheels, *([found.sdist] if found.sdist else [])]
    assert [one.url for one in archives] == ([origin] if origin else [])


def test_read_lock__pipfile_without_version__warns() -> None:
    lock = read({"a": {"version": "*"}})
    assert lock.packages[0].version is None
    assert "does not pin a" in lock.warnings[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid JSON"),
        ("[]", "JSON is not an object"),
        ("{}", "unsupported pipfile-spec: None"),
        ('{"_meta": {"pipfile-spec": 7}}', "unsupported pipfile-spec: 7"),
        ('{"_meta": {"pipfile-spec": 6}, "default": {"../a": {}}}', "invalid project name"),
        ('{"_meta": {"pipfile-spec": 6}, "default": {"a": {"version": ">=1"}}}', "not an exact version"),
        ('{"_meta": {"pipfile-spec": 6}, "default": {"a": {"version": "\\ud800"}}}', "not valid Unicode"),
        ('{"_meta": {"pipfile-spec": 6}, "default": {"a": {"file": "https://x/\\u0000.whl"}}}', "invalid file name"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_read_lock__pipfile_malformed__is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadLock, match=reason):
        read_lock("Pipfile.lock", text.encode(), VALUES, NOTHING_MORE)


def test_read_lock__pipfile_versions_that_differ__are_refused() -> None:
    with pytest.raises(BadLock, match="a is locked twice for this machine: 1 and 2"):
        read({"a": {"version": "==1"}}, develop={"a": {"version": "==2"}}, choice=Choice())


def test_read_lock__malformed_pipfile__is_named_in_the_error() -> None:
    with pytest.raises(BadLock, match="the Pipfile next to it: invalid TOML"):
        read({}, project="[")
