"""An existing Dockerfile, a Procfile, a pyproject.toml or the files' names → what the image starts, and how.

Nothing of them is run. Only what the image of a Dockerfile itself has counts: its last stage that is not for tests or
development, with the stages that it is based on.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from deadweight.codescan.commands import exec_form, instructions
from deadweight.codescan.programs import programs_of
from deadweight.codescan.roles import environment_role
from deadweight.codescan.shell import commands_in
from deadweight.dockerfiles import quoting
from deadweight.dockerfiles.values import Start
from deadweight.dockerfiles.words import assignments, words_of
from deadweight.errors import BadInput
from deadweight.formats.tables import Malformed, Table, parse_toml

_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_PROCESS = re.compile(r"([\w.-]+):\s*(.*\S)")
_OBJECT = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)\s*(?:\[.*\])?\Z")
# Variables that the written Dockerfile sets, or that belong to the installation
_OURS = re.compile(
    r"(?:PATH|VIRTUAL_ENV|HOME|PYTHONDONTWRITEBYTECODE|DEBIAN_FRONTEND|(?:PIP|UV|POETRY|PDM|PIPENV)_\w+)\Z"
)
_SECRET = re.compile(r"(?i)token|secret|passw|credential|api_?key|access_?key|private")
# Programs that start another one, and that the written image does not have
_RUNNERS = frozenset("uv poetry pdm pipenv hatch rye pixi tini dumb-init catatonit".split())
_PROGRAMS = re.compile(r"/(?:[^/]+/)*bin/([^/]+)\Z")
_SYSTEM = re.compile(r"/(?:usr/)?s?bin/")
_MODULES = ("main.py", "app.py", "server.py", "bot.py", "run.py")
_DEFAULT_PORT = "8000"


def start_of(texts: Mapping[str, str], modules: Collection[str]) -> Start:
    """Return what the image starts; with nothing to start, ``command`` and ``entrypoint`` are empty.

    texts:   name → text of the Dockerfile, the Procfile and the pyproject.toml of the build context, where they exist
    modules: paths of Python files in the build context and its ``src`` directory, POSIX: "shop/__main__.py"
    """
    start = _of_dockerfile(texts["Dockerfile"]) if "Dockerfile" in texts else Start()
    elsewhere = next(_elsewhere(texts, modules), Start())
    # A Dockerfile that was written from a Procfile still starts what the Procfile states.
    if not start.entrypoint and start.command in ((), elsewhere.command):
        start = replace(start, command=elsewhere.command, origin=elsewhere.origin)
    return _with_variables(start, modules)


def _elsewhere(texts: Mapping[str, str], modules: Collection[str]) -> Iterator[Start]:
    if "Procfile" in texts:
        yield from _of_procfile(texts["Procfile"])
    if "pyproject.toml" in texts:
        yield from _of_project(texts["pyproject.toml"])
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


class _Stage(Struct):
    """The configuration of one stage, while its instructions are read."""

    name: str = ""
    values: dict[str, str] = {}
    environment: dict[str, str] = {}
    directory: str = "/app"
    ports: list[str] = []
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    line: int = 0
    notes: list[str] = []


def _of_dockerfile(text: str) -> Start:
    stages: list[_Stage] = []
    for name, raw, line in instructions(text):
        value = re.sub(r"\\\n", " ", raw).strip()
        if name == "FROM":
            stages.append(_based(value, stages))
        elif stages:
            _read(name, value, line, stages[-1])
    shipped = [stage for stage in stages if not environment_role(stage.name)] or stages
    if not shipped:
        return Start()
    stage = shipped[-1]
    return Start(
        command=stage.command,
        entrypoint=stage.entrypoint,
        environment=tuple(stage.environment.items()),
        directory=stage.directory,
        ports=tuple(dict.fromkeys(stage.ports)),
        origin=f"Dockerfile:{stage.line}" if stage.line else "",
        notes=tuple(dict.fromkeys(stage.notes)),
    )


def _based(value: str, stages: list[_Stage]) -> _Stage:
    match = _FROM.match(value)
    base, name = (match[1].lower(), match[2] or "") if match else ("", "")
    below = next((stage for stage in reversed(stages) if stage.name.lower() == base and base), _Stage())
    return _Stage(
        name, dict(below.values), dict(below.environment), below.directory, list(below.ports), below.entrypoint,
        below.command, below.line, list(below.notes),
    )  # fmt: skip


def _read(name: str, value: str, line: int, stage: _Stage) -> None:
    if name in ("ENV", "ARG"):
        # A variable of the same instruction still has its former value.
        for key, text in list(assignments(name, value, stage.values)):
            stage.values |= {key: text}
            if name == "ENV":
                _set(key, text, line, stage)
    elif name == "WORKDIR":
        path = posixpath.normpath(posixpath.join(stage.directory, "".join(words_of(value, stage.values))))
        try:
            stage.directory = quoting.directory(path if path != "/" else "/app")
        except BadInput:
            stage.notes.append(f"Dockerfile:{line}: the directory was left out")
    elif name == "EXPOSE":
        stage.ports += [each for each in words_of(value, stage.values) if quoting.is_port(each)]
    elif name == "ENTRYPOINT":
        stage.entrypoint, stage.command, stage.line = _started(value, line, stage), (), line
    elif name == "CMD":
        stage.command, stage.line = _started(value, line, stage), line


def _set(name: str, value: str, line: int, stage: _Stage) -> None:
    if _OURS.match(name):
        return
    if _SECRET.search(name):
        stage.notes.append(f"Dockerfile:{line}: {name} was left out, since it may be a secret")
        return
    try:
        quoting.environment(name, value)
    except BadInput:
        stage.notes.append(f"Dockerfile:{line}: the variable {name[:100]} was left out")
        return
    stage.environment[name] = value


def _started(value: str, line: int, stage: _Stage) -> tuple[str, ...]:
    """Return the exec form of CMD or ENTRYPOINT; () if it cannot be started in the written image."""
    words = exec_form(value)
    if words is None:
        return _shell_command(value)
    words = _without_runner(words)
    if not words:
        return ()
    program = _PROGRAMS.match(words[0])
    if program and not _SYSTEM.match(words[0]):
        return (program[1], *words[1:])  # of another environment, which is now first on PATH
    if words[0].startswith("/") and not _SYSTEM.match(words[0]):
        stage.notes.append(f"Dockerfile:{line}: {words[0]} was left out, since it may not be in the image")
        return ()
    return tuple(words)


def _shell_command(text: str) -> tuple[str, ...]:
    """Return the exec form of a shell command: its words, or a shell if they need one."""
    text = " ".join(text.split())
    commands = list(commands_in(text))
    words = text.split()
    if words and all(map(quoting.is_plain, words)) and not re.match(r"\w+=", words[0]):
        return tuple(_without_runner(words))
    simple = len(commands) == 1 and not re.search(r"[;&|()`]|\A\w+=|\A(?:exec|cd)\b", text)
    return ("/bin/sh", "-c", f"exec {text}" if simple else text) if text else ()


def _without_runner(words: list[str]) -> list[str]:
    """Return a command without ``uv run`` and the like, since what they start is on PATH."""
    if not words or _basename(words) not in _RUNNERS:
        return words
    programs = (program for program in programs_of(words) if not program or _basename(program) not in _RUNNERS)
    return next(programs, [])


def _basename(program: list[str]) -> str:
    return posixpath.basename(program[0])


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
        yield Start(command=_shell_command(command), origin=f"Procfile:{number}")


def _of_project(text: str) -> Iterator[Start]:
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
        if match:
            # The project itself is not installed, so the command does what its script would.
            code = f"import sys; from {match[1]} import {match[2].split('.')[0]}; sys.exit({match[2]}())"
            yield Start(command=("python", "-c", code), origin=f"pyproject.toml, scripts.{quoting.comment(name)}")


def _texts(table: Table) -> dict[str, str]:
    return {key: value for key, value in table.values.items() if isinstance(value, str)}
