"""A command of an engine → its output as a stream, or why it failed."""

from __future__ import annotations

import contextlib
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO, BinaryIO, cast

from deadweight.errors import DeadweightError, EngineFailed
from deadweight.sources.system.processes import DEVNULL, PIPE, Child, TimeoutExpired, started

_CHUNK = 1 << 16
_LONGEST_REASON = 4000
_LONGEST_ANSWER = 1 << 22
_PATIENCE = 3.0  # seconds

Explain = Callable[[str], EngineFailed]  # what a command wrote to standard error → the error


@contextlib.contextmanager
def output_of(command: Sequence[str], explain: Explain) -> Iterator[BinaryIO]:
    """Yield the output of a command; raises EngineFailed with the command's reason if it failed, or made us fail."""
    with tempfile.TemporaryFile() as errors, _started(command, errors) as child:
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
            raise explain(reason or f"exit status {status}")
        if failed is not None:
            raise failed


def answer_to(command: Sequence[str], explain: Explain) -> str:
    """Return the output of a command, abridged to 4 MiB; raises EngineFailed."""
    with output_of(command, explain) as stream:
        return stream.read(_LONGEST_ANSWER).decode("utf-8", "replace")


def start(command: Sequence[str]) -> Child:
    """Start a command with pipes for its input and output; raises EngineFailed.

    It has its own session, so that Ctrl-C does not reach it: podman would leave the program in its container running.
    """
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


def _started(
    command: Sequence[str], errors: int | IO[bytes], stdin: int = DEVNULL, *, start_new_session: bool = False
) -> Child:
    try:
        return started(command, stdin=stdin, stderr=errors, start_new_session=start_new_session)
    except OSError as error:
        raise EngineFailed(f"cannot run {command[0]}: {error.strerror}") from error
