"""What deadweight needs of a container engine. Nothing is pulled or started."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol

from deadweight.errors import EngineFailed
from deadweight.model import Start
from deadweight.sources.system.processes import Child


class State(NamedTuple):
    """The state of a container.

    is_running: False if it has stopped or was not started yet
    start:      how its program was started
    """

    is_running: bool
    start: Start


class Engine(Protocol):
    """A container engine, through its command. Its methods raise EngineFailed.

    program:    its command
    containers: the command that lists its containers, for messages
    """

    program: str
    containers: str

    def save(self, image: str, platform: str) -> AbstractContextManager[BinaryIO]:
        """Give the archive of an image.

        platform: "linux/arm64"; "" for this machine's. An engine that writes all platforms ignores it
        """

    def digest(self, image: str) -> str:
        """Return the digest of the configuration, manifest or index of an image, "" if the engine does not name it."""

    def inspect(self, container: str) -> State:
        """Return the state of a container."""

    def export(self, container: str) -> AbstractContextManager[BinaryIO]:
        """Give the file system of a container as a tar archive."""

    def execute(self, container: str, command: Sequence[str]) -> Child:
        """Start a program in a running container, as root, with pipes."""

    def processes(self, container: str) -> str:
        """Return the command that lists the processes of a container, for messages."""


class Cause(NamedTuple):
    """What the user can do about a failure.

    words: parts of the engine's message, in lower case; any of them identifies the failure
    hint:  "{name}" in it stands for the image or the container
    """

    words: tuple[str, ...]
    hint: str


def failure(label: str, name: str, reason: str, causes: Sequence[Cause]) -> EngineFailed:
    """Return the error for a command of an engine that failed.

    label:  the engine, for the message
    reason: what its command wrote to standard error; the last line says why
    causes: the first that applies gives the hint
    """
    line = reason.splitlines()[-1]
    words = line.lower()
    hint = next((cause.hint for cause in causes if any(each in words for each in cause.words)), "")
    return EngineFailed(f"{label}: {line}", hint=hint.format(name=name), detail=reason if "\n" in reason else "")
