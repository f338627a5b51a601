"""Docker and podman, by their own commands → images and file systems as streams. Nothing is pulled or started."""

from __future__ import annotations

import contextlib
import json
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator
from typing import IO, Any, BinaryIO, NamedTuple, cast

from deadweight.errors import DeadweightError, EngineFailed
from deadweight.model import Start
from deadweight.sources.system.processes import DEVNULL, PIPE, Child, TimeoutExpired, started

ENGINES = ("docker", "podman")
_HINTS = {
    "docker": "is Docker Engine running, and may you use it? (docker info)",
    "podman": "try podman info",
}
_CHUNK = 1 << 16
_LONGEST_REASON = 2000
_LONGEST_STATE = 1 << 20
_PATIENCE = 3.0  # seconds
_FORMAT = "\n".join((
    "{{.State.Status}}", "{{json .Config.Env}}", "{{json .Path}}", "{{json .Args}}", "{{json .Config.WorkingDir}}",
    "{{json .Config.User}}",
))  # fmt: skip


@contextlib.contextmanager
def saved(engine: str, image: str) -> Iterator[BinaryIO]:
    """Hand over the archive of an image that an engine has; raises EngineFailed."""
    with _output_of(engine, "image", "save", image) as stream:
        yield stream


@contextlib.contextmanager
def exported(engine: str, container: str) -> Iterator[BinaryIO]:
    """Hand over a container's file system, as one tar archive; raises EngineFailed."""
    with _output_of(engine, "container", "export", container) as stream:
        yield stream


class State(NamedTuple):
    """A container as its engine knows it.

    is_running: or it has stopped, or is yet to start
    start:      how its program was started
    """

    engine: str
    is_running: bool
    start: Start


def state_of(container: str) -> State:
    """Return what the first engine that knows a container says of it; raises EngineFailed with the reasons of all."""
    reasons: list[str] = []
    for engine in ENGINES:
        try:
            with _output_of(engine, "container", "inspect", "--format", _FORMAT, container) as stream:
                status, *told = stream.read(_LONGEST_STATE).decode("utf-8", "replace").split("\n")
                return State(engine, status == "running", _start([_json(line) for line in told]))
        except EngineFailed as error:
            reasons.append(error.cause)
    raise EngineFailed("; ".join(reasons), hint="docker ps --all shows the containers that there are")


def _start(told: list[Any]) -> Start:
    """Return how a container's program was started; what an engine leaves out is not known."""
    variables, path, arguments, folder, user = (told + [None] * 5)[:5]
    command = [*_strings([path]), *_strings(arguments)]
    return start_of(_strings(variables), command, str(folder or ""), str(user or ""))


def start_of(variables: Iterable[str], command: Iterable[str], folder: str, user: str) -> Start:
    """Return how a program is started, by what an engine or an image's configuration tells.

    variables: as NAME=VALUE
    user:      a name or a number, also with a group; "" for the superuser
    """
    told = dict(each.split("=", 1) for each in variables if "=" in each)
    name = user.partition(":")[0]
    home = "/root" if name in ("", "root", "0") else "" if name.isdigit() else f"/home/{name}"
    return Start(command=tuple(command), folder=folder, variables=told, home=told.get("HOME", home))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _strings(found: object) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def inside(engine: str, container: str, command: list[str]) -> Child:
    """Start a program in a running container, as its superuser, with pipes; raises EngineFailed.

    It is in a session of its own, where no Ctrl-C reaches the engine's command: podman would leave the program behind.
    """
    command = [engine, "exec", "--interactive", "--user", "0", container, *command]
    return _started(command, DEVNULL, PIPE, start_new_session=True)


def ended(child: Child) -> bool:
    """Wait for a program that was told to end, by the end of its input; make its command end after three seconds.

    returns: whether it ended by itself; else it may still run in its container
    """
    stream = cast("BinaryIO", child.stdout)
    if stream.closed:
        return child.returncode != -signal.SIGKILL
    patience = threading.Timer(_PATIENCE, child.kill)
    patience.start()
    try:
        while stream.read(_CHUNK):
            pass
        child.wait()
    finally:
        patience.cancel()
        child.kill()
        child.wait()
        stream.close()
    return child.returncode != -signal.SIGKILL


@contextlib.contextmanager
def _output_of(*command: str) -> Iterator[BinaryIO]:
    """Hand over what a command writes; raises EngineFailed with its own reason where it fails, or made us fail."""
    with tempfile.TemporaryFile() as said, _started(list(command), said) as child:
        stream = cast("BinaryIO", child.stdout)
        failed: DeadweightError | ValueError | None = None
        try:
            yield stream
            while stream.read(_CHUNK):
                pass
            child.wait()
        except (DeadweightError, ValueError) as error:
            # Where what it sent was cut short, it has ended, and only it can tell why; else it waits for us to read on.
            with contextlib.suppress(TimeoutExpired):
                child.wait(1)
            failed = error
        finally:
            status = child.poll()
            child.kill()
        said.seek(0)
        reason = said.read(_LONGEST_REASON).decode("utf-8", "replace").strip()
        if status and (failed is None or reason):
            raise _refused(command[0], reason or f"it ended with {status}", command[-1])
        if failed is not None:
            raise failed


def _started(
    command: list[str], said: int | IO[bytes], stdin: int = DEVNULL, *, start_new_session: bool = False
) -> Child:
    try:
        return started(command, stdin=stdin, stderr=said, start_new_session=start_new_session)
    except FileNotFoundError:
        raise EngineFailed(
            f"{command[0]} is not here", hint=f"install it, or give what {command[0]} save wrote elsewhere"
        ) from None
    except OSError as error:
        raise EngineFailed(f"cannot run {command[0]}: {error.strerror}") from error


def _refused(engine: str, reason: str, name: str) -> EngineFailed:
    cause = reason.splitlines()[-1].removeprefix("Error response from daemon: ").removeprefix("Error: ")
    unknown = any(words in cause.lower() for words in ("no such image", "not known", "does not exist"))
    hint = f"have it pulled first: {engine} pull {name}" if unknown else _HINTS[engine]
    return EngineFailed(f"{engine}: {cause}", hint=hint, detail=reason if "\n" in reason else "")
