"""Docker and podman, through their commands → images and file systems as streams. Nothing is pulled or started."""

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
    "docker": "check that Docker Engine is running and that you may use it: docker info",
    "podman": "check that podman works: podman info",
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
    """Yield the archive of an image of an engine; raises EngineFailed."""
    with _output_of(engine, "image", "save", image) as stream:
        yield stream


@contextlib.contextmanager
def exported(engine: str, container: str) -> Iterator[BinaryIO]:
    """Yield the file system of a container as a tar archive; raises EngineFailed."""
    with _output_of(engine, "container", "export", container) as stream:
        yield stream


class State(NamedTuple):
    """The state of a container.

    is_running: False if it has stopped or was not started yet
    start:      how its program was started
    """

    engine: str
    is_running: bool
    start: Start


def state_of(container: str) -> State:
    """Return the state of a container from the first engine that has it; raises EngineFailed with all reasons."""
    reasons: list[str] = []
    for engine in ENGINES:
        try:
            with _output_of(engine, "container", "inspect", "--format", _FORMAT, container) as stream:
                status, *fields = stream.read(_LONGEST_STATE).decode("utf-8", "replace").split("\n")
                return State(engine, status == "running", _start([_json(line) for line in fields]))
        except EngineFailed as error:
            reasons.append(error.cause)
    raise EngineFailed("; ".join(reasons), hint="list the containers with: docker ps --all")


def _start(fields: list[Any]) -> Start:
    """Return how the program of a container was started; engines may leave out fields."""
    variables, path, arguments, directory, user = (fields + [None] * 5)[:5]
    command = [*_strings([path]), *_strings(arguments)]
    return start_of(_strings(variables), command, str(directory or ""), str(user or ""))


def start_of(variables: Iterable[str], command: Iterable[str], directory: str, user: str) -> Start:
    """Return how a program starts, from the configuration of a container or an image.

    variables: as NAME=VALUE
    user:      a name or a number, optionally with a group; "" for root
    """
    values = dict(each.split("=", 1) for each in variables if "=" in each)
    name = user.partition(":")[0]
    return Start(command=tuple(command), directory=directory, variables=values, home=values.get("HOME", _home(name)))


def _home(user: str) -> str:
    if user in ("", "root", "0"):
        return "/root"
    return "" if user.isdigit() else f"/home/{user}"  # only /etc/passwd knows the home of a number


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _strings(values: object) -> list[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []


def inside(engine: str, container: str, command: list[str]) -> Child:
    """Start a program in a running container, as root, with pipes; raises EngineFailed.

    It has its own session, so that Ctrl-C does not reach the engine's command: podman would leave the program running.
    """
    command = [engine, "exec", "--interactive", "--user", "0", container, *command]
    return _started(command, DEVNULL, PIPE, start_new_session=True)


def ended(child: Child) -> bool:
    """Wait for a program whose input was closed, and kill its command after three seconds.

    returns: whether it ended by itself; if not, it may still run in its container
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
    """Yield the output of a command; raises EngineFailed with the command's reason if it failed, or made us fail."""
    with tempfile.TemporaryFile() as errors, _started(list(command), errors) as child:
        stream = cast("BinaryIO", child.stdout)
        failed: DeadweightError | ValueError | None = None
        try:
            yield stream
            while stream.read(_CHUNK):
                pass
            child.wait()
        except (DeadweightError, ValueError) as error:
            # If its output is truncated, it has ended and knows the reason. Otherwise it waits for us to read more.
            with contextlib.suppress(TimeoutExpired):
                child.wait(1)
            failed = error
        finally:
            status = child.poll()
            child.kill()
        errors.seek(0)
        reason = errors.read(_LONGEST_REASON).decode("utf-8", "replace").strip()
        if status and (failed is None or reason):
            raise _refused(command[0], reason or f"exit status {status}", command[-1])
        if failed is not None:
            raise failed


def _started(
    command: list[str], errors: int | IO[bytes], stdin: int = DEVNULL, *, start_new_session: bool = False
) -> Child:
    try:
        return started(command, stdin=stdin, stderr=errors, start_new_session=start_new_session)
    except FileNotFoundError:
        raise EngineFailed(
            f"{command[0]} is not installed",
            hint=f"install {command[0]}, or measure an archive that `{command[0]} save` wrote on another machine",
        ) from None
    except OSError as error:
        raise EngineFailed(f"cannot run {command[0]}: {error.strerror}") from error


def _refused(engine: str, reason: str, name: str) -> EngineFailed:
    cause = reason.splitlines()[-1].removeprefix("Error response from daemon: ").removeprefix("Error: ")
    unknown = any(words in cause.lower() for words in ("no such image", "not known", "does not exist"))
    hint = f"pull the image first: {engine} pull {name}" if unknown else _HINTS[engine]
    return EngineFailed(f"{engine}: {cause}", hint=hint, detail=reason if "\n" in reason else "")
