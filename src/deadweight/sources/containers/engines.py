"""The supported engines: the one that a target names, and the one that has a container."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence

from deadweight.errors import EngineFailed
from deadweight.sources.containers.ctr import Ctr
from deadweight.sources.containers.docker import Docker
from deadweight.sources.containers.engine import Engine, State
from deadweight.sources.containers.nerdctl import Nerdctl
from deadweight.sources.containers.podman import Podman
from deadweight.sources.system.processes import answer_of
from deadweight.targets.types import EngineName

_TIMEOUT = 5.0  # seconds for a question that is not essential
# Where several commands lead to the same engine, the first that is installed is used.
ENGINES: Mapping[EngineName, Sequence[Engine]] = {
    "docker": (Docker(),),
    "podman": (Podman(),),
    "containerd": (Nerdctl(), Ctr()),
}


def engine_of(name: EngineName) -> Engine:
    """Return an engine; raises EngineFailed if it is not installed."""
    engine = _installed(ENGINES[name])
    if engine is None:
        raise _not_installed(ENGINES[name])
    return engine


def engine_with(container: str) -> tuple[Engine, State]:
    """Return the first engine that has a container; raises EngineFailed with the reasons of all."""
    engines = [engine for choices in ENGINES.values() if (engine := _installed(choices)) is not None]
    if not engines:
        raise _not_installed([engine for choices in ENGINES.values() for engine in choices])
    errors: list[EngineFailed] = []
    for engine in engines:
        try:
            return engine, engine.inspect(container)
        except EngineFailed as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    reasons = "".join(f"\n  {error.cause}" for error in errors)
    commands = " or ".join(engine.containers for engine in engines)
    raise EngineFailed(f"no engine has a container {container}{reasons}", hint=f"list the containers with: {commands}")


def local_size(image: str) -> int | None:
    """Return the bytes of an image in Docker or podman; None if neither has it."""
    for engine in (*ENGINES["docker"], *ENGINES["podman"]):
        if shutil.which(engine.program):
            command = (engine.program, "image", "inspect", "--format", "{{.Size}}", image)
            answer = (answer_of(command, seconds=_TIMEOUT) or b"").strip()
            if answer.isdigit():
                return int(answer)
    return None


def _installed(engines: Sequence[Engine]) -> Engine | None:
    return next((engine for engine in engines if shutil.which(engine.program)), None)


def _not_installed(engines: Sequence[Engine]) -> EngineFailed:
    *others, last = (engine.program for engine in engines)
    cause = f"neither {', '.join(others)} nor {last} is installed" if others else f"{last} is not installed"
    programs = f"{', '.join(others)} or {last}" if others else last
    return EngineFailed(cause, hint=f"install {programs}, or measure an archive of the image from another machine")
