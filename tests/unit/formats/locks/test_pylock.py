"""pylock.toml (PEP 751) → the packages for one machine."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from deadweight.errors import BadLock, WrongPython
from deadweight.formats.locks import Choice, read_lock
from deadweight.model import Archive, Lock, Requirement

VALUES = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "python_version": "3.11",
    "python_full_version": "3.11.7",
}
NOTHING_MORE = Choice(groups=frozenset())
HASH = "ab" * 32
HEAD = 'lock-version = "1.0"\ncreated-by = "somebody"\n'


def package(name: str, marker: str = "", *, version: str = "1") -> str:
    wheel = f"{name}-{version}-py3-none-any.whl"
    return "\n".join(
        [
            "[[packages]]",
            f'name = "{name}"',
            f'version = "{version}"',
            f'marker = """{marker}"""' if marker else "",
            f'wheels = [{{ url = "https://index.example/{wheel}", size = 3, hashes = {{ sha256 = "{HASH}" }} }}]',
            "",
        ]
    )


def read(
    *packages: str,
    head: str = "",
    choice: Choice = NOTHING_MORE,
    project: bytes = b"",
    values: Mapping[str, str] = VALUES,
) -> Lock:
    text = "\n".join([HEAD, head, *(packages or ["packages = []"])])
    return read_lock("/work/pylock.toml", text.encode(), values, choice, project=project)


def groups(lock: Lock) -> dict[str, set[str]]:
    return {found.name: set(found.groups) for found in lock.packages}


def test_read_lock__unknown_name__lists_the_supported_names() -> None:
    with pytest.raises(BadLock, match=r"Cargo\.lock: unknown lock format") as caught:
        read_lock("Cargo.lock", b"", VALUES, NOTHING_MORE)
    assert "poetry.lock" in caught.value.hint


def test_read_lock__pylock_package__has_its_archives_and_no_groups() -> None:
    lock = read(package("a"))
    (found,) = lock.packages
    wheel = Archive(
        filename="a-1-py3-none-any.whl", url="https://index.example/a-1-py3-none-any.whl", sha256=HASH, size=3
    )
    assert (found.version, found.wheels, found.sdist, found.groups) == ("1", (wheel,), None, frozenset())
    assert lock.requirements is None


@pytest.mark.parametrize(
    ("source", "location", "origin", "urls"),
    [
        ('directory = { path = "../near", subdirectory = "s" }', "/near/s", "", []),
        ('vcs = { type = "git", url = "https://h.example/r", commit-id = "c0ffee" }',
         "git+https://h.example/r@c0ffee", "", []),
        ('archive = { url = "https://h.example/a.whl", hashes = { md5 = "00" } }',
         "", "https://h.example/a.whl", ["https://h.example/a.whl"]),
        ('wheels = [{ path = "w/a-1-py3-none-any.whl", hashes = { md5 = "00" } }]',
         "", "", ["file:///work/w/a-1-py3-none-any.whl"]),
    ],
    ids=["directory", "vcs", "archive", "path"],
)  # fmt: skip
def test_read_lock__pylock_source__gives_the_location(source: str, location: str, origin: str, urls: list[str]) -> None:
    (found,) = read(f'[[packages]]\nname = "a"\n{source}\n').packages
    assert (found.location, found.origin, [wheel.url for wheel in found.wheels]) == (location, origin, urls)


@pytest.mark.parametrize(("system", "expected"), [("linux", {"a"}), ("win32", {"a", "w"})])
def test_read_lock__pylock_marker__is_that_of_the_machine(system: str, expected: set[str]) -> None:
    lock = read(package("a"), package("w", "sys_platform == 'win32'"), values={**VALUES, "sys_platform": system})
    assert set(groups(lock)) == expected


CHOICES = 'extras = ["x"]\ndependency-groups = ["dev", "docs"]\ndefault-groups = ["project"]\n'
CHOOSING = (
    package("base", "'project' in dependency_groups or 'dev' in dependency_groups"),
    package("always"),
    package("extra", "'x' in extras or 'docs' in dependency_groups"),
    package("test", "'dev' in dependency_groups"),
    package("both", "'dev' in dependency_groups and 'x' in extras"),
)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (NOTHING_MORE, {"base": {""}, "always": {""}}),
        (Choice(), {"base": {""}, "always": {""}, "extra": {"docs"}, "test": {"dev"}}),
        (
            Choice(extras=frozenset({"X"}), groups=frozenset({"dev"})),
            {"base": {""}, "always": {""}, "extra": {"x"}, "test": {"dev"}, "both": {"dev", "x"}},
        ),
    ],
    ids=["project", "all groups", "extra and group"],
)
def test_read_lock__pylock_choice__gives_the_groups_of_each_package(
    choice: Choice, expected: dict[str, set[str]]
) -> None:
    assert groups(read(*CHOOSING, head=CHOICES, choice=choice)) == expected


@pytest.mark.parametrize(
    ("choice", "reason", "hint"),
    [
        (Choice(extras=frozenset({"nope"})), "unknown extra nope", "x"),
        (Choice(groups=frozenset({"nope"})), "unknown dependency group nope", "dev, docs"),
    ],
)
def test_read_lock__pylock_unknown_choice__names_those_that_exist(choice: Choice, reason: str, hint: str) -> None:
    with pytest.raises(BadLock, match=reason) as caught:
        read(head=CHOICES, choice=choice)
    assert hint in caught.value.hint


def test_read_lock__pylock_next_to_a_project__gives_the_direct_requirements() -> None:
    project = b'[project]\nname = "p"\ndependencies = ["A[z]>=1", "gone"]\n[dependency-groups]\ndev = ["a"]\n'
    assert read(package("a"), project=project).requirements == (
        Requirement(name="a", extras=frozenset({"z"}), groups=frozenset({"", "dev"})),
    )


def test_read_lock__pylock_minor_version__warns() -> None:
    text = HEAD.replace("1.0", "1.3") + "packages = []"
    assert "1.3" in read_lock("pylock.toml", text.encode(), VALUES, NOTHING_MORE).warnings[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "lock-version: missing"),
        ('lock-version = "2.0"', "unsupported lock-version: 2.0"),
        ('lock-version = "1.0"', "created-by"),
        (HEAD, "packages"),
        (
            HEAD + 'requires-python = ">=3.12"\npackages = []',
            "requires Python >=3.12, but the measured version is 3.11.7",
        ),
        (HEAD + """environments = ["sys_platform == 'win32'"]\npackages = []""", "locked for other environments"),
        (HEAD + '[[packages]]\nname = "A"', "not normalized"),
        (HEAD + '[[packages]]\nname = "a"', "must be set"),
        (HEAD + package("a") + package("a", version="2"), "a is locked twice for this machine: 1 and 2"),
        (HEAD + package("a").replace(HASH, "12"), "invalid SHA-256 hash"),
        (HEAD + package("a").replace("https:", "ftp:"), "unsupported URL"),
        (HEAD + package("a").replace("size = 3", "size = -3"), "negative"),
        (HEAD + package("a").replace("size = 3", 'size = "3"'), "Unexpected type"),
        (HEAD + package("a", "(" * 5000 + "sys_platform == 'x'" + ")" * 5000), "nested too deeply"),
        (HEAD + package("a") + 'requires-python = ">=3.13"', "a requires Python"),
        ("a = " + "[" * 100_000, "TOML"),
    ],
)
def test_read_lock__pylock_malformed__is_refused(text: str, reason: str) -> None:
    with pytest.raises((BadLock, WrongPython), match=reason):
        read_lock("pylock.toml", text.encode(), VALUES, NOTHING_MORE)


def test_read_lock__pylock_truncated__is_detected_by_its_edges() -> None:
    a = package("a") + 'dependencies = [{ name = "b" }]\n'
    assert set(groups(read(a, package("b", "sys_platform == 'win32'")))) == {"a"}
    with pytest.raises(BadLock, match="a requires b, which is not locked"):
        read(a)


@pytest.mark.parametrize(("python", "fits"), [("3.13", True), ("3.13.7", True), ("3.13.2", False), ("3.12", False)])
def test_read_lock__python_without_a_patch__is_any_patch(python: str, fits: bool) -> None:
    values = {**VALUES, "python_version": "3.13", "python_full_version": python}
    head = 'requires-python = "~=3.13.5"'
    late = package("late", "python_full_version >= '3.13.5'")
    if fits:
        assert set(groups(read(late, head=head, values=values))) == {"late"}
    else:
        with pytest.raises(WrongPython, match="requires Python ~=3") as reported:
            read(late, head=head, values=values)
        assert "--python" in reported.value.hint
