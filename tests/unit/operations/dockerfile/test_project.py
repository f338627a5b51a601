from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.analysis.measurement import Measurement
from deadweight.dockerfiles.values import Pin, Start
from deadweight.operations.dockerfile.context import Context, read_context
from deadweight.operations.dockerfile.project import OwnProject, own_project
from deadweight.progress import silent
from deadweight.settings import Settings
from deadweight.targets.types import Project
from tests.builders import inventory_of, write_files

PROJECT = '[project]\nname = "My.Shop"\nversion = "1"\n[project.scripts]\nshop = "my_shop:main"\n'
BUILD = '[build-system]\nrequires = ["{}"]\nbuild-backend = "x"\n'


def read(directory: Path, pyproject: str, *paths: str) -> tuple[OwnProject | None, Context]:
    write_files(directory, {**dict.fromkeys(paths, "x = 1\n"), "pyproject.toml": pyproject})
    target = Project(str(directory / "pyproject.toml"))
    measurement = Measurement(target=target, inventory=inventory_of(), settings=Settings.of())
    context = read_context(str(directory), "Dockerfile", buildkit=True, observe=silent)
    return own_project(measurement, context), context


def own(directory: Path, pyproject: str, *paths: str) -> OwnProject:
    project, _ = read(directory, pyproject, *paths)
    assert project is not None
    return project


@pytest.mark.parametrize(
    "text",
    [
        PROJECT,
        f"{PROJECT}{BUILD.format('hatchling')}[tool.uv]\npackage = false\n",
        f"{BUILD.format('poetry-core')}[tool.poetry]\nname = 'a'\nversion = '1'\npackage-mode = false\n",
        BUILD.format("setuptools"),
        "[build-system]\nrequires = 1\n",
    ],
)
def test_own_project__only_its_code_is_used__none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text, "my_shop/__init__.py")[0] is None


def test_own_project__below_the_build_context__none(tmp_path: Path) -> None:
    write_files(tmp_path, {"api/pyproject.toml": PROJECT + BUILD.format("hatchling")})
    target = Project(str(tmp_path / "api/pyproject.toml"))
    measurement = Measurement(target=target, inventory=inventory_of(), settings=Settings.of())
    context = read_context(str(tmp_path), "Dockerfile", buildkit=True, observe=silent)
    assert own_project(measurement, context) is None


def test_own_project__uv_package_without_a_build_system__is_installed(tmp_path: Path) -> None:
    assert own(tmp_path, f"{PROJECT}[tool.uv]\npackage = true\n").name == "my-shop"


@pytest.mark.parametrize(
    ("paths", "packages"),
    [
        (("my_shop/__init__.py", "other/__init__.py", "tests/__init__.py"), {"my_shop"}),
        (("src/a/__init__.py", "src/b/__init__.py", "my_shop/__init__.py"), {"a", "b"}),
        (("shop/__init__.py", "tests/__init__.py", "docs/conf.py", "setup.py"), {"shop"}),
        (("my_shop.py",), {"my_shop"}),
    ],
)
def test_own_project__import_packages__are_those_of_its_wheel(
    tmp_path: Path, paths: tuple[str, ...], packages: set[str]
) -> None:
    project = own(tmp_path, PROJECT + BUILD.format("hatchling"), *paths, "README.md")
    assert project.packages == packages
    piece = project.piece("3.11")
    assert piece.pin == Pin(name="my-shop", directory=".")
    assert piece.apparent_bytes is not None
    assert piece.apparent_bytes > sum(project.files.values()) == 6 * len(packages)


def test_own_project__native_code__takes_a_compiler(tmp_path: Path) -> None:
    assert not own(tmp_path / "a", PROJECT + BUILD.format("hatchling"), "my_shop/__init__.py").compiles
    assert own(tmp_path / "b", PROJECT + BUILD.format("Cython>=3"), "my_shop/__init__.py").compiles
    native = ("my_shop/__init__.py", "my_shop/fast.c")
    assert own(tmp_path / "c", PROJECT + BUILD.format("setuptools"), *native).compiles


def test_own_project__version_of_git__is_stated_by_a_variable(tmp_path: Path) -> None:
    dynamic = '[project]\nname = "my-shop"\ndynamic = ["version"]\n'
    assert own(tmp_path / "a", dynamic + BUILD.format("hatch-vcs")).version_variable == "SETUPTOOLS_SCM_PRETEND_VERSION"
    assert own(tmp_path / "b", dynamic + BUILD.format("hatchling")).version_variable == ""
    assert own(tmp_path / "c", PROJECT + BUILD.format("setuptools_scm[toml]")).version_variable == ""


@pytest.mark.parametrize(
    ("words", "is_enough"),
    [
        (("shop",), True),
        (("python", "-m", "my_shop"), True),
        (("gunicorn", "my_shop.app:create()"), True),
        (("/bin/sh", "-c", "exec uvicorn --port=$PORT my_shop.app:app"), True),
        (("python", "manage.py"), False),
        (("shop", "--config=conf.toml"), False),
        (("gunicorn", "--config", "conf.toml", "my_shop.app:app"), False),
        (("gunicorn", "other:app"), False),
        ((), False),
    ],
)
def test_suffices__command__needs_no_other_file(tmp_path: Path, words: tuple[str, ...], is_enough: bool) -> None:
    text = PROJECT + BUILD.format("hatchling")
    project, context = read(tmp_path, text, "my_shop/__init__.py", "conf.toml", "manage.py")
    assert project is not None
    assert project.suffices(Start(command=words), context) is is_enough


def test_suffices__configuration_that_gunicorn_reads_by_its_name__is_needed(tmp_path: Path) -> None:
    text = PROJECT + BUILD.format("hatchling")
    project, context = read(tmp_path, text, "my_shop/__init__.py", "gunicorn.conf.py")
    assert project is not None
    assert not project.suffices(Start(command=("gunicorn", "my_shop:app")), context)
