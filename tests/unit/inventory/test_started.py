"""Which environment a system's program runs in, and what joins it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import pytest

from deadweight.findings import Profile
from deadweight.pipeline import profile
from tests.builders import dist_files
from tests.images import Content, image_files, link, make_tar

BASE, VENV = "usr/local/lib/python3.12/site-packages", "opt/venv/lib/python3.12/site-packages"
PATH = "PATH=/usr/local/bin:/usr/bin:/bin"


def at(folder: str, *names: str) -> dict[str, Content]:
    return {f"{folder}/{path}": data for name in names for path, data in dist_files(name).items()}


def measured(monkeypatch: pytest.MonkeyPatch, files: Mapping[str, Content], **config: object) -> Profile:
    """Measure an image with a configuration (OCI image-spec, config.md)."""
    parts = image_files(files)
    document = json.loads(bytes(parts["config.json"]))  # type: ignore[arg-type]
    parts["config.json"] = json.dumps({**document, "config": {"Env": [PATH], **config}})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(make_tar(parts))))
    return profile("-")


def prefixes(found: Profile) -> list[str]:
    return [environment.prefix for environment in found.inventory.environments]


SCRIPT = "#!/opt/venv/bin/python\n" + "x" * 60
FILES: dict[str, Content] = {
    **at(BASE, "pip", "setuptools", "wheel"), **at(VENV, "app"), "opt/venv/pyvenv.cfg": "version = 3.12.1\n",
    "usr/local/bin/python3": "\x7fELF", "usr/local/bin/python": link("python3"),
    "opt/venv/bin/python": link("/usr/local/bin/python3"), "opt/venv/bin/gunicorn": SCRIPT,
    "usr/local/bin/gunicorn": link("/opt/venv/bin/gunicorn"), "usr/local/bin/start": SCRIPT,
    "usr/bin/sleep": "\x7fELF", **at("usr/lib/python3/dist-packages", "apt-tool"),
    "usr/local/bin/env-start": "#!/usr/bin/env gunicorn\n" + "x" * 60,
}  # fmt: skip


@pytest.mark.parametrize(
    ("entrypoint", "command"),
    [
        (["/opt/venv/bin/gunicorn"], ["app:app"]),
        (["tini", "--"], ["/opt/venv/bin/python", "-m", "app"]),
        ([], ["gunicorn", "app:app"]),
        (["start"], []),
        (["env-start"], []),
        ([], ["/bin/sh", "-c", "cd /opt/venv && exec ./bin/python app.py"]),
        ([], ["sh", "-c", "echo 'it starts'; gunicorn app:app"]),
        (["venv/bin/python", "app.py"], []),
    ],
)
def test_first__by_what_the_image_starts(
    monkeypatch: pytest.MonkeyPatch, entrypoint: list[str], command: list[str]
) -> None:
    found = measured(monkeypatch, FILES, Entrypoint=entrypoint, Cmd=command, WorkingDir="/opt")
    assert prefixes(found) == ["opt/venv", "usr/local", "usr"]


@pytest.mark.parametrize(
    "command",
    [[], ["/entrypoint.sh"], ["python", "app.py"], ["sh", "-c", "'"], ["/usr/local/bin/python3.12"], ["sleep", "9"]],
)
def test_first__where_the_program_does_not_tell__is_path_s(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    assert prefixes(measured(monkeypatch, FILES, Cmd=command)) == ["usr/local", "usr", "opt/venv"]


@pytest.mark.parametrize(
    ("command", "prefix"),
    [
        (["uv", "run", "app"], "app/.venv"),
        (["poetry", "run", "app"], "app/.venv"),
        (["micromamba", "run", "-n", "app", "python"], "opt/conda/envs/app"),
        (["conda", "run", "-p", "/opt/conda/envs/app", "python"], "opt/conda/envs/app"),
    ],
)
def test_first__by_what_runs_in_an_environment(
    monkeypatch: pytest.MonkeyPatch, command: list[str], prefix: str
) -> None:
    more = {f"{place}/lib/python3.12/site-packages": "x" for place in ("app/.venv", "opt/conda/envs/app")}
    files = {path: data for place in more for path, data in at(place, "app").items()}
    assert prefixes(measured(monkeypatch, {**FILES, **files}, Cmd=command, WorkingDir="/app"))[0] == prefix


@pytest.mark.parametrize(
    ("folder", "config"),
    [
        ("app/libs", {"Env": [PATH, "PYTHONPATH=/app:/app/libs"], "Cmd": ["python", "main.py"]}),
        ("install/lib/python3.12/site-packages", {"Env": [PATH, "PYTHONPATH=/install/lib/python3.12/site-packages"]}),
        ("srv", {"Cmd": ["python", "/srv/main.py"]}),
        ("srv", {"Cmd": ["python", "-m", "app"], "WorkingDir": "/srv"}),
        ("var/task", {"Env": [PATH, "LAMBDA_TASK_ROOT=/var/task"]}),
        ("root/.local/lib/python3.12/site-packages", {"Cmd": ["python", "main.py"]}),
        ("home/me/.local/lib/python3.12/site-packages", {"Cmd": ["python", "main.py"], "User": "me:me"}),
    ],
)
def test_joined__what_its_python_imports_from_elsewhere__is_one_environment_with_it(
    monkeypatch: pytest.MonkeyPatch, folder: str, config: dict[str, object]
) -> None:
    files = {path: data for path, data in FILES.items() if not path.startswith(("opt/venv", "usr/lib"))}
    found = measured(monkeypatch, {**files, **at(folder, "app", "lib")}, **config)
    assert prefixes(found) == ["usr/local"]
    assert {d.name for d in found.inventory.distributions} == {"app", "lib", "pip", "setuptools", "wheel"}


def test_joined__user_site__is_not_a_venv_s(monkeypatch: pytest.MonkeyPatch) -> None:
    user = at("root/.local/lib/python3.12/site-packages", "tool")
    found = measured(monkeypatch, {**FILES, **user}, Cmd=["/opt/venv/bin/gunicorn"])
    assert prefixes(found)[0] == "opt/venv"
    assert {d.name for d in found.inventory.distributions if d.prefix == "opt/venv"} == {"app"}
