"""Docker Engine, here or on another machine; and the commands that podman and nerdctl have from it.

source: docs.docker.com/reference/cli; docs.docker.com/engine/manage-resources/contexts
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import BinaryIO, ClassVar

from msgspec import Struct

from deadweight.errors import EngineFailed
from deadweight.formats.typed_json import decode
from deadweight.sources.containers.commands import answer_to, output_of, start
from deadweight.sources.containers.engine import Cause, State, failure
from deadweight.sources.containers.start import start_of
from deadweight.sources.system.processes import Child, answer_of

_TIMEOUT = 5.0  # seconds for a question about the configuration
_LOCAL = ("unix:///var/run/docker.sock", "npipe:////./pipe/docker_engine")


class DockerCommands(ABC):
    """The commands of docker, for the engines that understand them."""

    program: str
    containers: str

    def save(self, image: str, platform: str) -> AbstractContextManager[BinaryIO]:
        """Give the archive of an image, with all platforms that the engine has."""
        return output_of((self.program, "image", "save", image), partial(self.explain, image))

    def digest(self, image: str) -> str:
        """Return the ID of an image: the digest of its configuration, or of its manifest in containerd's store."""
        command = (self.program, "image", "inspect", "--format", "{{.Id}}", image)
        return f"sha256:{answer_to(command, partial(self.explain, image)).strip().removeprefix('sha256:')}"

    def inspect(self, container: str) -> State:
        """Return the state of a container."""
        command = (self.program, "container", "inspect", container)
        return _state(self.program, answer_to(command, partial(self.explain, container)))

    def export(self, container: str) -> AbstractContextManager[BinaryIO]:
        """Give the file system of a container as a tar archive."""
        return output_of((self.program, "container", "export", container), partial(self.explain, container))

    def execute(self, container: str, command: Sequence[str]) -> Child:
        """Start a program in a running container, as root, with pipes."""
        return start((self.program, "exec", "--interactive", "--user", "0", container, *command))

    def processes(self, container: str) -> str:
        """Return the command that lists the processes of a container."""
        return f"{self.program} top {container}"

    @abstractmethod
    def explain(self, name: str, reason: str) -> EngineFailed:
        """Return the error for a command about an image or a container that failed."""


class _Status(Struct, frozen=True, rename="pascal"):
    status: str = ""


class _Config(Struct, frozen=True, rename="pascal"):
    env: tuple[str, ...] | None = None
    working_dir: str | None = None
    user: str | None = None


class _Container(Struct, frozen=True, rename="pascal"):
    """What ``container inspect`` writes; engines may leave out fields."""

    state: _Status
    path: str | None = None
    args: tuple[str, ...] | None = None
    config: _Config | None = None


def _state(program: str, text: str) -> State:
    try:
        (container,) = decode(text, tuple[_Container])
    except ValueError as error:
        raise EngineFailed(f"{program}: cannot read what it wrote about the container: {error}") from error
    config = container.config or _Config()
    command = [each for each in (container.path, *(container.args or ())) if each]
    return State(
        container.state.status == "running",
        start_of(config.env or (), command, config.working_dir or "", config.user or ""),
    )


class Docker(DockerCommands):
    """Docker Engine. DOCKER_HOST, DOCKER_CONTEXT or the current context choose the machine, as for docker itself."""

    program = "docker"
    containers = "docker ps --all"
    _causes: ClassVar[tuple[Cause, ...]] = (
        Cause(("no such image",), "pull the image first: docker pull {name}"),
        Cause(("no such container",), f"list the containers with: {containers}"),
        Cause(
            ("permission denied",),
            "run deadweight with sudo, or add your user to the group docker, which gives it the rights of root",
        ),
        Cause(("context not found", "is not found on the file system"), "list the contexts with: docker context ls"),
        Cause(("",), "check that Docker Engine is running and that you may use it: docker info"),
    )

    def explain(self, name: str, reason: str) -> EngineFailed:
        """Return the error with the context or host that failed, unless it is the local default."""
        reason = reason.replace("Error response from daemon: ", "").replace("Error: ", "")
        reason = reason.replace("reference does not exist", f"No such image: {name}")  # of image save
        return failure(f"docker{_location(reason)}", name, reason, self._causes)


def _location(reason: str) -> str:
    """Return the context and the host of the engine, in parentheses; "" for the local default."""
    question = ("docker", "context", "inspect", "--format", "{{.Name}}\n{{.Endpoints.docker.Host}}")
    lines = (answer_of(question, seconds=_TIMEOUT) or b"").decode("utf-8", "replace").splitlines()
    if len(lines) != 2:
        return ""
    name, host = lines
    context = "" if name == "default" else f"context {name}"  # DOCKER_HOST is the host of the default context
    parts = [context, "" if host in (*_LOCAL, "") or host in reason else f"host {host}"]
    return f" ({', '.join(filter(None, parts))})" if any(parts) else ""
