"""uv.lock → the packages for one machine, each with its groups and extras."""

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
INDEX = '{ registry = "https://index.example/simple" }'
HASH = "ab" * 32


def package(name: str, *lines: str, version: str = "1", source: str = INDEX) -> str:
    """Return a ``[[package]]``; the lines follow its source."""
    return "\n".join(["[[package]]", f'name = "{name}"', f'version = "{version}"', f"source = {source}", *lines, ""])


def project(*lines: str, name: str = "proj") -> str:
    return package(name, *lines, source='{ editable = "." }')


def read(*packages: str, choice: Choice = NOTHING_MORE, head: str = "", values: Mapping[str, str] = VALUES) -> Lock:
    text = "\n".join(["version = 1", head, *packages])
    return read_lock("/work/app/uv.lock", text.encode(), values, choice)


def names(lock: Lock) -> list[str]:
    return [found.name for found in lock.packages]


def groups(lock: Lock) -> dict[str, set[str]]:
    return {found.name: set(found.groups) for found in lock.packages}


def test_read_lock__uv_chain__leaves_out_the_project_and_what_it_does_not_reach() -> None:
    lock = read(
        project('dependencies = [{ name = "a" }]'),
        package("a", 'dependencies = [{ name = "b" }]'),
        package("b"),
        package("stray"),
    )
    assert names(lock) == ["a", "b"]
    assert lock.requirements == (Requirement(name="a", groups=frozenset({""})),)


@pytest.mark.parametrize(("system", "expected"), [("linux", ["a"]), ("win32", ["a", "w"])])
def test_read_lock__uv_marker__is_that_of_the_machine(system: str, expected: list[str]) -> None:
    lock = read(
        project('dependencies = [{ name = "a" }]'),
        package("a", """dependencies = [{ name = "w", marker = "sys_platform == 'win32'" }]"""),
        package("w"),
        values={**VALUES, "sys_platform": system},
    )
    assert names(lock) == expected


def test_read_lock__uv_groups_and_extras__are_given_for_each_package() -> None:
    parts = [
        project(
            'dependencies = [{ name = "a" }]',
            "[package.optional-dependencies]",
            'Fast = [{ name = "b" }]',
            'all = [{ name = "c" }]',
            "[package.dev-dependencies]",
            'dev = [{ name = "b" }, { name = "a" }]',
            'docs = [{ name = "d" }]',
        ),
        *map(package, "abcd"),
    ]
    some = read(*parts, choice=Choice(extras=frozenset({"fast"}), groups=frozenset({"dev"})))
    assert groups(some) == {"a": {"", "dev"}, "b": {"fast", "dev"}}
    assert groups(read(*parts, choice=Choice())) == {"a": {"", "dev"}, "b": {"dev"}, "d": {"docs"}}


def test_read_lock__uv_extras_of_dependencies__are_followed() -> None:
    lock = read(
        project('dependencies = [{ name = "requests", extra = ["socks"] }]'),
        package("requests", "[package.optional-dependencies]", 'socks = [{ name = "p" }]', 'other = [{ name = "q" }]'),
        package("p"),
        package("q"),
    )
    assert names(lock) == ["p", "requests"]
    assert lock.requirements == (Requirement(name="requests", extras=frozenset({"socks"}), groups=frozenset({""})),)


def test_read_lock__uv_extra_of_the_project_in_a_group__brings_that_extra() -> None:
    lock = read(
        project(
            'dependencies = [{ name = "a" }]',
            "[package.optional-dependencies]",
            'x = [{ name = "b" }]',
            "[package.dev-dependencies]",
            'dev = [{ name = "proj", extra = ["x"] }]',
        ),
        package("a"),
        package("b"),
        choice=Choice(),
    )
    assert groups(lock) == {"a": {""}, "b": {"dev"}}
    assert lock.requirements is not None
    assert {want.name: set(want.groups) for want in lock.requirements} == {"a": {""}, "b": {"dev"}}


FORKS = (
    project(
        "dependencies = [",
        f"""{{ name = "np", version = "1", source = {INDEX}, marker = "python_full_version < '3.12'" }},""",
        f"""{{ name = "np", version = "2", source = {INDEX}, marker = "python_full_version >= '3.12'" }},""",
        '{ name = "user" } ]',
    ),
    package("np", """resolution-markers = ["python_full_version < '3.12'"]""", version="1"),
    package("np", """resolution-markers = ["python_full_version >= '3.12'"]""", version="2"),
    package("user", 'dependencies = [{ name = "np" }]'),
)


@pytest.mark.parametrize(("python", "version"), [("3.11.7", "1"), ("3.13.0", "2")])
def test_read_lock__uv_fork__takes_the_version_of_the_machine(python: str, version: str) -> None:
    lock = read(*FORKS, values={**VALUES, "python_full_version": python})
    assert [found.version for found in lock.packages if found.name == "np"] == [version]


