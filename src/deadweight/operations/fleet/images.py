"""The image that a task reads → its layers, in a registry, an archive or a directory.

A process keeps the clients of registries for all of its tasks.
"""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deadweight.formats.images.image_reference import Reference, parse_reference
from deadweight.sources.images.cache import LayerCache
from deadweight.targets.types import Image, RegistryImage

if TYPE_CHECKING:
    from deadweight.settings import Settings
    from deadweight.sources.images.blobs import Blobs
    from deadweight.sources.net.http import Client
    from deadweight.sources.registries.registry import RegistryBlobs
    from deadweight.sources.registries.repository import Repository
    from deadweight.targets.types import Target

_MOST_REPOSITORIES, _MOST_SERVERS = 1000, 8  # that a process keeps connected
_open = contextlib.ExitStack()  # the clients of registries: a context that nothing refers to would close at once
atexit.register(_open.close)


@contextlib.contextmanager
def opened_layers(target: Target, digest: str, settings: Settings, cache: LayerCache) -> Iterator[Blobs | None]:
    """Yield the parts of an image; None for a target whose layers cannot be read one by one.

    digest: of an image in a registry
    raises: BadInput
    """
    if isinstance(target, RegistryImage):
        yield in_registry(target, digest, settings, cache)
    elif isinstance(target, Image):
        from deadweight.sources.images.image import opened_parts

        with opened_parts(target.location, cache) as blobs:
            yield blobs
    else:
        yield None


def in_registry(target: RegistryImage, digest: str, settings: Settings, cache: LayerCache) -> RegistryBlobs:
    """Return the parts of an image in a registry."""
    from deadweight.sources.registries.registry import RegistryBlobs

    verify = settings.measuring.tls_verify
    return RegistryBlobs(
        reference_of(target, digest), lambda each: _repository(each.host, each.repository, verify), cache
    )


def reference_of(target: RegistryImage, digest: str) -> Reference:
    """Return the reference of an image, by its digest if that is known: the tag may be another image by now."""
    reference = parse_reference(target.reference)
    return replace(reference, version=digest) if digest else reference


def disconnect() -> None:
    """Close all clients, so that the next task connects again."""
    _repository.cache_clear()
    _server.cache_clear()
    _open.close()


@lru_cache(maxsize=_MOST_REPOSITORIES)
def _repository(host: str, repository: str, verify: bool) -> Repository:
    """Return a repository for all tasks of this process: with its token, and the connections to its registry."""
    from deadweight.sources.registries.repository import Repository

    return Repository(Reference(host, repository, "latest"), *_server(host, verify))


@lru_cache(maxsize=_MOST_SERVERS)
def _server(host: str, verify: bool) -> tuple[Client, str]:
    from deadweight.sources.registries.trust import opened_registry

    return _open.enter_context(opened_registry(Reference(host, "any", "latest"), verify=verify))
