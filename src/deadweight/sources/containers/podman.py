"""Podman: the storage of this user, or a service on another machine.

source: podman(1), podman-system-connection(1)
"""

from __future__ import annotations

import os
from typing import ClassVar

from deadweight.errors import EngineFailed
from deadweight.sources.containers.docker import DockerCommands
from deadweight.sources.containers.engine import Cause, failure


class Podman(DockerCommands):
    """Podman. CONTAINER_HOST or CONTAINER_CONNECTION choose the machine, as for podman itself."""

    program = "podman"
    containers = "podman ps --all"
    _causes: ClassVar[tuple[Cause, ...]] = (
        Cause(
            ("unable to connect", "service destination not found"),
            "check CONTAINER_HOST and the connections: podman system connection list",
        ),
        Cause(("no such container", "no container with name"), f"list the containers with: {containers}"),
        Cause(("image not known", "does not exist", "no such image"), "pull the image first: podman pull {name}"),
        Cause(("",), "check that podman works: podman info"),
    )

    def explain(self, name: str, reason: str) -> EngineFailed:
        """Return the error with the service or the user whose storage has been searched."""
        service = _service()
        error = failure(f"podman{service}", name, reason.replace("Error: ", ""), self._causes)
        user = os.environ.get("SUDO_USER", "")
        if not user or service:
            return error
        hint = f"with sudo, podman does not find the images and containers of {user}; {error.hint}"
        return EngineFailed(error.cause, hint=hint, detail=error.detail)


def _service() -> str:
    """Return the service that podman asks, in parentheses; "" for the storage of this user."""
    names = ("CONTAINER_HOST", "CONTAINER_CONNECTION")
    return next((f" ({name} {value})" for name in names if (value := os.environ.get(name))), "")
