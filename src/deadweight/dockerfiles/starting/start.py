"""An image, a Dockerfile, a Procfile, a pyproject.toml or the files' names → what the written image starts, and how."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from deadweight.dockerfiles import quoting
from deadweight.dockerfiles.starting.commands import started_by_shell
from deadweight.dockerfiles.starting.configuration import of_dockerfile, of_image
from deadweight.dockerfiles.values import Start
from deadweight.formats.tables import Malformed, Table, parse_toml
from deadweight.model import Start as Configured

_PROCESS = re.compile(r"([\w.-]+):\s*(.*\S)")
_OBJECT = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)\s*(?:\[.*\])?\Z")
_MODULES = ("main.py", "app.py", "server.py", "bot.py", "run.py")
_DEFAULT_PORT = "8000"


def start_of(
    texts: Mapping[str, str],
    modules: Collection[str],
    configured: Configured | None = None,
    *,
    installed: bool = False,
) -> Start:
    """Return what the image starts; with nothing to start, ``command`` and ``entrypoint`` are empty.

    texts:      name → text of the Dockerfile, the Procfile and the pyproject.toml that the build context has
    modules:    paths of Python files in the build context and its ``src`` directory, POSIX: "shop/__main__.py"
    configured: the configuration of the image that was measured, which counts before all others
    installed:  whether the project of the pyproject.toml is installed, so that it has its commands
    """
    start = _started(texts, modules, configured, installed=installed)
    return _with_variables(start, () if installed else modules)


def _started(
    texts: Mapping[str, str], modules: Collection[str], configured: Configured | None, *, installed: bool
) -> Start:
    start = of_image(configured) if configured else Start()
    if start.command or start.entrypoint:
        return start
    start = of_dockerfile(texts["Dockerfile"]) if "Dockerfile" in texts else Start()
    elsewhere = next(_elsewhere(texts, modules, installed=installed), Start())
    # A Dockerfile that was written from a Procfile still starts what the Procfile states.
    if not start.entrypoint and start.command in ((), elsewhere.command):
        start = replace(start, command=elsewhere.command, origin=elsewhere.origin)
    return start


def _elsewhere(texts: Mapping[str, str], modules: Collection[str], *, installed: bool) -> Iterator[Start]:
    if "Procfile" in texts:
        yield from _of_procfile(texts["Procfile"])
    if "pyproject.toml" in texts:
        yield from _of_project(texts["pyproject.toml"], installed=installed)
    packages = sorted(path.split("/")[-2] for path in modules if path.endswith("/__main__.py"))
    if len(packages) == 1 and packages[0].isidentifier():
        yield Start(command=("python", "-m", packages[0]), origin=f"{packages[0]}/__main__.py")
    for name in _MODULES:
        if name in modules:
            yield Start(command=("python", name), origin=name)


def _with_variables(start: Start, modules: Collection[str]) -> Start:
    """Return the start with the variables that its command and the layout of the code need."""
    names = {name for name, _ in start.environment}
    added = []
    if "PORT" not in names and any(re.search(r"\$\{?PORT\b", word) for word in (*start.command, *start.entrypoint)):
        added.append(("PORT", _DEFAULT_PORT))
    if "PYTHONPATH" not in names and any(path.startswith("src/") for path in modules):
        added.append(("PYTHONPATH", f"{start.directory.rstrip('/')}/src"))
    return replace(start, environment=(*start.environment, *added))


def _of_procfile(text: str) -> Iterator[Start]:
    """Yield the process "web", else the first one."""
    processes: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _PROCESS.match(line)
        if match:
            processes.setdefault(match[1], (match[2], number))
    name = "web" if "web" in processes else next((each for each in processes if each != "release"), "")
    if name:
        command, number = processes[name]
        yield Start(command=started_by_shell(command), origin=f"Procfile:{number}")


def _of_project(text: str, *, installed: bool) -> Iterator[Start]:
    """Yield the script of a project that has its name, else the only one."""
    try:
        table = parse_toml(text.encode("utf-8", "surrogateescape"))
        project, poetry = table.table("project"), table.table("tool").table("poetry")
        scripts = {**_texts(poetry.table("scripts")), **_texts(project.table("scripts"))}
        names = (project.values.get("name"), poetry.values.get("name"))
    except Malformed:
        return
    named = [name for name in scripts if name in names] or (list(scripts) if len(scripts) == 1 else [])
    for name in named:
        match = _OBJECT.match(scripts[name])
        origin = f"pyproject.toml, scripts.{quoting.comment(name)}"
        if match and installed and quoting.is_plain(name):
            yield Start(command=(name,), origin=origin)
        elif match:
            # Without the script, the command does what it would.
            code = f"import sys; from {match[1]} import {match[2].split('.')[0]}; sys.exit({match[2]}())"
            yield Start(command=("python", "-c", code), origin=origin)


def _texts(table: Table) -> dict[str, str]:
    return {key: value for key, value in table.values.items() if isinstance(value, str)}
