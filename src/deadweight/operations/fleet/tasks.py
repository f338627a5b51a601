"""The tasks of a fleet: functions that workers call. They take and return bytes, and raise nothing.

``identify`` asks for the digest of an image, ``plan`` for its layers, ``read_layer`` reads one of them into the cache,
and ``measure`` measures a target. Credentials are no arguments: each worker finds its own.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import DeadweightError, abridged
from deadweight.operations.session import Session
from deadweight.settings import Settings
from deadweight.sources.fleet.cache import shared_cache
from deadweight.sources.net.failures import Retryable
from deadweight.sources.net.http import pace
from deadweight.targets import parse_target
from deadweight.targets.options import settings_for
from deadweight.targets.types import RegistryImage, SavedReport
from deadweight.untrusted import without_credentials

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Common(Struct, frozen=True, kw_only=True):
    """What all tasks of a run have in common.

    cache:    the directory or the URL of the shared cache, "" for none
    interval: seconds between the requests of one process to one server
    lighter:  whether to measure what lighter builds would save
    """

    settings: Settings
    cache: str = ""
    interval: float = 0.0
    lighter: bool = True


class Failed(Struct, frozen=True, kw_only=True, tag=True):
    """A task that failed.

    wait: seconds after which it may succeed; None if it would fail again
    """

    reason: str
    exit_code: int
    wait: float | None = None


class Measured(Struct, frozen=True, tag=True):
    """The report of a target, as JSON."""

    report: bytes


class Identified(Struct, frozen=True, tag=True):
    """The digest of the manifest or index of an image."""

    digest: str


class Planned(Struct, frozen=True, tag=True):
    """The digests of the layers of an image that are not in the cache, with the bytes of each if they are known."""

    layers: list[tuple[str, int | None]]


class LayerRead(Struct, frozen=True, tag=True):
    """A layer is in the cache now."""


Result = Failed | Measured | Identified | Planned | LayerRead
_Task = TypeVar("_Task", bound=Callable[..., Result])


def decoded(data: bytes) -> Result:
    """Return the result of a task."""
    result: Result = msgspec.msgpack.decode(data, type=Result)
    return result


def _task(function: Callable[..., Result]) -> Callable[..., bytes]:
    """Make a function of the common settings and texts into a task; what it raises becomes Failed."""

    @wraps(function)
    def task(common: bytes, *arguments: str) -> bytes:
        try:
            given = msgspec.json.decode(common, type=Common)
            pace(given.interval)
            result = function(given, *arguments)
        except DeadweightError as error:
            reason = abridged(without_credentials(" ".join(error.cause.split())))
            result = Failed(reason=reason, exit_code=error.exit_code, wait=_wait(error))
        except OSError as error:
            is_full = error.errno in _DISK_FULL
            path = f"{error.filename}: " if error.filename else ""
            result = Failed(reason=f"{path}{error.strerror or error}", exit_code=5 if is_full else 4)
        except MemoryError:
            result = Failed(reason="not enough memory", exit_code=5)
        except Exception as error:  # noqa: BLE001  a bug must not end the run, and is reported as one
            name = type(error).__name__
            reason = f"a bug in deadweight: {name}: {abridged(without_credentials(str(error)))}"
            result = Failed(reason=reason, exit_code=1)
        return msgspec.msgpack.encode(result)

    return task


def _wait(error: BaseException | None) -> float | None:
    """Return the seconds after which a failed request may succeed, None if it would fail again."""
    while error is not None:
        if isinstance(error, Retryable):
            return error.wait or 0.0
        error = error.__cause__
    return None


@_task
def measure(common: Common, target: str, reference: str) -> Result:
    """Measure a target; ``reference`` is the digest of an image in a registry, "" for other targets."""
    from deadweight.analysis.reporting import report_of
    from deadweight.operations.measure import concluded
    from deadweight.operations.measure import measure as measured
    from deadweight.operations.profile import read_report

    parsed = parse_target(target)
    if isinstance(parsed, SavedReport):
        return Measured(read_report(parsed.location).to_json().encode())
    if isinstance(parsed, RegistryImage) and reference:
        parsed = replace(parsed, reference=_at(parsed, reference))
    settings = settings_for(parsed, common.settings)
    with Session(cache=shared_cache(common.cache)) as session:
        profile = concluded(measured(parsed, settings, session), session, lighter=common.lighter)
        return Measured(report_of(profile).to_json().encode())


def _at(target: RegistryImage, digest: str) -> str:
    """Return the reference of an image by its digest: the tag may be another image by now."""
    from deadweight.formats.images.image_reference import parse_reference

    parsed = parse_reference(target.reference)
    return f"{parsed.host}/{parsed.repository}@{digest}"
