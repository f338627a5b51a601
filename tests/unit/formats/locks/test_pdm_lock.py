"""pdm.lock → the packages for one machine, from the groups of each package with inherit_metadata, else the graph."""

from __future__ import annotations

import pytest

from deadweight.errors import BadLock, WrongPython
from deadweight.formats.locks import Choice, read_lock
from deadweight.model import Lock, Requirement

VALUES = {"sys_platform": "linux", "python_version": "3.11", "python_full_version": "3.11.7"}
NOTHING_MORE = Choice(groups=frozenset())
HASH = "ab" * 32
PROJECT = """
[project]
name = "p"
dependencies = ["a[x]", "w; sys_platform == 'win32'"]
[project.optional-dependencies]
fast = ["y"]
[dependency-groups]
dev = ["t"]
[tool.pdm.dev-dependencies]
lint = ["r", "-e file:///near#egg=near"]
"""


def package(name: str, *lines: str, version: str = "1") -> str:
    return "\n".join(["[[package]]", f'name = "{name}"', f'version = "{version}"', *lines, ""])


def read(
    *packages: str, version: str = "4.5.0", choice: Choice = NOTHING_MORE, project: str = PROJECT, head: str = ""
) -> Lock:
    text = "\n".join(["[metadata]", f'lock_version = "{version}"', head, *packages])
    return read_lock("/work/pdm.lock", text.encode(), VALUES, choice, project=project.encode())


def groups(lock: Lock) -> dict[str, set[str]]:
    return {found.name: set(found.groups) for found in lock.packages}


GROUPS = 'groups = ["default", "dev", "fast", "lint"]'
TOLD = (
    package("a", 'groups = ["default", "dev"]'),
    package("a", 'extras = ["x"]', 'groups = ["default"]', 'dependencies = ["a==1", "b"]'),
    package("b", 'groups = ["default"]'),
    package("w", 'groups = ["default"]', """marker = "sys_platform == 'win32'" """),
    package("y", 'groups = ["fast"]'),
    package("t", 'groups = ["dev"]'),
    package("r", 'groups = ["lint"]'),
)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (NOTHING_MORE, {"a": {""}, "b": {""}}),
        (Choice(), {"a": {"", "dev"}, "b": {""}, "t": {"dev"}, "r": {"lint"}}),
        (Choice(extras=frozenset({"fast"}), groups=frozenset({"lint"})),
         {"a": {""}, "b": {""}, "y": {"fast"}, "r": {"lint"}}),
    ],
    ids=["project", "all groups", "extra and group"],
)  # fmt: skip
def test_read_lock__pdm__gives_the_groups_of_each_package(choice: Choice, expected: dict[str, set[str]]) -> None:
    assert groups(read(*TOLD, choice=choice, head=GROUPS)) == expected


def test_read_lock__pdm_with_its_project__wants_what_that_names() -> None:
    assert read(*TOLD, choice=Choice(groups=frozenset({"dev"})), head=GROUPS).requirements == (
        Requirement(name="a", extras=frozenset({"x"}), groups=frozenset({""})),
        Requirement(name="t", groups=frozenset({"dev"})),
    )


def test_read_lock__pdm_without_metadata__is_walked_from_the_project() -> None:
    lock = read(
        package("a", "dependencies = [\"c>=1; python_version < '4'\", \"n; sys_platform == 'win32'\"]"),
        package("a", 'extras = ["x"]', 'dependencies = ["a==1", "b<2"]'),
        package("b", version="1"),
        package("b", version="2"),
        *map(package, "cntry"),
        version="4.3",
        choice=Choice(extras=frozenset({"fast"})),
    )
    assert groups(lock) == {"a": {""}, "b": {""}, "c": {""}, "t": {"dev"}, "r": {"lint"}, "y": {"fast"}}
    assert [found.version for found in lock.packages if found.name == "b"] == ["1"]


def test_read_lock__pdm_that_nothing_explains__is_taken_whole_with_a_warning() -> None:
    lock = read(package("a"), package("b"), project="")
    assert groups(lock) == {"a": set(), "b": set()}
    assert lock.requirements is None
    assert "inherit_metadata" in lock.warnings[0]


@pytest.mark.parametrize(
    ("lines", "location", "origin", "urls"),
    [
        (['path = "./near"'], "/work/near", "", []),
        (['git = "https://h.example/r"', 'revision = "c0ffee"'], "git+https://h.example/r@c0ffee", "", []),
        (['url = "https://h.example/a.whl"', f'files = [{{url = "https://h.example/a.whl", hash = "sha256:{HASH}"}}]'],
         "", "https://h.example/a.whl", ["https://h.example/a.whl"]),
        ([f'files = [{{file = "a.whl", hash = "sha256:{HASH}"}}]'], "", "", [""]),
    ],
    ids=["directory", "git", "url", "index"],
)  # fmt: skip
def test_read_lock__pdm_source__gives_the_location(
    lines: list[str], location: str, origin: str, urls: list[str]
) -> None:
    (found,) = read(package("a", 'groups = ["default"]', *lines)).packages
    assert (found.location, found.origin, [wheel.url for wheel in found.wheels]) == (location, origin, urls)


