"""Manipulated locks: every value of a wrong type is refused with BadLock."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deadweight.errors import BadInput, BadLock
from deadweight.formats.distributions.metadata import is_name
from deadweight.formats.locks import Choice, read_lock
from tests.builders import requirements_of_project

VALUES = {"sys_platform": "linux", "python_version": "3.11", "python_full_version": "3.11.7"}
HASH = "sha256:" + "ab" * 32
URL = "https://index.example/a-1-py3-none-any.whl"
EDGE = {"name": "a", "marker": "python_version > '3'", "extra": ["x"], "version": "1", "source": {"registry": URL}}

# one small lock of each format, with every key that is read; "-" marks a key that is not read
LOCKS: dict[str, dict[str, Any]] = {
    "uv.lock": {
        "version": 1,
        "-revision": 3,
        "requires-python": ">=3.8",
        "manifest": {"members": ["p"], "requirements": [EDGE], "dependency-groups": {"g": [EDGE]}},
        "package": [
            {
                "name": "p",
                "version": "1",
                "source": {"editable": "."},
                "dependencies": [EDGE],
                "optional-dependencies": {"e": [EDGE]},
                "dev-dependencies": {"g": [EDGE]},
                "metadata": {"provides-extras": ["e"], "requires-dev": {"-g": []}, "-requires-dist": [EDGE]},
            },
            {
                "name": "a",
                "version": "1",
                "source": {"registry": URL},
                "optional-dependencies": {"x": []},
                "sdist": {"url": URL + ".tar.gz", "hash": HASH, "size": 1},
                "wheels": [{"url": URL, "hash": HASH, "size": 1}],
            },
        ],
    },
    "pylock.toml": {
        "lock-version": "1.0",
        "created-by": "x",
        "requires-python": ">=3.8",
        "environments": ["python_version > '3'"],
        "extras": ["e"],
        "dependency-groups": ["g"],
        "default-groups": ["d"],
        "packages": [
            {
                "name": "a",
                "version": "1",
                "marker": "'d' in dependency_groups",
                "requires-python": ">=3.8",
                "wheels": [{"url": URL, "size": 1, "hashes": {"sha256": "ab" * 32}}],
            },
            {"name": "b", "directory": {"path": "b", "editable": True, "subdirectory": "s"}},
            {"name": "c", "vcs": {"type": "git", "url": URL, "commit-id": "c0ffee", "subdirectory": "s"}},
        ],
    },
    "poetry.lock": {
        "package": [
            {
                "name": "a",
                "version": "1",
                "optional": False,
                "groups": ["main"],
                "markers": {"main": "python_version > '3'"},
                "files": [{"file": "a-1-py3-none-any.whl", "hash": HASH}],
                "source": {"type": "url", "url": URL},
            },
            {"name": "b", "version": "1", "groups": ["main"], "optional": True, "-source": {"type": "legacy"}},
        ],
        "extras": {"e": ["a"]},
        "metadata": {"lock-version": "2.1", "-python-versions": "*", "files": {}},
    },
    "pdm.lock": {
        "metadata": {"lock_version": "4.5.0", "groups": ["default", "g", "e"], "-strategy": ["x"], "files": {}},
        "package": [
            {"name": "a", "version": "1", "groups": ["default"], "marker": "", "files": [{"url": URL, "hash": HASH}]},
            {"name": "a", "version": "1", "-extras": ["x"], "groups": ["default"], "-dependencies": ["a==1"]},
            {"name": "b", "version": "1", "groups": ["g"], "git": URL, "revision": "c0ffee"},
            {"name": "c", "version": "1", "groups": ["g"], "path": "./c"},
        ],
    },
    "Pipfile.lock": {
        "_meta": {"pipfile-spec": 6, "-requires": {}},
        "default": {
            "a": {"version": "==1", "hashes": [HASH], "markers": "python_version > '3'", "-index": "", "extras": ["x"]},
            "b": {"git": URL, "ref": "c0ffee"},
        },
        "g": {"c": {"path": "./c", "-editable": True}},
    },
    "pyproject.toml": {
        "project": {"name": "p", "dependencies": ["a"], "optional-dependencies": {"e": ["b"]}, "-version": "1"},
        "dependency-groups": {"g": ["c"]},
        "tool": {
            "uv": {
                "sources": {
                    "a": {"index": "i", "marker": "os_name == 'x'", "extra": "e"},
                    "b": [{"git": URL, "rev": "1", "subdirectory": "s"}, {"url": URL}],
                    "c": {"path": "c", "group": "g"},
                    "x": {"workspace": True},
                },
                "index": [{"name": "i", "url": URL, "explicit": True, "default": False, "format": "flat"}],
                "constraint-dependencies": ["a<2"],
                "override-dependencies": ["b<2"],
                "find-links": ["here"],
                "index-strategy": "first-index",
            },
            "poetry": {
                "dependencies": {
                    "python": "^3.8",
                    "a": {"version": "^1", "source": "s", "extras": ["x"], "optional": True},
                    "b": {"version": "^1", "markers": "os_name == 'x'"},
                    "d": [{"git": URL, "tag": "1", "python": "~3.9"}, {"path": "d", "platform": "linux"}],
                },
                "extras": {"more": ["a"]},
                "group": {"h": {"dependencies": {"e": "*"}, "include-groups": ["h"]}},
                "source": [{"name": "s", "url": URL, "priority": "explicit"}],
            },
            "pdm": {"dev-dependencies": {"t": ["f"]}, "source": [{"name": "pypi", "url": URL, "type": "find_links"}]},
        },
    },
}  # fmt: skip


def read(name: str, document: dict[str, Any]) -> set[str]:
    """Return the names in a lock, or the requirements of a project."""
    data = json.dumps(document) if name == "Pipfile.lock" else toml(document)
    return read_bytes(name, data.encode(), Choice(extras=frozenset() if name == "Pipfile.lock" else frozenset({"e"})))


def read_bytes(name: str, data: bytes, choice: Choice) -> set[str]:
    if name == "pyproject.toml":
        return {asked.line for asked in requirements_of_project(name, data, choice)}
    return {package.name for package in read_lock(name, data, VALUES, choice).packages}


def toml(document: dict[str, Any]) -> str:
    return "\n".join(f"{json.dumps(key)} = {inline(value)}" for key, value in document.items())


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value).replace("\\ud800", "?").replace("\x7f", "\\u007F")


def plain(value: Any) -> Any:
    """Return a document without the marks of keys that are not read."""
    if isinstance(value, dict):
        return {key.removeprefix("-"): plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if not str(key).startswith("-"):
            yield (*path, key)
            yield from paths(inner, (*path, key))


def replaced(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed: dict[str, Any] = copy.deepcopy(plain(document))
    at: Any = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


NAMES = {
    "uv.lock": {"a"},
    "poetry.lock": {"a"},
    **{name: {"a", "b", "c"} for name in ("pylock.toml", "pdm.lock", "Pipfile.lock")},
    "pyproject.toml": {
        "a", "b @ git+https://index.example/a-1-py3-none-any.whl@1#subdirectory=s", "c @ file:///p/c", "e", "f",
    },
}  # fmt: skip
CASES = [(name, path) for name, document in LOCKS.items() for path in paths(document)]


@pytest.mark.parametrize("name", LOCKS)
def test_read_lock__the_documents_as_they_are__are_read(name: str) -> None:
    assert read(name, plain(LOCKS[name])) == NAMES[name]


@pytest.mark.parametrize(
    ("name", "path"), CASES, ids=lambda part: part if isinstance(part, str) else ".".join(map(str, part))
)
def test_read_lock__wrong_type_anywhere__is_refused(name: str, path: tuple[Any, ...]) -> None:
    with pytest.raises(BadInput):
        read(name, replaced(LOCKS[name], path, 3.5))


@settings(deadline=None)
@given(
    st.sampled_from(CASES),
    st.recursive(
        st.booleans()
        | st.integers()
        | st.text()
        | st.sampled_from(["a", "../x", "1", "=", "'x' in extras", "file:///"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "name", "url", "*"]), inner, max_size=3)
        ),
        max_leaves=4,
    ),
)
def test_read_lock__anything_anywhere__is_read_or_refused(case: tuple[str, tuple[Any, ...]], value: Any) -> None:
    name, path = case
    with contextlib.suppress(BadInput):  # any other exception fails the test
        found = read(name, replaced(LOCKS[name], path, value))
        # A line break would be a second requirement to a resolver.
        assert all(len(text.splitlines()) <= 1 if name == "pyproject.toml" else is_name(text) for text in found)


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[" * 200_000, b"a = " + b"{a=" * 50_000, b'{"a":' * 50_000, b"1"])
def test_read_lock__invalid_contents__are_refused(name: str, data: bytes) -> None:
    with pytest.raises(BadInput):
        read_bytes(name, data, Choice())


def test_read_lock__marker_of_parentheses__is_refused() -> None:
    marker = "(" * 50_000 + "python_version > '3'" + ")" * 50_000
    changed = replaced(LOCKS["uv.lock"], ("package", 0, "dependencies", 0, "marker"), marker)
    with pytest.raises(BadLock, match="invalid marker"):
        read("uv.lock", changed)


def test_read_lock__too_many_groups__is_refused() -> None:
    groups = {f"g{n}": [EDGE] for n in range(2000)}
    with pytest.raises(BadLock, match="more than the limit of 1,000 names"):
        read("uv.lock", replaced(LOCKS["uv.lock"], ("package", 0, "dev-dependencies"), groups))


def test_read_lock__groups_times_edges_beyond_measure__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.formats.locks.walking._MOST_STEPS", 3)
    with pytest.raises(BadLock, match="graph is too large"):
        read("uv.lock", plain(LOCKS["uv.lock"]))


def test_read_lock__versions_of_one_name_beyond_measure__is_refused() -> None:
    versions = [{"name": "a", "version": str(n), "source": {"registry": URL}} for n in range(200)]
    with pytest.raises(BadLock, match="more than the limit of 100 versions of a"):
        read("uv.lock", {**plain(LOCKS["uv.lock"]), "package": [*plain(LOCKS["uv.lock"]["package"]), *versions]})


def test_read_lock__file_beyond_measure__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.formats.tables._LARGEST", 1 << 20)
    with pytest.raises(BadLock, match="larger than 1 MiB"):
        read_lock("uv.lock", b"#" * ((1 << 20) + 1), VALUES, Choice())