CONFLICTING = (
    project(
        "[package.optional-dependencies]",
        'cpu = [{ name = "torch", version = "1" }]',
        'gpu = [{ name = "torch", version = "2" }]',
        "[package.dev-dependencies]",
        """dev = [{ name = "helper", marker = "extra != 'extra-4-proj-gpu' or extra == 'extra-4-proj-cpu'" }]""",
    ),
    package("torch", version="1"),
    package("torch", version="2"),
    package("helper"),
)


def test_read_lock__uv_conflicting_extras__markers_see_the_chosen_one() -> None:
    cpu, gpu = (read(*CONFLICTING, choice=Choice(extras=frozenset({extra}))) for extra in ("cpu", "gpu"))
    assert [(found.name, found.version) for found in cpu.packages] == [("helper", "1"), ("torch", "1")]
    assert [(found.name, found.version) for found in gpu.packages] == [("torch", "2")]


def test_read_lock__uv_conflicting_extras_at_once__is_refused() -> None:
    with pytest.raises(BadLock, match=r"torch is locked twice for this machine: (?:1 and 2|2 and 1)") as caught:
        read(*CONFLICTING, choice=Choice(extras=frozenset({"cpu", "gpu"})))
    assert "fewer" in caught.value.hint


def workspace(root: str, choice: Choice = NOTHING_MORE) -> Lock:
    """Return a lock of members app, lib and tool, of which app needs lib.

    root: the path of app
    """
    return read(
        package("app", 'dependencies = [{ name = "lib", extra = ["x"] }]', source=f'{{ virtual = "{root}" }}'),
        package(
            "lib",
            'dependencies = [{ name = "a" }]',
            "[package.optional-dependencies]",
            'x = [{ name = "b" }]',
            source='{ editable = "packages/lib" }',
        ),
        package("tool", 'dependencies = [{ name = "c" }]', source='{ editable = "packages/tool" }'),
        package("near", 'dependencies = [{ name = "d" }]', source='{ directory = "../near" }'),
        *map(package, "abcd"),
        head='[manifest]\nmembers = ["app", "lib", "tool"]\n',
        choice=choice,
    )


def test_read_lock__uv_workspace__is_its_root_with_the_members_that_it_needs() -> None:
    lock = workspace(".")
    assert groups(lock) == {"a": {""}, "b": {""}}
    assert [requirements.name for requirements in lock.requirements or ()] == ["a", "b"]


def test_read_lock__uv_workspace_with_a_virtual_root__is_all_members() -> None:
    assert groups(workspace("packages/app")) == {"a": {""}, "b": {""}, "c": {""}}


def test_read_lock__uv_workspace_and_package__is_that_member() -> None:
    assert groups(workspace(".", Choice(packages=frozenset({"Tool"}), groups=frozenset()))) == {"c": {""}}


def test_read_lock__uv_workspace_and_unknown_package__names_the_members() -> None:
    with pytest.raises(BadLock, match="unknown member of the workspace tol") as caught:
        workspace(".", Choice(packages=frozenset({"tol"})))
    assert "app, lib, tool" in caught.value.hint


def test_read_lock__uv_without_a_project__starts_at_the_manifest() -> None:
    lock = read(
        package("a"),
        package("b"),
        head='[manifest]\nrequirements = [{ name = "a" }]\n[manifest.dependency-groups]\ndev = [{ name = "b" }]\n',
        choice=Choice(),
    )
    assert groups(lock) == {"a": {""}, "b": {"dev"}}


def test_read_lock__uv_archives__have_url_hash_and_size() -> None:
    lock = read(
        project('dependencies = [{ name = "a" }]'),
        package(
            "a",
            f'sdist = {{ url = "https://index.example/a-1.tar.gz", hash = "sha256:{HASH}", size = 7 }}',
            'wheels = [{ url = "https://index.example/a-1%2Bcpu-py3-none-any.whl#frag", hash = "md5:00" }]',
        ),
    )
    (found,) = lock.packages
    assert found.sdist == Archive(filename="a-1.tar.gz", url="https://index.example/a-1.tar.gz", sha256=HASH, size=7)
    (wheel,) = found.wheels
    assert (wheel.filename, wheel.sha256, wheel.size) == ("a-1+cpu-py3-none-any.whl", None, None)


