"""What the user's argument means."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import get_args

import pytest

from deadweight.errors import UnclearTarget
from deadweight.targets import is_environment, is_scheme, parse_target
from deadweight.targets.types import (
    EngineImage,
    EngineName,
    Environment,
    File,
    Form,
    Image,
    Lock,
    Names,
    Project,
    RegistryImage,
    Requirements,
)
from tests.builders import SITE, dist_files, make_env, write_files


def refused(given: str) -> UnclearTarget:
    with pytest.raises(UnclearTarget) as caught:
        parse_target(given)
    return caught.value


def test_parse_target__nothing__is_the_environment_that_runs() -> None:
    assert parse_target("") == Environment(sys.prefix)


def test_parse_target__venv__is_an_environment(tmp_path: Path) -> None:
    prefix = str(make_env(tmp_path / "v", dist_files("a")))
    assert parse_target(prefix) == Environment(prefix)


def test_parse_target__file__is_requirements(tmp_path: Path) -> None:
    write_files(tmp_path, {"dev.in": "a\n"})
    assert parse_target(f"{tmp_path}/dev.in") == Requirements(f"{tmp_path}/dev.in")


def test_parse_target__pipe__is_requirements(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert parse_target(f"{tmp_path}/pipe") == Requirements(f"{tmp_path}/pipe")


def test_parse_target__link_to_nothing__is_requirements_that_fail_to_open_later(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to("nowhere")
    assert parse_target(f"{tmp_path}/link.txt").kind == "requirements"


def test_parse_target__path_with_nothing_there__says_what_a_target_is(tmp_path: Path) -> None:
    error = refused(f"{tmp_path}/numpy")
    assert error.cause == f"{tmp_path}/numpy: no such file or directory"
    assert "requirements file" in error.hint


@pytest.mark.parametrize("scheme", ["env", "requirements"])
def test_parse_target__scheme_and_nothing_there__is_refused(tmp_path: Path, scheme: str) -> None:
    assert refused(f"{scheme}:{tmp_path}/x").cause.startswith(f"{tmp_path}/x: no such")


def test_parse_target__env_scheme__takes_any_directory(tmp_path: Path) -> None:
    assert parse_target(f"env:{tmp_path}") == Environment(str(tmp_path))


@pytest.mark.parametrize("engine", get_args(EngineName))
def test_parse_target__engine_scheme__its_image(engine: EngineName) -> None:
    given = f"{engine}:ghcr.io/team/app:1"
    assert parse_target(given) == EngineImage(given, engine, "ghcr.io/team/app:1")
    assert is_scheme(engine)


def test_parse_target__requirements_scheme__takes_a_lock_at_its_word(tmp_path: Path) -> None:
    write_files(tmp_path, {"uv.lock": "a\n"})
    assert parse_target(f"requirements:{tmp_path}/uv.lock") == Requirements(f"{tmp_path}/uv.lock")


def test_parse_target__environment_with_requirements__names_both_spellings(tmp_path: Path) -> None:
    make_env(tmp_path, extra={"requirements.txt": "a\n"})
    hint = refused(str(tmp_path)).hint
    assert f"env:{tmp_path}" in hint
    assert f"{tmp_path}/requirements.txt" in hint
    assert parse_target(f"env:{tmp_path}").kind == "environment"
    assert parse_target(f"{tmp_path}/requirements.txt").kind == "requirements"


@pytest.mark.parametrize(
    ("there", "first"),
    [
        ("requirements.txt", "requirements.txt"),
        ("pyproject.toml requirements.txt", "pyproject.toml"),
        ("uv.lock pyproject.toml requirements.txt", "uv.lock"),
        ("pylock.prod.toml poetry.lock Pipfile.lock", "poetry.lock"),
        ("pylock.prod.toml pyproject.toml", "pylock.prod.toml"),
        ("requirements.in requirements.txt", "requirements.txt"),
        ("requirements.in setup.py", "requirements.in"),
    ],
)
def test_parse_target__project_directory__is_the_file_that_says_most(tmp_path: Path, there: str, first: str) -> None:
    asking = '[project]\nname = "p"\ndependencies = ["a"]\n'
    write_files(tmp_path, {name: asking if name == "pyproject.toml" else "" for name in there.split()})
    write_files(tmp_path, {".venv/pyvenv.cfg": "", "env/other": ""})
    found = parse_target(str(tmp_path))
    assert found.location == f"{tmp_path}/{first}"
    assert isinstance(found, File)
    others = {*there.split(), ".venv"} - {first, "setup.py"}
    assert set(found.beside) == {f"{tmp_path}/{name}" for name in others}


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("[tool.ruff]\n", False),
        ('[project]\ndynamic = ["dependencies"]\noptional-dependencies = { a = ["a"] }\n', False),
        ("[tool.setuptools.dynamic]\ndependencies = { file = ['r'] }\n", True),
        ('[dependency-groups]\ndev = ["a"]\n', True),
        ("[tool.poetry.dependencies]\na = '*'\n", True),
        ('[tool.uv.workspace]\nmembers = ["a"]\n', True),
        ("[", True),  # its reader says what is wrong with it
    ],
)
def test_parse_target__pyproject_that_asks_for_nothing__stands_back(tmp_path: Path, text: str, asks: bool) -> None:
    write_files(tmp_path, {"pyproject.toml": text, "requirements.txt": "a\n"})
    assert parse_target(str(tmp_path)).location.endswith("pyproject.toml" if asks else "requirements.txt")


def test_parse_target__project_of_poetry__is_its_own_lock(tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": "[tool.poetry.dependencies]\na = '*'\n", "uv.lock": "", "poetry.lock": ""})
    assert parse_target(str(tmp_path)).location == f"{tmp_path}/poetry.lock"


def test_parse_target__directory_with_an_environment_in_it__names_that(tmp_path: Path) -> None:
    write_files(tmp_path, {".venv/pyvenv.cfg": ""})
    assert refused(str(tmp_path)).hint == f"did you mean {tmp_path}/.venv?"


def test_parse_target__directory_with_nothing_of_use__says_what_it_needs(tmp_path: Path) -> None:
    error = refused(str(tmp_path))
    assert "neither a project nor an environment" in error.cause
    assert "requirements.txt" in error.hint


@pytest.mark.parametrize(
    "name", ["pandas", "torch==2.5", "uvicorn[standard]>=0.30", "ruamel.yaml", "a ; os_name=='nt'"]
)
def test_parse_target__name_of_a_project__is_that_project(name: str) -> None:
    assert parse_target(name) == Names(name, (name,))


def test_parse_target__several_names__are_measured_together() -> None:
    assert parse_target(["pandas", "torch==2.5"]) == Names("pandas torch==2.5", ("pandas", "torch==2.5"))


def test_parse_target__several_with_a_file_among_them__is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, {"r": ""})
    with pytest.raises(UnclearTarget, match="is a file or directory"):
        parse_target(["pandas", f"{tmp_path}/r"])


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("nerdctl:app:1", "use containerd:app:1"),
        ("cri:app:1", "use containerd:app:1 with CONTAINERD_NAMESPACE=k8s.io"),
        ("finch:app:1", "finch save app:1 | deadweight -"),
        ("docker-daemon:app", "use docker:app"),
        ("https://files.example/r", "download it first"),
        (
            "python:3.12",
            "docker:python:3.12, podman:python:3.12, containerd:python:3.12 or registry:docker.io/library/python:3.12",
        ),
        ("ghcr.io/team/app:1", "registry:ghcr.io/team/app:1"),
        ("localhost:5000/app:1", "registry:localhost:5000/app:1"),
        ("team/app:1", "registry:docker.io/team/app:1"),
        ("ocl:x y", "supported prefixes: docker:, podman:"),
        ("requirments.txt", "did you mean requirements.txt?"),
        ("requirements", "did you mean requirements.txt? To measure the project of that name, use 'requirements>=0'"),
        ("requirements/dev", "no such directory: requirements"),
        ("pandas==", "requirements file"),
        ("a @ https://files.example/a.tar", "no such"),
        ("a @ https://files.example/a", "write it to a requirements file and measure that file"),
        ("--extra", ""),
    ],
)
def test_parse_target__what_is_no_target__gets_a_hint_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, hint: str
) -> None:
    write_files(tmp_path, {"requirements.txt": ""})
    monkeypatch.chdir(tmp_path)
    error = refused(given)
    assert hint in f"{error.cause} {error.hint}"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"a==1\nb==2\n", "requirements"),
        ("# späte\r\n".encode(), "requirements"),
        ("a==1\n".encode("utf-16"), "requirements"),
        (b"manifest.json" + bytes(500), "image"),
        (b"\x1f\x8b\x08", "image"),
        (b"", "image"),
    ],
)
def test_parse_target__standard_input__is_told_by_its_first_bytes(
    monkeypatch: pytest.MonkeyPatch, head: bytes, kind: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(head))))
    assert parse_target("-") == {"requirements": Requirements, "image": Image}[kind]("-")
    assert sys.stdin.buffer.read() == head


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
    types = {"file": Requirements, "project": Project, "lock": Lock}
    assert parse_target(f"{tmp_path}/{name}") == types[form](f"{tmp_path}/{name}")


@pytest.mark.parametrize(("name", "instead"), [("Pipfile", "Pipfile.lock"), ("setup.py", "pyproject.toml")])
def test_parse_target__what_only_its_tool_reads__is_refused_with_a_way_out(
    tmp_path: Path, name: str, instead: str
) -> None:
    write_files(tmp_path, {name: ""})
    assert instead in refused(f"{tmp_path}/{name}").hint


def test_parse_target__interpreter_of_a_venv__is_its_environment(tmp_path: Path) -> None:
    make_env(tmp_path, extra={"bin/python3.11": ""})
    (tmp_path / "bin/python3.11").chmod(0o755)
    assert parse_target(f"{tmp_path}/bin/python3.11") == Environment(str(tmp_path))


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
def test_is_environment__empty_directory_by_its_name__is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert is_environment(f"{tmp_path}/{name}/")


def test_is_environment__no_directory__is_not(tmp_path: Path) -> None:
    assert not is_environment(f"{tmp_path}/nothing")


@pytest.mark.parametrize("reference", ["ghcr.io/team/app:1", "localhost/app", f"h.example:5000/a@sha256:{'0' * 64}"])
def test_parse_target__registry_scheme__is_an_image(reference: str) -> None:
    assert parse_target(f"registry:{reference}") == RegistryImage(f"registry:{reference}", reference)


def test_parse_target__registry_scheme_without_a_registry__says_what_to_say() -> None:
    assert refused("registry:python:3.12").hint == "use registry:docker.io/python:3.12"
