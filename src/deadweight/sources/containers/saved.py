"""An image of an engine → its documents and layers: from the cache, else from the archive that the engine saves."""

from __future__ import annotations

from deadweight.errors import BadInput, EngineFailed
from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.documents import Config, parse_config
from deadweight.progress import Observer
from deadweight.sources.containers.engine import Engine
from deadweight.sources.containers.engines import engine_of
from deadweight.sources.images.blobs import Blobs
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.manifests import LayerPart, Parts, check_platform
from deadweight.sources.images.streams import StreamedBlobs
from deadweight.targets.types import EngineImage


def saved_image(target: EngineImage, platform: str, cache: LayerCache, observe: Observer) -> Blobs:
    """Return the parts of an image; raises BadInput, EngineFailed.

    An engine can only save an image as a whole, which takes longer than reading it.
    """
    engine = engine_of(target.engine)
    cached = _cached(engine, target.name, cache) if cache.keeps else None
    if cached is not None:
        return cached
    with engine.save(target.name, platform) as stream:
        return StreamedBlobs(stream, cache, observe)


def _cached(engine: Engine, image: str, cache: LayerCache) -> Blobs | None:
    """Return an image if the cache has its configuration and all of its layers; raises TooMuch."""
    try:
        digest = engine.digest(image)
    except EngineFailed:
        return None  # saving it fails too, with a reason for the user
    data = cache.document(digest)
    if data is None:
        return None
    try:
        config = parse_config(digest, data)
    except BadInput:  # the engine uses the digest of another document
        return None
    blobs = _CachedBlobs(config, cache)
    return blobs if blobs.is_complete else None


class _CachedBlobs(Blobs):
    """The layers that a configuration names."""

    def __init__(self, config: Config, cache: LayerCache) -> None:
        super().__init__(cache)
        self._config = config
        self._layers = {digest: cache.find((digest,), self.room) for digest in dict.fromkeys(config.diff_ids())}
        self.is_complete = bool(self._layers) and None not in self._layers.values()

    def parts(self, name: str, platform: str) -> Parts:
        check_platform(self._config, platform)
        layers = (LayerPart(name=digest, digest=digest, diff_id=digest) for digest in self._config.diff_ids())
        return Parts(layers=tuple(layers), config=self._config)

    def text(self, name: str) -> None:
        return None

    def layer(self, name: str) -> list[TarEntry]:
        return self._layers[name] or []