@pytest.mark.parametrize(
    ("source", "lines", "location", "origin", "urls"),
    [
        ('{ git = "https://h.example/r.git?subdirectory=s&rev=main#c0ffee" }', [],
         "git+https://h.example/r.git@c0ffee#subdirectory=s", "", []),
        ('{ directory = "../near" }', [], "/work/near", "", []),
        ('{ editable = "sub" }', [], "/work/app/sub", "", []),
        ('{ url = "https://h.example/a.whl" }',
         [f'wheels = [{{ url = "https://h.example/a.whl", hash = "sha256:{HASH}" }}]'],
         "", "https://h.example/a.whl", ["https://h.example/a.whl"]),
        ('{ path = "wheels/a 1.whl" }', ['wheels = [{ filename = "a 1.whl" }]'],
         "", "file:///work/app/wheels/a%201.whl", ["file:///work/app/wheels/a%201.whl"]),
        ('{ registry = "wheels" }', ['wheels = [{ path = "a.whl" }]'], "", "", ["file:///work/app/wheels/a.whl"]),
    ],
    ids=["git", "directory", "editable", "url", "path", "flat index"],
)  # fmt: skip
def test_read_lock__uv_source__gives_the_location(
    source: str, lines: list[str], location: str, origin: str, urls: list[str]
) -> None:
    lock = read(project('dependencies = [{ name = "a" }]'), package("a", *lines, source=source))
    (found,) = lock.packages
    assert (found.location, found.origin, [wheel.url for wheel in found.wheels]) == (location, origin, urls)


def test_read_lock__uv_git_without_a_url__is_refused() -> None:
    with pytest.raises(BadLock, match="an invalid URL"):
        read(project('dependencies = [{ name = "a" }]'), package("a", source='{ git = "https://[x/r" }'))


def test_read_lock__uv_without_version__is_none() -> None:
    near = '[[package]]\nname = "near"\nsource = { directory = "near" }\n'
    (found,) = read(project('dependencies = [{ name = "near" }]'), near).packages
    assert found.version is None


@pytest.mark.parametrize(
    ("choice", "reason", "hint"),
    [
        (Choice(extras=frozenset({"nope"})), "unknown extra nope", "fast"),
        (Choice(groups=frozenset({"Nope"})), "unknown dependency group nope", "dev"),
    ],
)
def test_read_lock__uv_unknown_choice__names_those_that_exist(choice: Choice, reason: str, hint: str) -> None:
    of_metadata = '[package.metadata]\nprovides-extras = ["fast"]\n[package.metadata.requires-dev]\ndev = []\n'
    with pytest.raises(BadLock, match=reason) as caught:
        read(project(of_metadata), choice=choice)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "version"),
        ("version = 2", "unsupported lock version: 2"),
        ("version = true", "not a number"),
        ("version = 1\n[[distribution]]\n", "unsupported lock version"),
        ('version = 1\nrequires-python = ">=3.12"', "requires Python >=3.12, but the measured version is 3.11.7"),
        ('version = 1\nrequires-python = ">>3"', "invalid version specifier"),
        ("version = 1\n" + package("a"), "the lock file does not contain the project itself"),
        ("version = 1\n" + project('dependencies = [{ name = "a" }]'), "a is required but not locked"),
        ("version = 1\n" + project("""dependencies = [{ name = "a", marker = "x y" }]"""), "invalid marker: x y"),
        ("version = 1\n" + project(name="../x"), "not a valid project name"),
        ("version = 1\n" + package("a", version="../1"), "not a valid version"),
        ("version = 1\n" + package("a", source="{}"), "an unknown kind"),
        ("\xff", "invalid TOML"),
    ],
)  # fmt: skip
def test_read_lock__uv_malformed__is_refused(text: str, reason: str) -> None:
    with pytest.raises((BadLock, WrongPython), match=reason):
        read_lock("uv.lock", text.encode("latin-1"), VALUES, NOTHING_MORE)


@pytest.mark.parametrize(
    "wheel",
    [
        "{ }",
        '{ filename = "a.whl" }',
        '{ url = "ftp://h.example/a.whl" }',
        '{ url = "https:///a.whl" }',
        '{ url = "https://[/a.whl" }',
        '{ url = "https://h.example/a b.whl" }',
        '{ url = "https://h.example/..%2F..%2Fa.whl" }',
        '{ url = "https://h.example/a.whl", hash = "sha256:12" }',
        '{ url = "https://h.example/a.whl", size = -1 }',
        '{ path = "a\\u0000.whl" }',
    ],
)
def test_read_lock__uv_archive_with_an_unsupported_url__is_refused(wheel: str) -> None:
    with pytest.raises(BadLock):
        read(project('dependencies = [{ name = "a" }]'), package("a", f"wheels = [{wheel}]"))


def test_read_lock__uv_long_chain_and_circle__ends() -> None:
    chain = [package(f"p{n}", f'dependencies = [{{ name = "p{(n + 1) % 10_000}" }}]') for n in range(10_000)]
    lock = read(project('dependencies = [{ name = "p0" }]'), *chain)
    assert len(lock.packages) == 10_000
