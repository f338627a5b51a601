"""The commands of a system → the environment in which they run, and the directories that extend it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import pytest

from deadweight.analysis.profile import Profile
from deadweight.inventory import take_inventory
from deadweight.operations.measure import profile
from deadweight.settings import Settings
from tests.builders import dist_files, make_tree
from tests.images import Content, image_files, link, make_tar

BASE, VENV = "usr/local/lib/python3.12/site-packages", "opt/venv/lib/python3.12/site-packages"
PATH = "PATH=/usr/local/bin:/usr/bin:/bin"


def at(directory: str, *names: str) -> dict[str, Content]:
    return {f"{directory}/{path}": data for name in names for path, data in dist_files(name).items()}


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
def test_first__unknown_program__is_the_first_on_path(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
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
    more = {f"{location}/lib/python3.12/site-packages": "x" for location in ("app/.venv", "opt/conda/envs/app")}
    files = {path: data for location in more for path, data in at(location, "app").items()}
    assert prefixes(measured(monkeypatch, {**FILES, **files}, Cmd=command, WorkingDir="/app"))[0] == prefix


@pytest.mark.parametrize(
    ("directory", "config"),
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
def test_joined__directories_that_its_python_imports_from__join_the_environment(
    monkeypatch: pytest.MonkeyPatch, directory: str, config: dict[str, object]
) -> None:
    files = {path: data for path, data in FILES.items() if not path.startswith(("opt/venv", "usr/lib"))}
    found = measured(monkeypatch, {**files, **at(directory, "app", "lib")}, **config)
    assert prefixes(found) == ["usr/local"]
    assert {d.name for d in found.inventory.distributions} == {"app", "lib", "pip", "setuptools", "wheel"}


def test_joined__user_site__is_not_part_of_a_venv(monkeypatch: pytest.MonkeyPatch) -> None:
    user = at("root/.local/lib/python3.12/site-packages", "tool")
    found = measured(monkeypatch, {**FILES, **user}, Cmd=["/opt/venv/bin/gunicorn"])
    assert prefixes(found)[0] == "opt/venv"
    assert {d.name for d in found.inventory.distributions if d.prefix == "opt/venv"} == {"app"}


ENVIRONMENT = at("app/.venv/lib/python3.12/site-packages", "web")
SCRIPTED: dict[str, Content] = {
    **FILES, **ENVIRONMENT, "app/.venv/bin/python": link("/usr/local/bin/python3"), "app/.venv/bin/activate": "x",
    "app/.venv/pyvenv.cfg": "version = 3.12.1\n", "app/.venv/bin/web": f"#!/app/.venv/bin/python\n{'x' * 60}",
    **at("opt/conda/envs/jobs/lib/python3.12/site-packages", "worker"),
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\nset -e\npython -m migrate\nexec /app/.venv/bin/python -m web\n",
        "#!/bin/bash\n. /app/.venv/bin/activate\nexec web --port $PORT\n",
        "#!/usr/bin/env bash\nsource .venv/bin/activate && web",
        "#!/bin/sh\nexport PATH=/app/.venv/bin:$PATH\nexec gosu app web\n",
        '#!/bin/sh -e\nVENV=/app/.venv\nPATH="$VENV/bin:$PATH" exec web\n',
        "#!/bin/sh\nexec ${VENV:-/app/.venv}/bin/python -m web\n",
        "#!/bin/sh\nexec $HOME_OF_APP/.venv/bin/web --workers $(nproc)\n",
        "#!/bin/sh\nif [ \"$1\" = jobs ]; then\n  exec python jobs.py\nelse\n  exec tini -- /app/.venv/bin/web\nfi\n",
        "#!/bin/sh\ncd /app\nexec uv run --frozen web\n",
        "#!/bin/sh\nstart_server() {\n  /app/.venv/bin/web &\n}\nstart_server\nwait\n",
        "#!/bin/sh\n'''exec' \"/app/.venv/bin/python\" \"$0\" \"$@\"\n' '''\nimport re\n",
        "#!/bin/sh\nsh -c 'exec /app/.venv/bin/web'\n",
        "#!/bin/sh\n. ./environment.sh\nexec web\n",
        "#!/bin/sh\nexec \"$@\"\n",
        '#!/bin/sh\nif [ "${1#-}" != "$1" ]; then\n  set -- python "$@"\nfi\nexec "$@"\n',
    ],
)  # fmt: skip
def test_first__by_the_text_of_the_script_that_is_started(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    files = {**SCRIPTED, "entrypoint.sh": text, "app/environment.sh": "PATH=/app/.venv/bin:$PATH\n"}
    found = measured(
        monkeypatch, files, Entrypoint=["/entrypoint.sh"], Cmd=["/app/.venv/bin/web"], WorkingDir="/app",
        Env=[PATH, "HOME_OF_APP=/app"],
    )  # fmt: skip
    assert prefixes(found)[0] == "app/.venv"


@pytest.mark.parametrize(
    ("entrypoint", "path"),
    [
        (["/usr/bin/tini", "--", "/entrypoint.sh"], "entrypoint.sh"),
        (["/tini", "--", "/entrypoint.sh"], "entrypoint.sh"),
        (["dumb-init", "/entrypoint.sh"], "entrypoint.sh"),
        (["sh", "/entrypoint.sh"], "entrypoint.sh"),
        (["bash", "-e", "entrypoint.sh"], "app/entrypoint.sh"),
        (["/bin/bash", "-lc", "./start"], "app/start"),
        (["/bin/sh", "-c", "docker-entrypoint.sh --serve"], "usr/local/bin/docker-entrypoint.sh"),
        (["docker-entrypoint"], "usr/local/bin/docker-entrypoint"),
        (["/bin/serve"], "usr/bin/serve"),
    ],
)
def test_first__however_the_script_is_started(
    monkeypatch: pytest.MonkeyPatch, entrypoint: list[str], path: str
) -> None:
    files: dict[str, Content] = {**SCRIPTED, "bin": link("usr/bin"), path: "#!/bin/sh\nexec /app/.venv/bin/web\n"}
    assert prefixes(measured(monkeypatch, files, Entrypoint=entrypoint, WorkingDir="/app"))[0] == "app/.venv"


def test_first__script_that_is_a_symlink__is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, Content] = {**SCRIPTED, "start": link("srv/run"), "srv/run": "#!/bin/sh\n/app/.venv/bin/web\n"}
    assert prefixes(measured(monkeypatch, files, Entrypoint=["/start"]))[0] == "app/.venv"


@pytest.mark.parametrize("line", ["#!/app/.venv/bin/python", "#!/app/.venv/bin/python -u"])
@pytest.mark.parametrize("path", ["app/main.py", "app/start", "entrypoint.sh"])
def test_first__by_the_first_line_of_a_script_in_python(monkeypatch: pytest.MonkeyPatch, line: str, path: str) -> None:
    found = measured(monkeypatch, {**SCRIPTED, path: f"{line}\nx = 1\n"}, Entrypoint=[f"/{path}"])
    assert prefixes(found)[0] == "app/.venv"


def test_first__conda_activate_in_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '#!/bin/bash\neval "$(conda shell.bash hook)"\nconda activate jobs\nexec python -m worker\n'
    found = measured(monkeypatch, {**SCRIPTED, "run.sh": text}, Entrypoint=["/run.sh"])
    assert prefixes(found)[0] == "opt/conda/envs/jobs"


def test_first__uv_s_environment_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(
        monkeypatch, SCRIPTED, Cmd=["uv", "run", "app"], Env=[PATH, "UV_PROJECT_ENVIRONMENT=/opt/venv"]
    )  # fmt: skip
    assert prefixes(found)[0] == "opt/venv"


def test_joined__pythonpath_of_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {path: data for path, data in FILES.items() if not path.startswith(("opt/venv", "usr/lib"))}
    script = "#!/bin/sh\nexport PYTHONPATH=/app/libs\ncd /srv\nexec python main.py\n"
    found = measured(
        monkeypatch, {**files, **at("app/libs", "lib"), **at("srv", "app"), "run.sh": script}, Cmd=["/run.sh"]
    )
    assert prefixes(found) == ["usr/local"]


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\nexec /entrypoint.sh\n",
        "#!/bin/sh\n. /entrypoint.sh; . /entrypoint.sh\n",
        "#!/bin/sh\nA=$PATH$PATH\n" + "A=$A$A\n" * 3000,
        "#!/bin/sh\nset -- x x\n" + 'set -- "$@" "$@"\n' * 3000,
        "#!/bin/sh\nset -- -x x\n" + 'set -- "$@" "$@"\n' * 3000,
        "#!/bin/sh\n" + "".join(f"V{n}=x\n" for n in range(3000)) + "x\n" * 3000,
        "#!/bin/sh\n" + "$(" * 10_000,
        "#!/bin/sh\n" + "sh -c '" * 1000,
        "#!/bin/sh\n" + "${A-" * 8000,
        "#!/bin/sh\nexec $NOWHERE/bin/python -m web\n",
        "#!/bin/sh\nexec /nowhere/bin/python\n",
        "#!/bin/sh\n\xff\0\n",
    ],
)
def test_first__script_without_a_command__is_the_first_on_path(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    found = measured(monkeypatch, {**FILES, "entrypoint.sh": text}, Entrypoint=["/entrypoint.sh"])
    assert prefixes(found) == ["usr/local", "usr", "opt/venv"]


def test_first__cyclic_symlinks__are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, Content] = {**FILES, "a": link("b"), "b": link("a")}
    assert prefixes(measured(monkeypatch, files, Entrypoint=["/a/x"]))[0] == "usr/local"
    assert prefixes(measured(monkeypatch, files, Entrypoint=["/a"]))[0] == "usr/local"


SEES = "home = {}\ninclude-system-site-packages = true\nversion = 3.12.1\n"


@pytest.mark.parametrize("home", ["/usr/local/bin", "/python/bin"])
def test_joined__venv_that_sees_the_system__joins_the_system_environment(
    monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    system = {f"{BASE}/{path}": data for path, data in dist_files("app", "0.9").items()}
    files: dict[str, Content] = {
        **FILES, **system, "opt/venv/pyvenv.cfg": SEES.format(home), "python": link("usr/local"),
        **at("root/.local/lib/python3.12/site-packages", "tool"),
    }  # fmt: skip
    found = measured(monkeypatch, files, Cmd=["/opt/venv/bin/gunicorn"])
    assert prefixes(found) == ["opt/venv", "usr"]
    there = {d.key for d in found.inventory.distributions if d.prefix == "opt/venv"}
    # The venv's own version is the one that imports find.
    assert there == {"app", "app==0.9", "pip", "setuptools", "tool", "wheel"}
    assert next(d for d in found.inventory.distributions if d.key == "app").version == "1.0"


def test_joined__venv_that_sees_the_system__gets_the_system_s_distributions_as_requirements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    web = {f"{VENV}/{path}": data for path, data in dist_files("web", requires=["wheel"], requested=True).items()}
    files: dict[str, Content] = {**FILES, **web, "opt/venv/pyvenv.cfg": SEES.format("/usr/local/bin")}
    found = measured(monkeypatch, files, Cmd=["/opt/venv/bin/gunicorn"])
    assert "wheel" in found.dependencies.edges["web"]


def test_environment__named_by_its_prefix__needs_no_program_of_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = image_files(FILES)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(make_tar(parts))))
    assert prefixes(profile("-", Settings.of(environment="/usr")))[0] == "usr"


@pytest.mark.parametrize(("sees", "warned"), [("true", True), ("TRUE", True), ("false", False)])
def test_environment__that_sees_the_system__warns_that_it_is_not_counted(sees: str, warned: bool) -> None:
    settings = f"home = /usr/bin\ninclude-system-site-packages = {sees}\n"
    found = take_inventory(make_tree({"pyvenv.cfg": settings, "lib/python3.12/site-packages/a.py": "x"}))
    assert any("/usr/bin (include-system-site-packages)" in warning for warning in found.warnings) == warned