def test_read_lock__pdm_4_files__are_in_the_metadata() -> None:
    head = f'[metadata.files]\n"a 1" = [{{file = "a.whl", hash = "sha256:{HASH}"}}]\n'
    (found,) = read(package("a"), version="4.1", head=head, project="").packages
    assert [wheel.sha256 for wheel in found.wheels] == [HASH]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "lock_version: missing"),
        ('[metadata]\nlock_version = "5.0"', "unsupported lock_version: 5.0"),
        ("[[[", "invalid TOML"),
        ('package = [1]\n[metadata]\nlock_version = "4.5.0"', "package, item 1 is not a table"),
    ],
)
def test_read_lock__pdm_malformed__is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadLock, match=reason):
        read_lock("pdm.lock", text.encode(), VALUES, NOTHING_MORE)


def test_read_lock__pdm_not_of_its_project__is_refused() -> None:
    with pytest.raises(BadLock, match="a is required but not locked"):
        read(package("b"))


def test_read_lock__pdm_unknown_choice__names_those_that_exist() -> None:
    with pytest.raises(BadLock, match="unknown dependency group nope") as caught:
        read(*TOLD, head=GROUPS, choice=Choice(groups=frozenset({"nope"})))
    assert "dev, lint" in caught.value.hint
    with pytest.raises(BadLock, match="unknown extra nope") as caught:
        read(*TOLD, head=GROUPS, choice=Choice(extras=frozenset({"nope"})))
    assert "fast" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "complete"),
    [("c>=1", False), ("c; sys_platform == 'linux'", False), ("c; sys_platform == 'win32'", True),
     ("c ; extra == 'x'", True), ("B<2", True), ("excluded", True)],
)  # fmt: skip
def test_read_lock__pdm_truncated__is_detected_by_its_edges(line: str, complete: bool) -> None:
    packages = package("a", 'groups = ["default"]', f'dependencies = ["{line}"]'), package("b", 'groups = ["default"]')
    project = '[tool.pdm.resolution]\nexcludes = ["Excluded"]\n'
    if complete:
        assert set(groups(read(*packages, project=project))) == {"a", "b"}
    else:
        with pytest.raises(BadLock, match="a requires c, which is not locked"):
            read(*packages, project=project)


def targets(*lines: str) -> str:
    return "\n".join(f"[[metadata.targets]]\n{line}" for line in lines)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (targets('requires_python = ">=3.12"'), "requires Python >=3.12, but the measured version is 3.11.7"),
        (targets('requires_python = ">=3.12"', 'requires_python = "<3.11"'), "but the measured version is 3.11.7"),
        (targets('requires_python = ">=3.11"\nplatform = "windows_amd64"'), "for other platforms: windows_amd64"),
        (targets('requires_python = ">=3.11"\nplatform = "macos_14_0_arm64"'), "for other platforms"),
        (targets('platform = "manylinux_2_28_aarch64"'), "for other platforms"),
        (targets('platform = "linux"\nrequires_python = "<3"', 'platform = "macos"'), "requires Python <3"),
    ],
)
def test_read_lock__pdm_for_other_targets__is_refused(head: str, reason: str) -> None:
    lock = f'[metadata]\nlock_version = "4.5.0"\n{head}\n{package("a", "groups = []")}'
    with pytest.raises((BadLock, WrongPython), match=reason):
        read_lock("pdm.lock", lock.encode(), {**VALUES, "platform_machine": "x86_64"}, NOTHING_MORE)


@pytest.mark.parametrize(
    "head",
    ["", targets('requires_python = "~=3.11"'), targets('platform = "manylinux_2_17_x86_64"'),
     targets('platform = "linux"'), targets('platform = "plan9"'), targets('requires_python = "<3"', 'platform = ""'),
     targets('platform = "windows_amd64"', 'platform = "linux_amd64"\nrequires_python = "==3.11.*"')],
)  # fmt: skip
def test_read_lock__pdm_for_this_target__is_read(head: str) -> None:
    lock = f'[metadata]\nlock_version = "4.5.0"\n{head}\n' + package("a", 'groups = ["default"]')
    values = {**VALUES, "platform_machine": "x86_64"}
    assert set(groups(read_lock("pdm.lock", lock.encode(), values, NOTHING_MORE))) == {"a"}
