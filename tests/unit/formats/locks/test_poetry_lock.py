"""poetry.lock → the packages for one machine, from the groups of each package since 2.1, else from the graph."""

from __future__ import annotations

import pytest

from deadweight.errors import BadLock
from deadweight.formats.locks import Choice, read_lock
from deadweight.formats.projects.poetry_constraints import poetry_admits
from deadweight.formats.tables import Malformed
from deadweight.model import Archive, Lock, Requirement

VALUES = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "python_version": "3.11",
    "python_full_version": "3.11.7",
}
NOTHING_MORE = Choice(groups=frozenset())
HASH = "ab" * 32


def package(name: str, *lines: str, version: str = "1") -> str:
    head = ["[[package]]", f'name = "{name}"', f'version = "{version}"', 'python-versions = ">=3.8"']
    return "\n".join([*head, *lines, ""])


def read(
    *packages: str, version: str = "2.1", choice: Choice = NOTHING_MORE, project: str = "", tail: str = ""
) -> Lock:
    text = "\n".join([*packages, tail, f'[metadata]\nlock-version = "{version}"'])
    return read_lock("/work/poetry.lock", text.encode(), VALUES, choice, project=project.encode())


def groups(lock: Lock) -> dict[str, set[str]]:
    return {found.name: set(found.groups) for found in lock.packages}


# --- lock-version 2.1: what poetry 2 writes -----------------------------------------------------

TOLD = (
    package("a", "optional = false", 'groups = ["main", "dev"]'),
    package("w", 'groups = ["main"]', """markers = "sys_platform == 'win32'" """),
    package("m", 'groups = ["main", "docs"]', """markers = {main = "extra == 'all'", docs = "python_version < '4'"}"""),
    package("y", "optional = true", 'groups = ["main"]', """markers = "extra == 'yaml' or extra == 'all'" """),
    package("o", "optional = true", 'groups = ["main"]'),
    package("t", 'groups = ["dev"]'),
)
EXTRAS = '[extras]\nall = ["m", "y"]\nyaml = ["y"]\nold = ["O"]\n'


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (NOTHING_MORE, {"a": {""}}),
        (Choice(), {"a": {"", "dev"}, "m": {"docs"}, "t": {"dev"}}),
        (Choice(extras=frozenset({"yaml", "all"}), groups=frozenset({"docs"})),
         {"a": {""}, "m": {"all", "docs"}, "y": {"yaml", "all"}}),
        (Choice(extras=frozenset({"old"}), groups=frozenset()), {"a": {""}, "o": {"old"}}),
    ],
    ids=["project", "all groups", "extras and a group", "extra without marker"],
)  # fmt: skip
def test_read_lock__poetry_2__gives_the_groups_of_each_package(choice: Choice, expected: dict[str, set[str]]) -> None:
    assert groups(read(*TOLD, tail=EXTRAS, choice=choice)) == expected


def test_read_lock__poetry_files__have_names_and_hashes_and_no_url() -> None:
    files = [f'{{file = "a-1-py3-none-any.whl", hash = "sha256:{HASH}"}}', '{file = "a-1.tar.gz", hash = "md5:00"}']
    (found,) = read(package("a", 'groups = ["main"]', f"files = [{', '.join(files)}]")).packages
    assert found.wheels == (Archive(filename="a-1-py3-none-any.whl", url="", sha256=HASH),)
    assert found.sdist == Archive(filename="a-1.tar.gz", url="")


@pytest.mark.parametrize(
    ("source", "location", "origin"),
    [
        ('type = "git"\nurl = "https://h.example/r"\nresolved_reference = "c0ffee"',
         "git+https://h.example/r@c0ffee", ""),
        ('type = "directory"\nurl = "near"', "/work/near", ""),
        ('type = "file"\nurl = "w/a.whl"', "", "file:///work/w/a.whl"),
        ('type = "url"\nurl = "https://h.example/a.whl"', "", "https://h.example/a.whl"),
        ('type = "legacy"\nurl = "https://index.example/simple"', "", ""),
    ],
    ids=["git", "directory", "file", "url", "index"],
)  # fmt: skip
def test_read_lock__poetry_source__gives_the_location(source: str, location: str, origin: str) -> None:
    text = package(
        "a", 'groups = ["main"]', f'files = [{{file = "a.whl", hash = "sha256:{HASH}"}}]', "[package.source]"
    )
    (found,) = read(text + source + "\n").packages
    assert (found.location, found.origin) == (location, origin)
    assert [wheel.url for wheel in found.wheels] == ([] if location else [origin])


