"""pyproject.toml → the requirement lines of a project, with their groups and extras."""

from __future__ import annotations

import pytest

from deadweight.errors import BadInput
from deadweight.formats.projects.pyproject import Choice
from tests.builders import requirements_of_project

NOTHING_MORE = Choice(groups=frozenset())
PROJECT = """
[project]
name = "My.Proj"
dependencies = ["requests[socks]>=2 ; python_version > '3'", "click"]
[project.optional-dependencies]
yaml = ["pyyaml"]
win = ["colorama ; os_name == 'nt'"]
all = ["my-proj[Yaml]", "my_proj[win,all]; python_version < '4'", "rich"]
[dependency-groups]
dev = [{include-group = "Lint_All"}, "pytest", "click"]
lint-all = ["ruff", {include-group = "dev"}]
"""


def lines(text: str, choice: Choice = NOTHING_MORE) -> dict[str, set[str]]:
    return {asked.line: set(asked.groups) for asked in requirements_of_project("pyproject.toml", text.encode(), choice)}


def test_requirements_of_project__no_choice__has_the_dependencies_as_written() -> None:
    assert lines(PROJECT) == {"requests[socks]>=2 ; python_version > '3'": {""}, "click": {""}}


def test_requirements_of_project__extra_of_extras__is_expanded_with_its_marker() -> None:
    found = lines(PROJECT, Choice(extras=frozenset({"ALL"}), groups=frozenset()))
    assert found == {
        "requests[socks]>=2 ; python_version > '3'": {""},
        "click": {""},
        "pyyaml": {"all"},
        'colorama ; (os_name == "nt") and (python_version < "4")': {"all"},
        "rich": {"all"},
    }


def test_requirements_of_project__groups__include_others_and_cycles_end() -> None:
    found = lines(PROJECT, Choice(groups=frozenset({"dev"})))
    assert found == {
        "requests[socks]>=2 ; python_version > '3'": {""},
        "click": {"", "dev"},
        "ruff": {"dev"},
        "pytest": {"dev"},
    }


def test_requirements_of_project__all_groups__gives_the_groups_of_each_line() -> None:
    found = lines(PROJECT, Choice())
    assert (found["ruff"], found["click"]) == ({"dev", "lint-all"}, {"", "dev", "lint-all"})


def test_requirements_of_project__only_groups__need_no_project_table() -> None:
    assert lines('[dependency-groups]\ndev = ["a"]\n', Choice()) == {"a": {"dev"}}


def test_requirements_of_project__nothing_requested__is_empty() -> None:
    assert lines('[project]\nname = "p"\n') == {}


def test_requirements_of_project__includes_that_double__take_no_longer_than_their_sum() -> None:
    includes = [f'g{n} = [{{include-group = "g{n + 1}"}}, {{include-group = "g{n + 1}"}}]' for n in range(900)]
    text = "\n".join(["[dependency-groups]", *includes, 'g900 = ["a"]'])
    assert lines(text, Choice(groups=frozenset({"g0"}))) == {"a": {"g0"}}


def test_requirements_of_project__too_many_lines_from_included_groups__are_refused() -> None:
    inner = ", ".join(f'"a{n}"' for n in range(1000))
    outer = "\n".join(f'g{n} = [{{include-group = "inner"}}]' for n in range(200))
    with pytest.raises(BadInput, match="more than the limit of 100,000 requirements"):
        lines(f"[dependency-groups]\ninner = [{inner}]\n{outer}\n", Choice())


def test_requirements_of_project__extras_that_double__take_no_longer_than_their_sum() -> None:
    extras = [f'e{n} = ["p[e{n + 1}]", "p[e{n + 1}]; os_name == \'nt\'"]' for n in range(200)]
    text = "\n".join(['[project]\nname = "p"\n[project.optional-dependencies]', *extras, 'e200 = ["a"]'])
    assert "a" in lines(text, Choice(extras=frozenset({"e0"}), groups=frozenset()))


def test_requirements_of_project__extra_on_two_paths__is_not_bound_to_the_marker_of_one() -> None:
    text = """
        [project]
        name = "p"
        [project.optional-dependencies]
        all = ["p[x] ; os_name == 'nt'", "p[y]"]
        x = ["a"]
        y = ["p[x]"]
        """
    found = lines(text, Choice(extras=frozenset({"all"}), groups=frozenset()))
    assert found == {'a ; (os_name == "nt")': {"all"}, "a": {"all"}}


def test_requirements_of_project__extras_with_ever_more_markers__are_refused() -> None:
    extras = [f"e{n} = [\"p[e{n + 1}]; os_name == '{n}'\", \"p[e{n + 1}]; os_name == 'x{n}'\"]" for n in range(40)]
    text = "\n".join(['[project]\nname = "p"\n[project.optional-dependencies]', *extras, 'e40 = ["a"]'])
    with pytest.raises(BadInput, match="too often"):
        lines(text, Choice(extras=frozenset({"e0"}), groups=frozenset()))


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("", "no [project] table", "environment"),
        ("[tool.poetry]\nx = 1", "no [project] table", "poetry.lock"),
        ("[tool.pdm]\na = 1", "no [project] table", "pdm.lock"),
        ('[project]\nname = "p"\ndynamic = ["dependencies"]\n[tool.poetry]\n', "dynamic", "poetry.lock"),
        ('[project]\nname = "p"\ndynamic = ["dependencies"]\n', "dynamic", "environment"),
        ('[project]\nname = "p"\ndependencies = ["a b"]', "invalid requirement: a b", ""),
        ('[project]\nname = "p"\ndependencies = ["a\\n--pre"]', "invalid requirement: a?--pre", ""),
        ('[project]\nname = "p"\ndependencies = ["p[x]"]', "requires the extra x of p", ""),
        ('[project]\nname = "p"\ndependencies = "a"', "project.dependencies is not a list", ""),
        ('[dependency-groups]\na = [{include-group = "b"}]', "includes the undefined group b", ""),
        ('[dependency-groups]\na = [{include-group = "a", x = 1}]', "neither a requirement", ""),
        ("[", "invalid TOML", ""),
    ],
)
def test_requirements_of_project__invalid__is_refused(text: str, reason: str, hint: str) -> None:
    with pytest.raises(BadInput) as caught:
        lines(text, Choice())
    assert reason in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("choice", "reason", "hint"),
    [
        (Choice(extras=frozenset({"nope"})), "unknown extra nope", "all, win, yaml"),
        (Choice(groups=frozenset({"nope"})), "unknown dependency group nope", "dev, lint-all"),
    ],
)
def test_requirements_of_project__unknown_choice__names_those_that_exist(
    choice: Choice, reason: str, hint: str
) -> None:
    with pytest.raises(BadInput, match=reason) as caught:
        lines(PROJECT, choice)
    assert hint in caught.value.hint


@pytest.mark.parametrize("line", ["a @ https://host/a\\\\", "a\\nb", "a\\u2028b", "a\\f"])
def test_requirements_of_project__line_with_a_line_break__is_refused(line: str) -> None:
    with pytest.raises(BadInput, match="invalid requirement"):
        lines(f'[project]\nname = "p"\ndependencies = ["{line}", "c"]\n')
