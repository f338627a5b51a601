"""``[tool.poetry]`` → PEP 508 lines, by group and extra."""

from __future__ import annotations

import pytest

from deadweight.errors import BadInput
from deadweight.formats.projects.poetry_constraints import as_marker, as_specifier
from deadweight.formats.projects.pyproject import Choice
from deadweight.formats.tables import Malformed
from tests.builders import requirements_of_project

POETRY = """
[tool.poetry]
name = "p"
[tool.poetry.dependencies]
python = "^3.9"
Click = "^8.1"
six = "*"
httpx = { version = "~0.27.1", extras = ["HTTP2", "cli"] }
win = { version = ">=1,<3", platform = "win32" }
old = { version = "1.*", python = "<3.12", markers = "os_name == 'posix'" }
lazy = { version = ">2", optional = true }
pre = { version = "^1.0", allow-prereleases = true }
many = [{ version = "^1", python = "<3.11" }, { version = "^2", python = ">=3.11" }]
near = { path = "../near", develop = true }
far = { git = "https://git.example/far.git", tag = "v1", extras = ["x"] }
scp = { git = "git@git.example:team/scp.git", branch = "main" }
wheel = { url = "https://files.example/wheel-1-py3-none-any.whl" }
[tool.poetry.extras]
More = ["lazy"]
[tool.poetry.group.lint]
optional = true
[tool.poetry.group.lint.dependencies]
ruff = "0.5.0"
[tool.poetry.group.dev]
include-groups = ["lint"]
dependencies = { pytest = "^8" }
[tool.poetry.dev-dependencies]
black = "^24"
"""


def lines(text: str, choice: Choice) -> dict[str, set[str]]:
    found = requirements_of_project("pyproject.toml", text.encode(), choice, holds=lambda _: True)
    return {asked.line: set(asked.groups) for asked in found}


def test_poetry__dependencies__are_the_same_as_requirements() -> None:
    found = lines(POETRY, Choice(groups=frozenset()))
    assert set(map(frozenset, found.values())) == {frozenset({""})}
    assert list(found) == [
        "Click>=8.1,<9",
        "six",
        "httpx[cli,http2]>=0.27.1,<0.28",
        'win>=1,<3 ; (sys_platform == "win32")',
        """old==1.* ; (python_version < "3.12") and (os_name == 'posix')""",
        "pre>=1.0,<2,!=0.dev0",
        'many>=1,<2 ; (python_version < "3.11")',
        'many>=2,<3 ; (python_version >= "3.11")',
        "near @ file:///near",
        "far[x] @ git+https://git.example/far.git@v1",
        "scp @ git+ssh://git@git.example/team/scp.git@main",
        "wheel @ https://files.example/wheel-1-py3-none-any.whl",
    ]


def test_poetry__extras_and_groups__are_requested_by_name() -> None:
    found = lines(POETRY, Choice(extras=frozenset({"more"}), groups=None))
    assert found["lazy>2"] == {"more"}
    assert found["ruff==0.5.0"] == {"lint", "dev"}
    assert found["pytest>=8,<9"] == found["black>=24,<25"] == {"dev"}


def test_poetry__next_to_a_project_table__gives_the_sources_of_dependencies() -> None:
    text = """
        [project]
        name = "p"
        dependencies = ["a>=1", "b"]
        [tool.poetry.dependencies]
        a = { version = "^1", git = "https://git.example/a.git", rev = "0" }
        c = "*"
        """
    assert set(lines(text, Choice())) == {"a @ git+https://git.example/a.git@0", "b"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a = { version = '1', branch-of = 'x' }", "tool.poetry.dependencies.a.branch-of is not a supported key"),
        ("a = '<1 || >3'", "tool.poetry.dependencies.a: a requirement cannot express <1 || >3"),
        ("a = { version = '1', python = '>x' }", "tool.poetry.dependencies.a: invalid Python version"),
        ("a = { git = 'https://h/a b' }", "tool.poetry.dependencies.a.git is not a valid URL"),
        ("a = { version = '1', source = 'nowhere' }", "undefined index nowhere"),
        ("a = { version = 'one' }", "tool.poetry.dependencies.a: invalid version specifier: one"),
        ("'a b' = '1'", "not a valid project name"),
    ],
)
def test_poetry__unsupported__is_refused_by_name(line: str, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        lines(f"[tool.poetry.dependencies]\n{line}\n", Choice())
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("*", ""),
        ("^1.2", ">=1.2,<2"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("1.2 - 2", None),
        ("^1.0 || ^2.0", ">=1.0,<3"),
        (">=1,<2 || >=2,<3 || ^3", ">=1,<4"),
        ("^1.0 || ^3.0", ">=1.0,!=2.*,<4"),
        ("^1 || ^4", None),
        ("*||^2", ""),
        ("1.0 || 2.0", None),
    ],
)
def test_as_specifier__alternatives__are_one_specifier_where_one_can_say_it(
    constraint: str, specifier: str | None
) -> None:
    if specifier is None:
        with pytest.raises(Malformed):
            as_specifier(constraint)
    else:
        assert as_specifier(constraint) == specifier


@pytest.mark.parametrize(
    ("constraint", "marker"),
    [
        ("^3.8", 'python_version >= "3.8" and python_version < "4.0"'),
        (">=3.8.1,<3.13", 'python_full_version >= "3.8.1" and python_version < "3.13"'),
        ("~3.9 || 3.11.*", 'python_version >= "3.9" and python_version < "3.10" or python_version == "3.11.*"'),
    ],
)
def test_as_marker__python__is_compared_by_as_much_of_it_as_is_named(constraint: str, marker: str) -> None:
    assert as_marker(constraint) == marker
