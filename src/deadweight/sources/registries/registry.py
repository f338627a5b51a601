"""An image in a registry → its documents and layers, each checked against its digest.

source: OCI distribution-spec, "Pulling manifests" and "Pulling blobs"; Docker's image manifest v2, schema 2
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial

from deadweight.errors import BadInput, FetchFailed
from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.documents import parse_manifest
from deadweight.formats.images.image_reference import Reference, is_digest
from deadweight.sources.images.blobs import Blobs
from deadweight.sources.images.blocks import Pipe, Pushed
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.compression import LONGEST_MAGIC, is_packed
from deadweight.sources.images.manifests import LayerPart, Naming, Parts, parts_of
from deadweight.sources.images.tables.cached import by_table, lie_in, table_key
from deadweight.sources.net.failures import Truncated
from deadweight.sources.registries.repository import Repository
from deadweight.sources.registries.trust import opened_registry
from deadweight.sources.system.processors import processors
from deadweight.sources.system.threads import Background

_LARGEST_JSON = 1 << 24
_LARGEST_LAYER = 1 << 36  # compressed bytes
_MEDIA_TYPES = ", ".join((
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
))  # fmt: skip
_MANIFESTS, _BLOBS = "manifests/", "blobs/"
Connect = Callable[[Reference], Repository]
_NAMING = Naming(lambda digest: f"{_MANIFESTS}{digest}", lambda digest: f"{_BLOBS}{digest}")  # as in the URLs


def connecting(closing: contextlib.ExitStack, *, verify: bool) -> Connect:
    """Return what connects to a repository until a context ends.

    verify: whether to require TLS with a valid certificate
    """
    return lambda reference: Repository(reference, *closing.enter_context(opened_registry(reference, verify=verify)))


class RegistryBlobs(Blobs):
    """An image in a registry; layers stream from the connection to the tar reader.

    connect: connects to the repository of a reference, when that is first needed
    """

    def __init__(self, reference: Reference, connect: Connect, cache: LayerCache) -> None:
        super().__init__(cache)
        self._reference, self._connect = reference, connect

    @cached_property
    def _repository(self) -> Repository:
        """The connection, which an image of which everything is in the cache does not need."""
        return self._connect(self._reference)

    def identified(self) -> str:
        """Return the digest of the manifest or index, with at most one request; raises BadInput, FetchFailed."""
        version = self._reference.version
        if is_digest(version):
            return version
        data = self._manifest(version)
        self.cache.put_document(data)
        return f"sha256:{hashlib.sha256(data).hexdigest()}"

    def parts(self, name: str, platform: str) -> Parts | None:
        version = self._reference.version
        data = self.text(f"{_MANIFESTS}{version}") if is_digest(version) else self._manifest(version)
        root = None if data is None else parse_manifest(str(self._reference), data)
        if root is None:
            raise BadInput(f"{self._reference} is neither an image manifest nor an index")
        return parts_of(self.document, root, _NAMING, name=name, platform=platform)

    def text(self, name: str) -> bytes | None:
        digest = self._digest(name)
        cached = self.cache.document(digest)
        if cached is not None:
            return cached
        data = self._manifest(digest) if name.startswith(_MANIFESTS) else self._blob(digest)
        self.cache.put_document(data)
        return data

    def cached(self, layers: Mapping[str, LayerPart]) -> dict[str, list[TarEntry]]:
        """Return the entries of the layers that are in the cache.

        The diff_id is a claim of the image's configuration. If it is false, every engine refuses the image.
        """
        found: dict[str, list[TarEntry]] = {}
        for name, layer in layers.items():
            entries = self.cache.find(self.keys(layer), self.room)
            if entries is not None:
                found[name] = entries
                self.warn(lie_in(layer, self.cache))
        return found

    def digest(self, layer: LayerPart) -> str:
        return self._digest(layer.name)

    def keys(self, layer: LayerPart) -> tuple[str, ...]:
        return (*super().keys(layer), table_key(layer))

    def keep(self, layer: LayerPart) -> None:
        self._read(layer)

    def read(self, layers: Sequence[LayerPart]) -> Iterator[Iterable[TarEntry]]:
        """Yield the entries of each layer, in order. Several are fetched and unpacked at once."""
        if not layers:
            return
        _ = self._repository  # connect once, before several threads ask for it
        background, most = Background(processors()), 2 * processors()
        try:
            tasks = deque(background.submit(self._read, layer) for layer in layers[:most])
            for number in range(len(layers)):
                entries, warning = tasks.popleft().result()
                tasks.extend(background.submit(self._read, layer) for layer in layers[number + most :][:1])
                self.warn(warning)
                yield entries
        finally:
            background.close()

    def _read(self, layer: LayerPart) -> tuple[list[TarEntry], str]:
        """Return the entries of a layer, and a warning; threads may call it at once."""
        entries, warning = self._by_table(layer)
        return self._whole(layer.name) if entries is None else entries, warning

    def _by_table(self, layer: LayerPart) -> tuple[list[TarEntry] | None, str]:
        """Return the entries of a layer by its table of contents, None if it must be read, and a warning."""
        if layer.toc is None or layer.compressed is None:
            return None, ""
        digest, size = self._digest(layer.name), layer.compressed
        fetch = partial(self._repository.span, f"{_BLOBS}{digest}", self._name(digest), size=size)
        try:
            return by_table(layer, size, lambda span: fetch(span=span), self.cache, self.room)
        except FetchFailed:  # such as a server without ranges; if it is the network, reading the layer fails too
            return None, ""

    def layer(self, name: str) -> list[TarEntry]:
        return self._whole(name)

    def _whole(self, name: str) -> list[TarEntry]:
        digest = self._digest(name)
        try:
            return self._streamed(digest)
        except Truncated:
            return self._streamed(digest)  # from the start: decompression cannot resume

    def _streamed(self, digest: str) -> list[TarEntry]:
        with contextlib.closing(
            self._repository.stream(f"{_BLOBS}{digest}", self._name(digest), limit=_LARGEST_LAYER)
        ) as chunks:
            pipe = Pipe(_Body(chunks))
            front = pipe.read(LONGEST_MAGIC)
            mismatch = self._mismatch(digest)
            return self.verified(Pushed(front, pipe), digest, is_packed=is_packed(front), mismatch=mismatch)

    def _manifest(self, version: str) -> bytes:
        """Return the manifest or index of a tag or a digest, checked against its digest."""
        name = self._reference.image if version == self._reference.version else self._name(version)
        page = self._repository.get(f"{_MANIFESTS}{version}", name, limit=_LARGEST_JSON, accept=_MEDIA_TYPES)
        announced = page.headers.get("Docker-Content-Digest", "")
        expected = version if is_digest(version) else announced
        return self._checked(page.data, expected) if is_digest(expected) else page.data

    def _blob(self, digest: str) -> bytes:
        page = self._repository.get(f"{_BLOBS}{digest}", self._name(digest), limit=_LARGEST_JSON, accept="")
        return self._checked(page.data, digest)

    def _checked(self, data: bytes, digest: str) -> bytes:
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            raise self._mismatch(digest)
        return data

    def _digest(self, name: str) -> str:
        digest = name.removeprefix(_MANIFESTS).removeprefix(_BLOBS)
        if not is_digest(digest):
            raise BadInput(f"{self._reference}: its manifest refers to {digest[:100]}, which is not a sha256 digest")
        return digest

    def _name(self, digest: str) -> str:
        return f"{self._reference.repository}@{digest}"

    def _mismatch(self, digest: str) -> BadInput:
        return BadInput(f"{self._reference}: the content of {digest} does not match its digest")


class _Body:
    """A body that arrives in chunks of any size."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._held = chunks, b""

    def read(self, length: int, /) -> bytes:
        self._held = self._held or next(self._chunks, b"")
        data, self._held = self._held[:length], self._held[length:]
        return data
