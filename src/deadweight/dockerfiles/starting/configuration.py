"""The configuration of an image, or the instructions of a Dockerfile → what the written image starts, and how.

Of a Dockerfile, only what its own image has counts: its last stage that is not for tests or development, with the
stages that it is based on.
source: OCI image-spec, config.md; https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct

from deadweight.codescan.commands import exec_form, instructions
from deadweight.codescan.roles import environment_role
from deadweight.dockerfiles import quoting
from deadweight.dockerfiles.starting.commands import Absent, is_interactive, started, started_by_shell
from deadweight.dockerfiles.starting.words import assignments, words_of
from deadweight.dockerfiles.values import Start
from deadweight.errors import BadInput
from deadweight.model import Start as Configured

_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
# Variables that the written Dockerfile sets, or that belong to the installation or to the base image
_OURS = re.compile(
    r"(?:PATH|VIRTUAL_ENV|HOME|PYTHONDONTWRITEBYTECODE|DEBIAN_FRONTEND|(?:PIP|UV|POETRY|PDM|PIPENV)_\w+"
    r"|GPG_KEY|PYTHON_(?:VERSION|SHA256|PIP_VERSION|SETUPTOOLS_VERSION|GET_PIP_\w+))\Z"
)
_SECRET = re.compile(r"(?i)token|secret|passw|credential|api_?key|access_?key|private")
_IMAGE = "configuration of the image"
_SHELL = re.compile(r"/(?:usr/)?bin/(?:ba|da)?sh\Z")


class _Stage(Struct):
    """The configuration of one stage, while its instructions are read.

    origin: of its command
    """

    name: str = ""
    values: dict[str, str] = {}
    environment: dict[str, str] = {}
    directory: str = "/app"
    ports: list[str] = []
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    origin: str = ""
    notes: list[str] = []

    def start(self) -> Start:
        return Start(
            command=self.command,
            entrypoint=self.entrypoint,
            environment=tuple(self.environment.items()),
            directory=self.directory,
            ports=tuple(dict.fromkeys(self.ports)),
            user=self.user,
            origin=self.origin,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def set(self, name: str, value: str, where: str) -> None:
        """Set a variable, unless it may be a secret or cannot be written."""
        if _OURS.match(name):
            return
        if _SECRET.search(name):
            self.notes.append(f"{where}: {name[:100]} was left out, since it may be a secret")
            return
        try:
            quoting.environment(name, value)
        except BadInput:
            self.notes.append(f"{where}: the variable {name[:100]} was left out")
            return
        self.environment[name] = value

    def move(self, path: str, where: str) -> None:
        """Set the working directory, which an absolute or a relative path names."""
        path = posixpath.normpath(posixpath.join(self.directory, path))
        try:
            self.directory = quoting.directory(path if path.strip("/") else "/app")
        except BadInput:
            self.notes.append(f"{where}: the directory was left out")

    def words(self, words: list[str], where: str) -> tuple[str, ...]:
        """Return the words of an exec form for the written image."""
        try:
            return started(words)
        except Absent as absent:
            self.notes.append(f"{where}: {absent} was left out, since it may not be in the image")
            return ()

    def use(self, user: str) -> None:
        """Set the user, if it is a number other than that of root: only the image itself knows the names of users."""
        self.user = user if quoting.is_user(user) else ""


def of_image(configured: Configured) -> Start:
    """Return what an image starts; nothing if that is only a shell or an interpreter."""
    stage = _Stage()
    for name, value in configured.variables.items():
        stage.set(name, value, _IMAGE)
    stage.move(configured.directory or "/app", _IMAGE)
    stage.ports = [port for each in configured.ports if quoting.is_port(port := each.removesuffix("/tcp"))]
    stage.use(configured.user)
    entrypoint = list(configured.entrypoint)
    command = list(configured.command[len(entrypoint) :])
    if len(entrypoint) == 3 and _SHELL.match(entrypoint[0]) and entrypoint[1] == "-c":
        entrypoint, command = [], entrypoint  # a shell form, of which CMD is not a part
    stage.entrypoint = stage.words(entrypoint, _IMAGE)
    if len(command) == 3 and _SHELL.match(command[0]) and command[1] == "-c":
        stage.command = started_by_shell(command[2])
    else:
        stage.command = stage.words(command, _IMAGE)
    if not stage.entrypoint and is_interactive(stage.command):
        stage.command = ()
    if stage.entrypoint or stage.command:
        stage.origin = _IMAGE
    return stage.start()


def of_dockerfile(text: str) -> Start:
    """Return what the image of a Dockerfile starts."""
    stages: list[_Stage] = []
    for name, raw, line in instructions(text):
        value = re.sub(r"\\\n", " ", raw).strip()
        if name == "FROM":
            stages.append(_based(value, stages))
        elif stages:
            _read(name, value, f"Dockerfile:{line}", stages[-1])
    shipped = [stage for stage in stages if not environment_role(stage.name)] or stages
    return shipped[-1].start() if shipped else Start()


def _based(value: str, stages: list[_Stage]) -> _Stage:
    match = _FROM.match(value)
    base, name = (match[1].lower(), match[2] or "") if match else ("", "")
    below = next((stage for stage in reversed(stages) if stage.name.lower() == base and base), _Stage())
    return _Stage(
        name, dict(below.values), dict(below.environment), below.directory, list(below.ports), below.entrypoint,
        below.command, below.user, below.origin, list(below.notes),
    )  # fmt: skip


def _read(name: str, value: str, where: str, stage: _Stage) -> None:
    if name in ("ENV", "ARG"):
        # A variable of the same instruction still has its former value.
        for key, text in list(assignments(name, value, stage.values)):
            stage.values |= {key: text}
            if name == "ENV":
                stage.set(key, text, where)
    elif name == "WORKDIR":
        stage.move("".join(words_of(value, stage.values)), where)
    elif name == "EXPOSE":
        stage.ports += [each for each in words_of(value, stage.values) if quoting.is_port(each)]
    elif name == "USER":
        stage.use("".join(words_of(value, stage.values)))
    elif name == "ENTRYPOINT":
        stage.entrypoint, stage.command, stage.origin = _words(value, where, stage), (), where
    elif name == "CMD":
        stage.command, stage.origin = _words(value, where, stage), where


def _words(value: str, where: str, stage: _Stage) -> tuple[str, ...]:
    words = exec_form(value)
    return started_by_shell(value) if words is None else stage.words(words, where)
