"""The tasks of a fleet: functions that workers call. They take and return bytes, and raise nothing.

``check_cache`` tries the cache, ``identify`` asks for the digest of an image, and ``plan`` for its layers, or for the
wheels that requirements resolve to. ``read_layer`` and ``list_wheels`` read them into the cache, and ``measure``
measures a target. Credentials are no arguments: each worker finds its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deadweight import __version__
from deadweight.errors import BadInput, DeadweightError, InstallFailed, abridged
from deadweight.fleet.values import storable
from deadweight.model import Archive
from deadweight.operations.fleet.images import disconnect, in_registry, opened_layers, reference_of
from deadweight.operations.session import Session
from deadweight.settings import Settings
from deadweight.sources.fleet.cache import check, shared_cache
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.net.failures import Retryable
from deadweight.sources.net.http import pace
from deadweight.sources.system.failures import explained
from deadweight.targets import parse_target
from deadweight.targets.options import settings_for
from deadweight.targets.types import REQUIRING, Image, RegistryImage, SavedReport, Target

if TYPE_CHECKING:
    from deadweight.sources.images.blobs import Blobs
    from deadweight.sources.images.manifests import LayerPart


class Common(Struct, frozen=True, kw_only=True):
    """What all tasks of a run have in common.

    version:  of deadweight; workers of another one would give other results
    cache:    the directory or the URL of the shared cache, "" for none
    lighter:  whether to measure what lighter builds would save
    """

    settings: Settings
    version: str
    cache: str = ""
    lighter: bool = True


class Failed(Struct, frozen=True, kw_only=True, tag=True):
    """A task that failed.

    wait: seconds after which it may succeed; None if it would fail again
    hint: what the user can do; "" if the reason says enough
    """

    reason: str
    exit_code: int
    wait: float | None = None
    hint: str = ""


class Measured(Struct, frozen=True, tag=True):
    """The report of a target, as JSON."""

    report: bytes


class Identified(Struct, frozen=True, tag=True):
    """The digest of the manifest or index of an image."""

    digest: str


class Planned(Struct, frozen=True, tag=True):
    """What a target consists of and is not in the cache.

    layers:     digests of the layers of an image
    archives:   of the distributions that requirements resolve to
    resolution: of these requirements, for ``measure``; empty if it must resolve them itself
    """

    layers: list[str] = []
    archives: list[Archive] = []
    resolution: bytes = b""


class Done(Struct, frozen=True, tag=True):
    """What was to be read is in the cache now, as far as it can be read."""


class CacheWorks(Struct, frozen=True, tag=True):
    """The worker can write to the cache, and read what it wrote."""


Result = Failed | Measured | Identified | Planned | Done | CacheWorks


def decoded(data: bytes) -> Result:
    """Return the result of a task."""
    result: Result = msgspec.msgpack.decode(data, type=Result)
    return result


def _task(function: Callable[..., Result]) -> Callable[..., bytes]:
    """Make a function of the common settings and other arguments into a task; what it raises becomes Failed.

    The second argument of a task is the seconds between the requests of its process to one server.
    """

    @wraps(function)
    def task(common: bytes, interval: str, *arguments: str | bytes) -> bytes:
        try:
            given = msgspec.json.decode(common, type=Common)
            _check_version(given)
            pace(float(interval))
            result = function(given, *arguments)
        except DeadweightError as error:
            result = _failed(error)
            if result.wait is not None:
                disconnect()
        except OSError as error:
            result = _failed(explained(error))
        except MemoryError:
            result = Failed(reason="not enough memory", exit_code=5)
        except Exception as error:  # noqa: BLE001  a bug must not end the run, and is reported as one
            name = type(error).__name__
            reason = f"a bug in deadweight: {name}: {abridged(storable(str(error)))}"
            result = Failed(reason=reason, exit_code=1)
        return msgspec.msgpack.encode(result)

    return task


def _failed(error: DeadweightError) -> Failed:
    reason, hint = (abridged(storable(" ".join(text.split()))) for text in (error.cause, error.hint))
    return Failed(reason=reason, exit_code=error.exit_code, wait=_wait(error), hint=hint)


def _check_version(common: Common) -> None:
    if common.version != __version__:
        raise InstallFailed(f"a worker has deadweight {__version__}, and the client {common.version}")


def _wait(error: BaseException | None) -> float | None:
    """Return the seconds after which a failed request may succeed, None if it would fail again."""
    while error is not None:
        if isinstance(error, Retryable):
            return error.wait or 0.0
        error = error.__cause__
    return None


@_task
def check_cache(common: Common) -> Result:
    """Write to the cache and read it back."""
    check(common.cache)
    return CacheWorks()


@_task
def identify(common: Common, target: str) -> Result:
    """Ask a registry for the digest of an image: one request."""
    parsed = parse_target(target)
    assert isinstance(parsed, RegistryImage)
    return Identified(in_registry(parsed, "", common.settings, _layer_cache(common)).identified())


@_task
def plan(common: Common, target: str, digest: str) -> Result:
    """Find out which layers or wheels of a target are not in the cache; ``digest`` is as in ``measure``."""
    parsed = parse_target(target)
    settings = settings_for(parsed, common.settings)
    if isinstance(parsed, REQUIRING):
        from deadweight.operations.fleet.wheels import resolve

        with Session(cache=shared_cache(common.cache)) as session:
            resolution, archives = resolve(parsed, settings, session)
            return Planned(archives=archives, resolution=resolution)
    with opened_layers(parsed, digest, settings, _layer_cache(common)) as blobs:
        return Planned(blobs.missing(_parts(blobs, parsed, settings)) if blobs else [])


@_task
def read_layer(common: Common, target: str, digest: str, layer: str) -> Result:
    """Read a layer of an image into the cache, by its digest."""
    parsed = parse_target(target)
    settings = settings_for(parsed, common.settings)
    with opened_layers(parsed, digest, settings, _layer_cache(common)) as blobs:
        parts = _parts(blobs, parsed, settings)
        part = next((part for part in parts if blobs and part.name and blobs.digest(part) == layer), None)
        # A damaged layer of an archive concerns only that archive: measuring it says so.
        with contextlib.suppress(*(() if digest else (BadInput,))):
            if blobs and part:
                blobs.keep(part)
    return Done()


@_task
def list_wheels(common: Common, archives: str) -> Result:
    """Read the file lists of some archives into the cache; ``archives`` is JSON."""
    from deadweight.operations.fleet.wheels import list_archives

    with Session(cache=shared_cache(common.cache)) as session:
        list_archives(msgspec.json.decode(archives, type=list[Archive]), common.settings, session)
    return Done()


@_task
def measure(common: Common, target: str, digest: str, resolution: bytes = b"") -> Result:
    """Measure a target; ``digest`` is that of an image in a registry, "" for other targets.

    resolution: of requirements, from ``plan``
    """
    from deadweight.analysis.reporting import report_of
    from deadweight.operations.fleet.wheels import resolution_of
    from deadweight.operations.measure import concluded
    from deadweight.operations.measure import measure as measured
    from deadweight.operations.profile import read_report

    parsed = parse_target(target)
    if isinstance(parsed, SavedReport):
        return Measured(read_report(parsed.location).to_json().encode())
    if isinstance(parsed, RegistryImage) and digest:
        parsed = replace(parsed, reference=str(reference_of(parsed, digest)))
    settings = settings_for(parsed, common.settings)
    with Session(cache=shared_cache(common.cache), resolved=resolution_of(resolution)) as session:
        profile = concluded(measured(parsed, settings, session), session, lighter=common.lighter)
        return Measured(report_of(profile).to_json().encode())


def _parts(blobs: Blobs | None, target: Target, settings: Settings) -> tuple[LayerPart, ...]:
    """Return the layers of an image; none of anything else."""
    name = target.image if isinstance(target, Image) else ""
    parts = blobs.parts(name, settings.request.platform) if blobs else None
    return parts.layers if parts else ()


def _layer_cache(common: Common) -> LayerCache:
    """Return the cache of layers that all workers share."""
    return LayerCache(shared_cache(common.cache).store)