def test_read_lock__poetry_with_its_project__wants_what_that_names() -> None:
    project = """
        [project]
        name = "p"
        dependencies = ["A[z]>=1", "w"]
        [tool.poetry.group.dev.dependencies]
        t = {version = "^1", python = ">=3.8"}
        """
    assert read(*TOLD, choice=Choice(), project=project).requirements == (
        Requirement(name="a", extras=frozenset({"z"}), groups=frozenset({""})),
        Requirement(name="t", groups=frozenset({"dev"})),
    )
    assert read(*TOLD).requirements is None


@pytest.mark.parametrize(
    ("project", "packages", "reason"),
    [
        ('[tool.poetry.dependencies]\n"../a" = "1"', [package("a")], "not a valid project name"),
        ('[tool.poetry.dependencies]\nb = "1"', [package("a")], "b is required but not locked"),
        ('[tool.poetry.dependencies]\na = "*"', [package("a", version="1-x")], "version is invalid"),
    ],
)
def test_read_lock__poetry_1_not_of_its_project__is_refused(project: str, packages: list[str], reason: str) -> None:
    with pytest.raises(BadLock, match=reason):
        read(*packages, version="2.0", project=project)


def test_read_lock__poetry_two_versions_for_one_machine__is_refused() -> None:
    with pytest.raises(BadLock, match="a is locked twice for this machine: 1 and 2"):
        read(package("a", 'groups = ["main"]'), package("a", 'groups = ["main"]', version="2"))


# --- before 2.1: the graph and the pyproject.toml ------------------------------------------------

OLD = (
    package("req", "optional = false", "[package.dependencies]", 'certifi = ">=1"',
            'PySocks = {version = ">=1", optional = true, markers = "extra == \\"socks\\""}',
            'win = {version = "*", markers = "sys_platform == \\"win32\\""}',
            "[package.extras]", 'socks = ["PySocks (>=1)"]'),
    package("certifi"), package("pysocks"), package("win"), package("t"), package("y", "optional = true"),
    package("np", version="1.26.4"), package("np", version="2.3.0"),
)  # fmt: skip
OLD_PROJECT = """
[tool.poetry.dependencies]
python = "^3.8"
req = {version = "^1", extras = ["socks"]}
y = {version = "*", optional = true}
np = [{version = "^1.20", markers = "python_version < '3.12'"}, {version = "^2", markers = "python_version >= '3.12'"}]
[tool.poetry.extras]
yaml = ["y"]
[tool.poetry.dev-dependencies]
t = "*"
"""


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_read_lock__poetry_1__is_walked_from_the_project(version: str) -> None:
    choice = Choice(extras=frozenset({"yaml"}))
    lock = read(*OLD, version=version, project=OLD_PROJECT, choice=choice, tail='[extras]\nyaml = ["y"]')
    assert groups(lock) == {"req": {""}, "certifi": {""}, "pysocks": {""}, "np": {""}, "t": {"dev"}, "y": {"yaml"}}
    assert [found.version for found in lock.packages if found.name == "np"] == ["1.26.4"]
    assert lock.requirements is not None
    assert [want.name for want in lock.requirements] == ["np", "req", "t", "y"]


def test_read_lock__poetry_1_two_versions__the_one_that_all_who_need_it_admit() -> None:
    packages = (
        package("old", "[package.dependencies]", 'proto = ">=3,<7"'),
        package("new", "[package.dependencies]", 'proto = ">=3"'),
        package("proto", "[package.dependencies]", 'six = "*"', version="6.1"),
        package("proto", "[package.dependencies]", 'only-with-seven = "*"', version="7.0"),
        package("six"),
        package("only-with-seven"),
    )
    lock = read(*packages, version="2.0", project='[tool.poetry.dependencies]\nold = "*"\nnew = "*"')
    assert {found.name: found.version for found in lock.packages} == {
        "old": "1", "new": "1", "proto": "6.1", "six": "1",
    }  # fmt: skip


def test_read_lock__poetry_1_two_versions_that_not_all_admit__is_refused() -> None:
    packages = (
        package("old", "[package.dependencies]", 'proto = "<7"'),
        package("new", "[package.dependencies]", 'proto = ">=7"'),
        package("proto", version="6.1"),
        package("proto", version="7.0"),
    )
    with pytest.raises(BadLock, match="locked twice for this machine"):
        read(*packages, version="2.0", project='[tool.poetry.dependencies]\nold = "*"\nnew = "*"')


