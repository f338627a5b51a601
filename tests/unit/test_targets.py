"""What the user's argument means."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from deadweight.errors import UnclearTarget
from deadweight.targets import Form, Target, is_environment, parse_target
from tests.builders import SITE, dist_files, make_env, write_files


def refused(given: str) -> UnclearTarget:
    with pytest.raises(UnclearTarget) as caught:
        parse_target(given)
    return caught.value


def test_parse_target__nothing__is_the_environment_that_runs() -> None:
    assert parse_target("") == Target("environment", sys.prefix)


def test_parse_target__venv__is_an_environment(tmp_path: Path) -> None:
    prefix = str(make_env(tmp_path / "v", dist_files("a")))
    assert parse_target(prefix) == Target("environment", prefix)


def test_parse_target__file__is_requirements(tmp_path: Path) -> None:
    write_files(tmp_path, {"dev.in": "a\n"})
    assert parse_target(f"{tmp_path}/dev.in") == Target("requirements", f"{tmp_path}/dev.in")


def test_parse_target__pipe__is_requirements(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert parse_target(f"{tmp_path}/pipe") == Target("requirements", f"{tmp_path}/pipe")


def test_parse_target__link_to_nothing__is_requirements_that_fail_to_open_later(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to("nowhere")
    assert parse_target(f"{tmp_path}/link.txt").kind == "requirements"


def test_parse_target__nothing_there__says_what_a_target_is(tmp_path: Path) -> None:
    error = refused(f"{tmp_path}/numpy")
    assert error.cause == f"{tmp_path}/numpy: no such file or folder"
    assert "requirements file" in error.hint


@pytest.mark.parametrize("scheme", ["env", "requirements"])
def test_parse_target__scheme_and_nothing_there__is_refused(tmp_path: Path, scheme: str) -> None:
    assert refused(f"{scheme}:{tmp_path}/x").cause.startswith(f"{tmp_path}/x: no such")


def test_parse_target__env_scheme__takes_any_folder(tmp_path: Path) -> None:
    assert parse_target(f"env:{tmp_path}") == Target("environment", str(tmp_path))


def test_parse_target__requirements_scheme__takes_a_lock_at_its_word(tmp_path: Path) -> None:
    write_files(tmp_path, {"uv.lock": "a\n"})
    assert parse_target(f"requirements:{tmp_path}/uv.lock") == Target("requirements", f"{tmp_path}/uv.lock")


def test_parse_target__environment_with_requirements__names_both_spellings(tmp_path: Path) -> None:
    make_env(tmp_path, extra={"requirements.txt": "a\n"})
    hint = refused(str(tmp_path)).hint
    assert f"env:{tmp_path}" in hint
    assert f"{tmp_path}/requirements.txt" in hint
    assert parse_target(f"env:{tmp_path}").kind == "environment"
    assert parse_target(f"{tmp_path}/requirements.txt").kind == "requirements"


def test_parse_target__project_folder__names_what_lies_in_it(tmp_path: Path) -> None:
    write_files(tmp_path, {"requirements.txt": "a\n", ".venv/pyvenv.cfg": "", "env/other": ""})
    assert refused(str(tmp_path)).hint == f"did you mean {tmp_path}/requirements.txt or {tmp_path}/.venv?"


def test_parse_target__folder_with_nothing_of_use__says_what_to_give(tmp_path: Path) -> None:
    error = refused(str(tmp_path))
    assert "no environment" in error.cause
    assert "did you mean" not in error.hint


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("pyproject.toml", "project"), ("uv.lock", "lock"), ("poetry.lock", "lock"), ("pdm.lock", "lock"),
        ("Pipfile.lock", "lock"), ("pylock.toml", "lock"), ("pylock.prod.toml", "lock"), ("base.txt", "file"),
        ("my-uv.lock", "file"),
    ],
)  # fmt: skip
def test_parse_target__file__its_name_tells_the_form(tmp_path: Path, name: str, form: Form) -> None:
    write_files(tmp_path, {name: ""})
    assert parse_target(f"{tmp_path}/{name}") == Target("requirements", f"{tmp_path}/{name}", form)


@pytest.mark.parametrize(("name", "instead"), [("Pipfile", "Pipfile.lock"), ("setup.py", "pyproject.toml")])
def test_parse_target__what_only_its_tool_reads__is_refused_with_a_way_out(
    tmp_path: Path, name: str, instead: str
) -> None:
    write_files(tmp_path, {name: ""})
    assert instead in refused(f"{tmp_path}/{name}").hint


def test_parse_target__interpreter_of_a_venv__is_its_environment(tmp_path: Path) -> None:
    make_env(tmp_path, extra={"bin/python3.11": ""})
    (tmp_path / "bin/python3.11").chmod(0o755)
    assert parse_target(f"{tmp_path}/bin/python3.11") == Target("environment", str(tmp_path))


def test_parse_target__file_called_python_that_cannot_run__is_requirements(tmp_path: Path) -> None:
    make_env(tmp_path, extra={"bin/python.txt": ""})
    assert parse_target(f"{tmp_path}/bin/python.txt").kind == "requirements"


def test_parse_target__program_called_python_outside_of_an_environment__is_requirements(tmp_path: Path) -> None:
    write_files(tmp_path, {"bin/python": ""})
    (tmp_path / "bin/python").chmod(0o755)
    assert parse_target(f"{tmp_path}/bin/python").kind == "requirements"


@pytest.mark.parametrize(
    "path",
    [
        "pyvenv.cfg",
        "conda-meta/history",
        f"{SITE}/a.py",
        "lib/python3/dist-packages/a.py",
        "lib/pypy3.10/site-packages/a.py",
        "Lib/site-packages/a.py",
        "a-1.0.dist-info/METADATA",
        "a-1.0-py3.11.egg-info",
    ],
)
def test_is_environment__mark_of_one__is(tmp_path: Path, path: str) -> None:
    write_files(tmp_path / "p", {path: ""})
    assert is_environment(f"{tmp_path}/p")


@pytest.mark.parametrize("path", ["lib/python3.11/other/a.py", "lib/x", "src/a.py", "proj.egg-info/PKG-INFO"])
def test_is_environment__something_else__is_not(tmp_path: Path, path: str) -> None:
    write_files(tmp_path / "p", {path: ""})
    assert not is_environment(f"{tmp_path}/p")


@pytest.mark.parametrize("name", ["site-packages", "dist-packages"])
def test_is_environment__empty_folder_by_its_name__is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert is_environment(f"{tmp_path}/{name}/")


def test_is_environment__no_folder__is_not(tmp_path: Path) -> None:
    assert not is_environment(f"{tmp_path}/nothing")


@pytest.mark.parametrize("reference", ["ghcr.io/team/app:1", "localhost/app", f"h.example:5000/a@sha256:{'0' * 64}"])
def test_parse_target__registry_scheme__is_an_image(reference: str) -> None:
    assert parse_target(f"registry:{reference}") == Target("image", f"registry:{reference}")


def test_parse_target__registry_scheme_without_a_registry__says_what_to_say() -> None:
    assert refused("registry:python:3.12").hint == "say registry:docker.io/python:3.12"
