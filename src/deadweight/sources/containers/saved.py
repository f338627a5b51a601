"""An image of an engine → its documents and layers: from the cache, else from the archive that the engine saves."""

from __future__ import annotations

import contextlib
from functools import partial

from deadweight.errors import BadInput, EngineFailed
from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.documents import parse_config, parse_manifest
from deadweight.progress import Observer
from deadweight.sources.containers.engine import Engine
from deadweight.sources.containers.engines import engine_of
from deadweight.sources.images.blobs import Blobs
from deadweight.sources.images.blobs.streams import StreamedBlobs
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.manifests import LayerPart, Naming, Parts, check_platform, parts_of
from deadweight.targets.types import EngineImage


def saved_image(target: EngineImage, platform: str, cache: LayerCache, observe: Observer) -> Blobs:
    """Return the parts of an image; raises BadInput, EngineFailed.

    An engine can only save an image as a whole, which takes longer than reading it.
    """
    engine = engine_of(target.engine)
    cached = _cached(engine, target.name, platform, cache) if cache.keeps else None
    if cached is not None:
        return cached
    with engine.save(target.name, platform) as stream:
        return StreamedBlobs(stream, cache, observe)


def _cached(engine: Engine, image: str, platform: str, cache: LayerCache) -> Blobs | None:
    """Return an image if the cache has its documents and all of its layers; raises BadInput, TooMuch."""
    try:
        digest = engine.digest(image)
    except EngineFailed:
        return None  # saving it fails too, with a reason for the user
    data = cache.document(digest)
    parts = None if data is None else _parts(digest, data, platform, cache)
    blobs = _CachedBlobs(parts, cache) if parts else None
    return blobs if blobs and blobs.is_complete else None


def _parts(digest: str, data: bytes, platform: str, cache: LayerCache) -> Parts | None:
    """Return the parts of an image from documents in the cache, None if it lacks some; raises BadInput.

    digest: by which the engine knows the image: of its configuration, or with the image store of containerd, of its
            manifest or index
    """
    try:
        root = parse_manifest(digest, data)
        config = parse_config(digest, data) if root is None else None
    except BadInput:  # the engine uses the digest of another document
        return None
    if config is not None:
        check_platform(config, platform)
        layers = (LayerPart(name=digest, digest=digest, diff_id=digest) for digest in config.diff_ids())
        return Parts(layers=tuple(layers), config=config)
    assert root is not None
    with contextlib.suppress(_NotCached, BadInput):  # saving it fails too, unless a document is not in the cache
        return parts_of(partial(_document, cache), root, Naming(str, str), platform=platform)
    return None


class _NotCached(Exception):
    """A document is not in the cache."""


def _document(cache: LayerCache, digest: str) -> bytes:
    data = cache.document(digest)
    if data is None:
        raise _NotCached(digest)
    return data


class _CachedBlobs(Blobs):
    """The parts of an image, and their layers, as far as the cache has them."""

    def __init__(self, parts: Parts, cache: LayerCache) -> None:
        super().__init__(cache)
        self._parts = parts
        named = {layer.name: layer for layer in parts.layers if layer.name}
        self._layers = {name: cache.find((layer.digest, layer.diff_id), self.room) for name, layer in named.items()}
        self.is_complete = bool(self._layers) and None not in self._layers.values()

    def parts(self, name: str, platform: str) -> Parts:
        return self._parts

    def text(self, name: str) -> None:
        return None

    def layer(self, name: str) -> list[TarEntry]:
        return self._layers[name] or []
