"""The tasks of a fleet: functions that workers call. They take and return bytes, and raise nothing.

``check_cache`` tries the cache, ``identify`` asks for the digest of an image, ``plan`` for its layers, ``read_layer``
reads one of them into the cache, and ``measure`` measures a target. Credentials are no arguments: each worker finds its
own.
"""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deadweight import __version__
from deadweight.errors import DeadweightError, InstallFailed, abridged
from deadweight.fleet.values import storable
from deadweight.operations.session import Session
from deadweight.settings import Settings
from deadweight.sources.fleet.cache import check, shared_cache
from deadweight.sources.net.failures import Retryable
from deadweight.sources.net.http import pace
from deadweight.sources.system.failures import explained
from deadweight.targets import parse_target
from deadweight.targets.options import settings_for
from deadweight.targets.types import RegistryImage, SavedReport

if TYPE_CHECKING:
    from deadweight.formats.images.image_reference import Reference
    from deadweight.sources.net.http import Client
    from deadweight.sources.registries.registry import RegistryBlobs
    from deadweight.sources.registries.repository import Repository

_MOST_REPOSITORIES, _MOST_SERVERS = 1000, 8  # that a process keeps connected
_open = contextlib.ExitStack()  # the clients of registries: a context that nothing refers to would close at once
atexit.register(_open.close)


class Common(Struct, frozen=True, kw_only=True):
    """What all tasks of a run have in common.

    version:  of deadweight; workers of another one would give other results
    cache:    the directory or the URL of the shared cache, "" for none
    interval: seconds between the requests of one process to one server
    lighter:  whether to measure what lighter builds would save
    """

    settings: Settings
    version: str
    cache: str = ""
    interval: float = 0.0
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
    """The layers of an image that are not in the cache, by the names that the registry has for them."""

    layers: list[str]


class LayerRead(Struct, frozen=True, tag=True):
    """A layer is in the cache now."""


class CacheWorks(Struct, frozen=True, tag=True):
    """The worker can write to the cache, and read what it wrote."""


Result = Failed | Measured | Identified | Planned | LayerRead | CacheWorks


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
            _check_version(given)
            pace(given.interval)
            result = function(given, *arguments)
        except DeadweightError as error:
            result = _failed(error)
            if result.wait is not None:  # the next attempt connects again
                _repository.cache_clear()
                _server.cache_clear()
                _open.close()
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
    return Identified(_blobs(common, target, "").identified())


@_task
def plan(common: Common, target: str, digest: str) -> Result:
    """Find out which layers of an image are not in the cache."""
    blobs = _blobs(common, target, digest)
    parts = blobs.parts("", common.settings.request.platform)
    return Planned(blobs.missing(parts.layers) if parts else [])


@_task
def read_layer(common: Common, target: str, digest: str, layer: str) -> Result:
    """Read a layer of an image into the cache."""
    blobs = _blobs(common, target, digest)
    parts = blobs.parts("", common.settings.request.platform)
    for part in parts.layers if parts else ():
        if part.name == layer:
            next(iter(blobs.read([part])))
            break
    return LayerRead()


@_task
def measure(common: Common, target: str, digest: str) -> Result:
    """Measure a target; ``digest`` is that of an image in a registry, "" for other targets."""
    from deadweight.analysis.reporting import report_of
    from deadweight.operations.measure import concluded
    from deadweight.operations.measure import measure as measured
    from deadweight.operations.profile import read_report

    parsed = parse_target(target)
    if isinstance(parsed, SavedReport):
        return Measured(read_report(parsed.location).to_json().encode())
    if isinstance(parsed, RegistryImage) and digest:
        parsed = replace(parsed, reference=str(_reference(target, digest)))
    settings = settings_for(parsed, common.settings)
    with Session(cache=shared_cache(common.cache)) as session:
        profile = concluded(measured(parsed, settings, session), session, lighter=common.lighter)
        return Measured(report_of(profile).to_json().encode())


def _blobs(common: Common, target: str, digest: str) -> RegistryBlobs:
    """Return the parts of an image in a registry, with the cache that all workers share."""
    from deadweight.sources.images.cache import LayerCache
    from deadweight.sources.registries.registry import RegistryBlobs

    layers = LayerCache(shared_cache(common.cache).store)
    verify = common.settings.measuring.tls_verify
    return RegistryBlobs(
        _reference(target, digest), lambda each: _repository(each.host, each.repository, verify), layers
    )


@lru_cache(maxsize=_MOST_REPOSITORIES)
def _repository(host: str, repository: str, verify: bool) -> Repository:
    """Return a repository for all tasks of this process: with its token, and the connections to its registry."""
    from deadweight.formats.images.image_reference import Reference
    from deadweight.sources.registries.repository import Repository

    return Repository(Reference(host, repository, "latest"), *_server(host, verify))


@lru_cache(maxsize=_MOST_SERVERS)
def _server(host: str, verify: bool) -> tuple[Client, str]:
    from deadweight.formats.images.image_reference import Reference
    from deadweight.sources.registries.trust import opened_registry

    return _open.enter_context(opened_registry(Reference(host, "any", "latest"), verify=verify))


def _reference(target: str, digest: str) -> Reference:
    """Return the reference of an image, by its digest if that is known: the tag may be another image by now."""
    from deadweight.formats.images.image_reference import parse_reference

    parsed = parse_target(target)
    assert isinstance(parsed, RegistryImage)
    reference = parse_reference(parsed.reference)
    return replace(reference, version=digest) if digest else reference