def test_read_lock__poetry_1_alone__takes_what_is_not_optional_and_warns() -> None:
    lock = read(*OLD[:6], version="1.1")
    assert [found.name for found in lock.packages] == ["certifi", "pysocks", "req", "t", "win"]
    assert "no pyproject.toml" in lock.warnings[0]


def test_read_lock__poetry_1_files__are_in_the_metadata() -> None:
    text = (
        package("A.b")
        + f"""
        [metadata]
        lock-version = "1.1"
        [metadata.files]
        "A.b" = [{{file = "a_b-1-py3-none-any.whl", hash = "sha256:{HASH}"}}]
        """
    )
    (found,) = read_lock("poetry.lock", text.encode(), VALUES, NOTHING_MORE).packages
    assert (found.name, [wheel.sha256 for wheel in found.wheels]) == ("a-b", [HASH])


def test_read_lock__poetry_1_long_chain__ends() -> None:
    chain = [package(f"p{n}", "[package.dependencies]", f'p{(n + 1) % 10_000} = "*"') for n in range(10_000)]
    lock = read(*chain, version="2.0", project='[tool.poetry.dependencies]\np0 = "*"')
    assert len(lock.packages) == 10_000


@pytest.mark.parametrize(
    ("constraint", "version", "expected"),
    [
        ("^1.2", "1.9", True),
        ("^1.2", "2.0", False),
        ("^0.2.3", "0.3.0", False),
        ("^0.0", "0.0.9", True),
        ("~1.2", "1.2.9", True),
        ("~1.2", "1.3", False),
        ("~1", "1.9", True),
        ("~=1.2", "1.9", True),
        ("*", "7", True),
        ("", "7", True),
        ("1.2", "1.2", True),
        ("1.*", "1.7", True),
        (">=1.0,<1.5 || >1.6", "1.7", True),
        (">=1.0,<1.5 || >1.6", "1.5.5", False),
        (">= 1.0 < 2", "2.1", False),
    ],
)
def test_poetry_admits__constraint__is_read_as_poetry_does(constraint: str, version: str, expected: bool) -> None:
    assert poetry_admits(constraint, version) is expected


@pytest.mark.parametrize("constraint", ["|" * 1000, "^" + "9" * 5000, "what?", ">=x"])
def test_poetry_admits__nonsense__is_refused(constraint: str) -> None:
    with pytest.raises(Malformed, match="invalid version"):
        poetry_admits(constraint, "1")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "lock-version: missing"),
        ('[metadata]\nlock-version = "3.0"', "unsupported lock-version: 3.0"),
        ('[metadata]\nlock-version = "2.1"\n[[package]]\nname = "a"', "version is missing"),
        ('[metadata]\nlock-version = "2.1"\n[[package]]\nname = "a"\nversion = "1"\ngroups = "main"', "not a list"),
        ("[", "invalid TOML"),
    ],
)
def test_read_lock__poetry_malformed__is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadLock, match=reason):
        read_lock("poetry.lock", text.encode(), VALUES, NOTHING_MORE)


def test_read_lock__poetry_unknown_choice__names_those_that_exist() -> None:
    with pytest.raises(BadLock, match="unknown extra nope") as caught:
        read(*TOLD, tail=EXTRAS, choice=Choice(extras=frozenset({"nope"})))
    assert "all, old, yaml" in caught.value.hint
    with pytest.raises(BadLock, match="unknown dependency group nope") as caught:
        read(*TOLD, choice=Choice(groups=frozenset({"nope"})))
    assert "dev, docs" in caught.value.hint


@pytest.mark.parametrize("project", ["[", "[project]\ndependencies = 3", '[project]\ndependencies = [" ?"]'])
def test_read_lock__malformed_pyproject__is_named_in_the_error(project: str) -> None:
    with pytest.raises(BadLock, match=r"the pyproject\.toml next to it"):
        read(*TOLD, project=project)


@pytest.mark.parametrize(
    ("edge", "complete"),
    [('c = ">=1"', False), ('C = {version = "*", markers = "sys_platform == \'linux\'"}', False),
     ('c = {version = "*", markers = "sys_platform == \'win32\'"}', True),
     ('c = {version = "*", optional = true}', True), ('B = "*"', True)],
)  # fmt: skip
def test_read_lock__poetry_2_truncated__is_detected_by_its_edges(edge: str, complete: bool) -> None:
    packages = (
        package("a", 'groups = ["main"]', "[package.dependencies]", edge),
        package("b", 'groups = ["main"]'),
    )
    if complete:
        assert set(groups(read(*packages))) == {"a", "b"}
    else:
        with pytest.raises(BadLock, match="a requires c, which is not locked"):
            read(*packages)
