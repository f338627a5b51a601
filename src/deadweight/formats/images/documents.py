"""The JSON documents of an image → typed values: manifests, indexes, configurations, Docker's manifest.json.

source: OCI image-spec (descriptor.md, image-index.md, manifest.md, config.md); Docker's image manifest v2, schema 2;
what ``docker save`` and ``podman save`` write

Fields that no figure depends on accept ``null``: Go's encoders write it for an empty list or map.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from deadweight.errors import BadInput
from deadweight.formats.bounded_json import MOST_NODES

_Document = TypeVar("_Document")
_Size = Annotated[int, Meta(ge=0, lt=1 << 62)]


class Platform(Struct, frozen=True):
    """What an image runs on; "" where the document does not specify it."""

    os: str = ""
    architecture: str = ""
    variant: str = ""

    def __str__(self) -> str:
        """Return the form that ``--platform`` takes, such as "linux/arm64/v8"."""
        return "/".join(filter(None, (self.os, self.architecture, self.variant))) or "unknown"

    def __bool__(self) -> bool:
        """Return whether the document specifies any of it."""
        return self != Platform()


class Descriptor(Struct, frozen=True, rename="camel"):
    """A reference from one document to another, or to a layer."""

    digest: str
    media_type: str | None = None
    size: _Size | None = None
    urls: tuple[str, ...] | None = None
    platform: Platform | None = None
    annotations: dict[str, str | None] | None = None


class Index(Struct, frozen=True):
    """Several images, or one image for several platforms."""

    manifests: tuple[Descriptor, ...]


class Manifest(Struct, frozen=True):
    """One image."""

    config: Descriptor
    layers: tuple[Descriptor, ...] | None


class HistoryStep(Struct, frozen=True, kw_only=True):
    """One instruction of the build."""

    created_by: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class Execution(Struct, frozen=True, rename="pascal"):
    """How a container starts. Docker accepts a string in place of a list, so older images have one."""

    env: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | str | None = None
    cmd: tuple[str, ...] | str | None = None
    working_dir: str | None = None
    user: str | None = None
    exposed_ports: dict[str, Any] | None = None

    def before_arguments(self) -> tuple[str, ...]:
        """Return the words that arguments of a container follow."""
        return _words(self.entrypoint)

    def command(self) -> tuple[str, ...]:
        """Return the entry point and its arguments."""
        return _words(self.entrypoint) + _words(self.cmd)


class RootFs(Struct, frozen=True):
    """The digests of the uncompressed layers, the lowest first."""

    diff_ids: tuple[str, ...] | None = None


class Config(Struct, frozen=True):
    """The configuration of an image."""

    os: str | None = None
    architecture: str | None = None
    variant: str | None = None
    config: Execution | None = None
    history: tuple[HistoryStep, ...] | None = None
    rootfs: RootFs | None = None

    def execution(self) -> Execution:
        return self.config or Execution()

    def diff_ids(self) -> tuple[str, ...]:
        return (self.rootfs and self.rootfs.diff_ids) or ()

    def steps(self) -> tuple[HistoryStep, ...]:
        return self.history or ()

    def platform(self) -> Platform:
        return Platform(self.os or "", self.architecture or "", self.variant or "")


class SavedImage(Struct, frozen=True, rename="pascal"):
    """One entry of the manifest.json that ``docker save`` writes; Docker writes no list where it has no layers."""

    config: str
    layers: tuple[str, ...] | None
    repo_tags: tuple[str, ...] | None = None


class _Keys(Struct, frozen=True, rename="camel"):
    """The keys that distinguish documents without a media type."""

    schema_version: Raw = Raw()
    manifests: Raw = Raw()
    layers: Raw = Raw()


def parse_manifest(name: str, data: bytes) -> Index | Manifest | None:
    """Return an index or a manifest, None for another JSON object; raises BadInput."""
    keys = _decoded(name, data, _Keys)
    if bytes(keys.schema_version) == b"1":
        raise BadInput(
            f"{name} uses image manifest schema 1, which Docker replaced in 2016",
            hint="pull the image and push it again with a current version of Docker or podman",
        )
    if bytes(keys.layers):
        return _decoded(name, data, Manifest)
    return _decoded(name, data, Index) if bytes(keys.manifests) else None


def parse_saved(name: str, data: bytes) -> tuple[SavedImage, ...] | Index | Manifest | None:
    """Return the content of a manifest.json: a list from ``docker save``, an object from skopeo's ``dir:``.

    raises: BadInput
    """
    if data.lstrip()[:1] == b"[":
        return _decoded(name, data, tuple[SavedImage, ...])
    return parse_manifest(name, data)


def parse_config(name: str, data: bytes) -> Config:
    """Return the configuration of an image; raises BadInput."""
    return _decoded(name, data, Config)


def _words(command: tuple[str, ...] | str | None) -> tuple[str, ...]:
    return (command,) if isinstance(command, str) else command or ()


def _decoded(name: str, data: bytes, kind: type[_Document]) -> _Document:
    # A document of 16 MiB could stand for values of a gigabyte, so count what may become one first.
    if sum(map(data.count, (b",", b"[", b"{"))) > MOST_NODES:
        raise BadInput(f"{name} has too many values for an image document")
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise BadInput(f"{name} is not a valid image document: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{name} is not valid JSON: {error}") from error
    except RecursionError as error:
        raise BadInput(f"{name} is not a valid image document: its values are nested too deeply") from error
