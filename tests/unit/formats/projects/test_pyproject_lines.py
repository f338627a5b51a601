"""On which lines of a pyproject.toml the requirements are."""

from __future__ import annotations

from deadweight.formats.projects.pyproject_lines import lines_of

TEXT = """\
[project]
name = "torch"
keywords = ["torch", "numpy"]
dependencies = [
  # "flask",
  "torch",
  'flask ; python_version < "3.12"',
  "rich>=13", "click",
]
description = "numpy"

[project.optional-dependencies]
docs = ["mkdocs"]
"more" = [
  "rich>=14",
  "twice",
]

[ dependency-groups ]  # PEP 735
test = ["pytest", {include-group = "other"}]
other = ["twice"]

[tool.other]
dependencies = ["hatchling"]
"""


def test_lines_of__lists_of_requirements__have_their_lines() -> None:
    requirements = ["torch", 'flask ; python_version < "3.12"', "rich>=13", "click", "mkdocs", "rich>=14", "pytest"]
    assert [lines_of(TEXT)[each] for each in requirements] == [6, 7, 8, 8, 13, 15, 20]


def test_lines_of__elsewhere_or_twice__have_none() -> None:
    assert not {"numpy", "hatchling", "twice", "flask", "rich"} & lines_of(TEXT).keys()


def test_lines_of__windows_and_broken_text__do_no_harm() -> None:
    assert lines_of("[project]\r\ndependencies = [\r\n 'a']\r\n") == {"a": 3}
    assert lines_of("[project\ndependencies") == {}
