"""[tool.uv.sources], [[tool.uv.index]] and the indexes of poetry and pdm → lines and options."""

from __future__ import annotations

import pytest

from deadweight.errors import BadInput
from deadweight.formats.projects.project_sources import Index, option_lines
from deadweight.formats.projects.pyproject import Choice, read_project
from tests.builders import requirements_of_project

HEAD = '[project]\nname = "p"\ndependencies = ["a>=1 ; os_name == \'posix\'"]\n'
EXTRAS = '[project.optional-dependencies]\ncpu = ["t>=2"]\ngpu = ["t>=2"]\n[dependency-groups]\ndev = ["t"]\n'


def asked(text: str, holds: str = "", choice: Choice | None = None) -> dict[tuple[str, str], set[str]]:
    """Return (line, index) → groups; ``holds`` is the one marker that does."""
    choice = choice or Choice(groups=frozenset())
    found = requirements_of_project("pyproject.toml", text.encode(), choice, holds=lambda marker: marker == holds)
    return {(each.line, each.index): set(each.groups) for each in found}


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('{ git = "https://h.example/a" }', "a @ git+https://h.example/a"),
        ('{ git = "ssh://git@h.example/a", rev = "b c" }', "a @ git+ssh://git@h.example/a@b%20c"),
        ('{ git = "https://h.example/a", tag = "v1", subdirectory = "x/y" }', "a @ git+https://h.example/a@v1#subdirectory=x/y"),
        ('{ url = "https://h.example/a.tar.gz", subdirectory = "y" }', "a @ https://h.example/a.tar.gz#subdirectory=y"),
        ('{ path = "../libs/a b" }', "a @ file:///libs/a%20b"),
        ('{ path = "a-1-py3-none-any.whl", editable = false }', "a @ file:///p/a-1-py3-none-any.whl"),
    ],
)  # fmt: skip
def test_uv_source__direct_reference__is_in_the_line_with_its_marker(source: str, line: str) -> None:
    assert asked(f"{HEAD}[tool.uv.sources]\nA = {source}\n") == {(f'{line} ; os_name == "posix"', ""): {""}}


def test_uv_source__list__is_chosen_by_marker() -> None:
    text = f"""{HEAD}
        [tool.uv]
        index = [{{ name = "one", url = "https://one.example/", explicit = true }}]
        [tool.uv.sources]
        a = [{{ index = "one", marker = "m1" }}, {{ git = "https://h.example/a", marker = "m2" }}]
        """
    line = "a>=1 ; os_name == 'posix'"
    assert list(asked(text, "m1")) == [(line, "https://one.example/")]
    assert list(asked(text, "m2")) == [('a @ git+https://h.example/a ; os_name == "posix"', "")]
    assert list(asked(text, "m3")) == [(line, "")]


def test_uv_source__extra_and_group__hold_for_these_alone() -> None:
    text = f"""{HEAD}{EXTRAS}
        [[tool.uv.index]]
        name = "cpu"
        url = "https://cpu.example/"
        explicit = true
        [[tool.uv.index]]
        name = "gpu"
        url = "https://gpu.example/"
        explicit = true
        [tool.uv.sources]
        t = [{{ index = "cpu", extra = "cpu" }}, {{ index = "gpu", extra = "gpu" }}, {{ path = "t", group = "dev" }}]
        """
    found = asked(text, choice=Choice(extras=frozenset({"cpu"}), groups=frozenset({"dev"})))
    assert found[("t>=2", "https://cpu.example/")] == {"cpu"}
    assert found[("t @ file:///p/t", "")] == {"dev"}
    assert list(asked(text, choice=Choice(extras=frozenset({"gpu"}), groups=frozenset())))[1:] == [
        ("t>=2", "https://gpu.example/")
    ]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('{ index = "nowhere" }', "undefined index nowhere"),
        ("{ workspace = true }", "tool.uv.sources.a refers to an unknown member of the workspace"),
        ('{ registry = "x" }', "tool.uv.sources.a.registry is not a supported key of a source"),
        ('{ url = "https://h/a\\n--pre" }', "tool.uv.sources.a.url is not a valid URL"),
        ('{ git = "x y" }', "tool.uv.sources.a.git is not a valid URL"),
        ('"1.0"', "tool.uv.sources.a is not a table"),
    ],
)
def test_uv_source__unsupported__is_refused_by_name(source: str, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        asked(f"{HEAD}[tool.uv.sources]\na = {source}\n")
    assert reason in str(caught.value)


def test_indexes__of_uv__are_options_unless_they_are_for_pinned_projects_alone() -> None:
    text = """
        [project]
        name = "p"
        [tool.uv]
        find-links = ["wheels"]
        prerelease = "allow"
        [[tool.uv.index]]
        name = "a"
        url = "https://a.example/"
        [[tool.uv.index]]
        name = "b"
        url = "https://b.example/"
        explicit = true
        [[tool.uv.index]]
        url = "mirror"
        default = true
        [[tool.uv.index]]
        url = "https://c.example/"
        format = "flat"
        """
    assert list(option_lines(read_project(text.encode(), "/p").rules)) == [
        "--extra-index-url https://a.example/",
        "--index-url file:///p/mirror",
        "--find-links https://c.example/",
        "--find-links file:///p/wheels",
        "--pre",
    ]


def test_indexes__of_poetry__the_first_primary_one_replaces_pypi() -> None:
    text = """
        [tool.poetry]
        name = "p"
        source = [
            { name = "s", url = "https://s.example/", priority = "supplemental" },
            { name = "m", url = "https://m.example/" },
            { name = "PyPI" },
            { name = "e", url = "https://e.example/", priority = "explicit" },
            { name = "o", url = "https://o.example/", secondary = true },
        ]
        """
    assert read_project(text.encode()).rules.indexes == (
        Index("s", "https://s.example/"),
        Index("m", "https://m.example/", default=True),
        Index("PyPI", "https://pypi.org/simple"),
        Index("e", "https://e.example/", explicit=True),
        Index("o", "https://o.example/"),
    )


def test_indexes__of_pdm__are_read_and_unsupported_keys_are_refused() -> None:
    text = '[project]\nname = "p"\n[[tool.pdm.source]]\nname = "pypi"\nurl = "https://m.example/"\n'
    assert list(option_lines(read_project(text.encode()).rules)) == ["--index-url https://m.example/"]
    with pytest.raises(BadInput, match="include_packages"):
        asked(f'{text}include_packages = ["a*"]\n')
    with pytest.raises(BadInput, match="variable"):
        asked(text.replace("//m", "//${USER}@m"))


def test_groups__of_pdm_and_of_uv_before_the_standard__are_groups() -> None:
    text = f'{HEAD}[tool.pdm.dev-dependencies]\nTest = ["b"]\n[tool.uv]\ndev-dependencies = ["c"]\n'
    found = asked(text, choice=Choice())
    assert (found["b", ""], found["c", ""]) == ({"test"}, {"dev"})


def test_option_lines__no_index__only_archives_beside_the_project_count() -> None:
    text = '[project]\nname = "a"\n[tool.uv]\nno-index = true\nfind-links = ["wheels"]\n'
    assert list(option_lines(read_project(text.encode(), "/p").rules)) == [
        "--no-index",
        "--find-links file:///p/wheels",
    ]
