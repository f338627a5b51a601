"""containerd through nerdctl, which has the commands of docker, also without root and in a virtual machine.

source: github.com/containerd/nerdctl, docs/command-reference.md and docs/config.md
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from functools import partial
from typing import BinaryIO, ClassVar

from deadweight.errors import EngineFailed
from deadweight.sources.containers.commands import output_of
from deadweight.sources.containers.docker import DockerCommands
from deadweight.sources.containers.engine import Cause, failure

_LOGGED = re.compile(r'time="[^"]*" level=\w+ msg="((?:[^"\\]|\\.)*)".*\Z')


class Nerdctl(DockerCommands):
    """Nerdctl. CONTAINERD_NAMESPACE, CONTAINERD_ADDRESS or nerdctl.toml choose what it sees."""

    program = "nerdctl"
    containers = "nerdctl ps --all"
    _causes: ClassVar[tuple[Cause, ...]] = (
        Cause(("no such container",), f"list the containers with: {containers}"),
        Cause(
            ("no such image", "not found"),
            "pull the image first: nerdctl pull {name}; or set CONTAINERD_NAMESPACE to its namespace; list the "
            "namespaces with: nerdctl namespace ls",
        ),
        Cause(
            ("permission denied", "rootless containerd not running"),
            "run deadweight with sudo, or set up containerd for your user: containerd-rootless-setuptool.sh install",
        ),
        Cause(("",), "check that containerd is running and that you may use it: nerdctl info"),
    )

    def save(self, image: str, platform: str) -> AbstractContextManager[BinaryIO]:
        """Give the archive of an image, for one platform; nerdctl downloads layers that containerd has discarded."""
        options = ("--platform", platform) if platform else ()
        return output_of((self.program, "image", "save", *options, image), partial(self.explain, image))

    def explain(self, name: str, reason: str) -> EngineFailed:
        """Return the error; nerdctl writes it as a line of a log."""
        *before, last = reason.splitlines()
        logged = _LOGGED.match(last)
        message = (logged[1].replace('\\"', '"') if logged else "") or last
        return failure("nerdctl", name, "\n".join((*before, message)), self._causes)
