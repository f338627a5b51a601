"""What installing a project needs."""

from __future__ import annotations

import tomllib

import pytest

from deadweight.buildcontext.packaging import packaging_part, paths_in_project, takes_version_from_history, words_of


def test_paths_in_project__tables_of_packaging__name_paths() -> None:
    document = tomllib.loads("""
        [project]
        name = "dist"
        readme = {file = "docs/README.md"}
        license-files = ["LICENSES/*"]
        dependencies = ["build"]
        [tool.hatch.build.targets.wheel.force-include]
        "data" = "app/data"
        [tool.hatch.build.targets.sdist]
        include = ["tests"]
        [tool.setuptools.packages.find]
        exclude = ["tests"]
        [tool.pytest.ini_options]
        testpaths = ["tests"]
        [tool.uv.sources]
        x = {path = "dist/x.whl"}
    """)
    assert set(paths_in_project(document)) == {"docs/README.md", "LICENSES/*", "app/data", "dist/x.whl", "data"}


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ('requires = ["setuptools-scm>=8"]', True),
        ("[tool.hatch.version]\nsource = 'vcs'\nhatch-vcs", True),
        ("x", False),
    ],
)
def test_takes_version_from_history__project__depends_on_its_backend(text: str, reads: bool) -> None:
    assert takes_version_from_history(text) is reads


def test_packaging_part__settings_of_tools__are_empty_lines() -> None:
    text = "[tool:pytest]\ntestpaths = tests\n[options.package_data]\napp = data/*\n[flake8]\nexclude = */x/*\n"
    assert packaging_part(text).split("\n") == ["", "", "[options.package_data]", "app = data/*", "", "", ""]


def test_words_of__requirements__are_paths_without_options() -> None:
    text = "# tests\n-r dist/base.txt  # docs\n-e ./pkg\n-rx.txt\nfile:wheels/a.whl\n--find-links=data\n"
    words = dict(words_of(text))
    assert {"dist/base.txt": 2, "./pkg": 3, "x.txt": 4, "wheels/a.whl": 5, "data": 6}.items() <= words.items()
    assert not {"tests", "docs"} & words.keys()
