"""An image in a registry → its documents and layers, each checked against its digest while it comes.

source: OCI distribution-spec, "Pulling manifests" and "Pulling blobs"; Docker's image manifest v2, schema 2
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.image_reference import Reference, is_digest
from deadweight.sources.images.blobs import Blobs
from deadweight.sources.images.blocks import Pipe
from deadweight.sources.images.digests import Checked
from deadweight.sources.images.layers import read_layer
from deadweight.sources.net.http import BrokeOff
from deadweight.sources.registries.repository import Repository
from deadweight.sources.registries.trust import opened_registry

_LARGEST_JSON = 1 << 24
_LARGEST_LAYER = 1 << 36  # bytes as they are sent
_MANIFESTS = ", ".join((
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
))  # fmt: skip


class RegistryBlobs(Blobs):
    """A registry's image, under the names of an OCI layout; layers go from the connection to the tar reader."""

    def __init__(self, reference: Reference, closing: contextlib.ExitStack, *, verify: bool = True) -> None:
        super().__init__()
        self._reference = reference
        self._repository = Repository(reference, *closing.enter_context(opened_registry(reference, verify=verify)))
        self._manifests: set[str] = set()  # digests of what is no blob, as far as indexes told
        self._texts: dict[str, bytes] = {}  # by digest

    def text(self, name: str) -> bytes | None:
        if name == "index.json":
            return self._index()
        if not name.startswith("blobs/"):
            return None
        digest = self._digest(name)
        if digest not in self._texts:
            if digest in self._manifests:
                self._manifest(digest)
            else:
                self._blob(digest)
        return self._texts[digest]

    def layer(self, name: str) -> Iterable[TarEntry]:
        digest = self._digest(name)
        try:
            return self._layer(digest)
        except BrokeOff:
            return self._layer(digest)  # from the start: what was read cannot be read on

    def _layer(self, digest: str) -> list[TarEntry]:
        with contextlib.closing(
            self._repository.stream(f"blobs/{digest}", self._called(digest), limit=_LARGEST_LAYER)
        ) as chunks:
            blocks, expected = Pipe(_Body(chunks)), digest.removeprefix("sha256:")
            with Checked(blocks, expected, self._mismatch(digest)) as checked:
                return list(read_layer(checked, self.room))

    def _index(self) -> bytes:
        """Return an index of the one manifest that was asked for, and say what it is for where it does not itself."""
        digest = self._manifest(self._reference.version)
        entry: dict[str, Any] = {"digest": digest}
        manifest = self._table(digest)
        if "layers" in manifest:
            config = self._table(str(manifest["config"]["digest"]))
            entry["platform"] = {key: config[key] for key in ("os", "architecture", "variant") if key in config}
        return json.dumps({"manifests": [entry]}).encode()

    def _manifest(self, version: str) -> str:
        """Read a manifest or an index, of a tag or a digest; return its digest."""
        called = self._reference.image if version == self._reference.version else self._called(version)
        page = self._repository.get(f"manifests/{version}", called, limit=_LARGEST_JSON, accept=_MANIFESTS)
        digest = _sha256(page.data)
        told = page.headers.get("Docker-Content-Digest", "")
        self._check(version if is_digest(version) else told if is_digest(told) else digest, digest)
        self._texts[digest] = page.data
        found = self._table(digest)
        if found.get("schemaVersion") == 1:
            raise BadInput(
                f"{self._reference} is an image of schema 1, as engines wrote them before 2016",
                hint="pull it and push it again with an engine of today",
            )
        self._manifests |= {str(each["digest"]) for each in found.get("manifests") or ()}
        return digest

    def _blob(self, digest: str) -> None:
        page = self._repository.get(f"blobs/{digest}", self._called(digest), limit=_LARGEST_JSON, accept="")
        self._check(digest, _sha256(page.data))
        self._texts[digest] = page.data

    def _table(self, digest: str) -> dict[str, Any]:
        found = self.document(f"blobs/{digest}")
        if not isinstance(found, dict):
            raise BadInput(f"{self._reference}: {digest} is neither a manifest nor a configuration")
        return found

    def _digest(self, name: str) -> str:
        digest = name.removeprefix("blobs/").replace("/", ":", 1)
        if not is_digest(digest):
            raise BadInput(f"{self._reference}: its manifest names {digest[:100]}, which is no sha256 digest")
        return digest

    def _called(self, digest: str) -> str:
        return f"{self._reference.repository}@{digest}"

    def _check(self, expected: str, digest: str) -> None:
        if expected != digest:
            raise self._mismatch(expected)

    def _mismatch(self, digest: str) -> BadInput:
        return BadInput(f"{self._reference}: what came as {digest} does not match that digest")


class _Body:
    """A body that comes in chunks of its sender's choice."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._held = chunks, b""

    def read(self, length: int, /) -> bytes:
        self._held = self._held or next(self._chunks, b"")
        data, self._held = self._held[:length], self._held[length:]
        return data


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
