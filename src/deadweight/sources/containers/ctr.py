"""containerd through ctr, which every containerd brings. It reads images and runs programs, but exports no container.

source: ctr --help; OCI runtime-spec, config.md
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator, Sequence
from functools import partial
from typing import BinaryIO, ClassVar

from msgspec import Struct

from deadweight.errors import EngineFailed
from deadweight.formats.images.image_reference import full_name
from deadweight.formats.typed_json import decode
from deadweight.sources.containers.commands import answer_to, output_of, start
from deadweight.sources.containers.engine import Cause, State, failure
from deadweight.sources.containers.start import start_of
from deadweight.sources.system.processes import Child

_ADDRESS = "/run/containerd/containerd.sock"


class _Process(Struct, frozen=True):
    args: tuple[str, ...] | None = None
    env: tuple[str, ...] | None = None
    cwd: str | None = None
    user: dict[str, object] | None = None


class _Spec(Struct, frozen=True):
    process: _Process | None = None


class Ctr:
    """Ctr. CONTAINERD_NAMESPACE and CONTAINERD_ADDRESS choose what it sees."""

    program = "ctr"
    containers = "ctr containers ls"
    _causes: ClassVar[tuple[Cause, ...]] = (
        Cause(("permission denied",), "run deadweight with sudo: only root may use the socket of containerd"),
        Cause(("failed to dial",), "check that containerd is running, or set CONTAINERD_ADDRESS to its socket"),
        Cause(
            ("no manifest found for platform", "no match for platform"),
            "choose a platform of the image with --platform; list its platforms with: ctr images ls",
        ),
        Cause(("content digest",), "the image is incomplete; pull it again: ctr images pull {name}"),
        Cause(
            ("container",),
            f"list the containers with: {containers}; the variable CONTAINERD_NAMESPACE sets the namespace",
        ),
        Cause(("",), "check that containerd works: ctr version"),
    )

    @contextlib.contextmanager
    def save(self, image: str, platform: str) -> Iterator[BinaryIO]:
        """Yield the archive of an image, for one platform."""
        name = self._full_name(image)
        options = ("--platform", platform) if platform else ()
        with output_of(("ctr", "images", "export", *options, "-", name), partial(self._explain, name)) as stream:
            yield stream

    def digest(self, image: str) -> str:
        """Return the digest of the manifest or index of an image."""
        name = self._full_name(image)
        # The columns are REF, TYPE and DIGEST.
        rows = (line.split() for line in self._answer(image, "images", "ls", f"name=={name}").splitlines())
        return next((row[2] for row in rows if row[:1] == [name] and len(row) > 2), "")

    def inspect(self, container: str) -> State:
        """Return the state of a container."""
        text = self._answer(container, "containers", "info", "--spec", container)
        try:
            process = decode(text, _Spec).process or _Process()
        except ValueError as error:
            raise EngineFailed(f"ctr: cannot read the specification of {container}: {error}") from error
        tasks = [line.split() for line in self._answer(container, "tasks", "ls").splitlines()]
        user = str((process.user or {}).get("uid", ""))
        return State(
            any(task[:1] == [container] and task[-1] == "RUNNING" for task in tasks),
            start_of(process.env or (), process.args or (), process.cwd or "", user),
        )

    def export(self, container: str) -> contextlib.AbstractContextManager[BinaryIO]:
        """Raise EngineFailed: ctr has no such command."""
        raise EngineFailed(
            f"ctr cannot export {container}, and can only list its files while it runs and has a Python",
            hint="start the container, install nerdctl, or measure its image: containerd:IMAGE",
        )

    def execute(self, container: str, command: Sequence[str]) -> Child:
        """Start a program in a running container, as root, with pipes."""
        name = f"deadweight-{uuid.uuid4().hex}"
        return start(("ctr", "tasks", "exec", "--exec-id", name, "--user", "0", container, *command))

    def processes(self, container: str) -> str:
        """Return the command that lists the processes of a container."""
        return f"ctr tasks ps {container}"

    def _full_name(self, image: str) -> str:
        """Return the name by which containerd knows an image; raises EngineFailed if it does not."""
        names = (image, full_name(image))
        known = self._images(image, _namespace())
        for name in names:
            if name in known:
                return name
        others = self._answer(image, "namespaces", "ls", "--quiet").split()
        namespace = next((each for each in others if not self._images(image, each).isdisjoint(names)), None)
        raise EngineFailed(
            f"ctr: no image {names[1]} in the namespace {_namespace()}",
            hint=f"pull the image first: ctr images pull {names[1]}"
            if namespace is None
            else f"the image is in the namespace {namespace}: set CONTAINERD_NAMESPACE={namespace}",
        )

    def _images(self, image: str, namespace: str) -> set[str]:
        return set(self._answer(image, "--namespace", namespace, "images", "ls", "--quiet").split())

    def _answer(self, name: str, *arguments: str) -> str:
        address = os.environ.get("CONTAINERD_ADDRESS") or _ADDRESS
        if not os.path.lexists(address.removeprefix("unix://")):
            # ctr itself waits for ten seconds.
            raise EngineFailed(
                f"ctr: containerd is not running: no socket {address}",
                hint="start containerd, or set CONTAINERD_ADDRESS to its socket",
            )
        return answer_to(("ctr", *arguments), partial(self._explain, name))

    def _explain(self, name: str, reason: str) -> EngineFailed:
        return failure("ctr", name, reason.replace("ctr: ", ""), self._causes)


def _namespace() -> str:
    return os.environ.get("CONTAINERD_NAMESPACE", "default")
