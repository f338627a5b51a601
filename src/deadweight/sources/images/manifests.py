"""The documents of an image → its layers and its configuration; of several images, the requested one.

source: OCI image-spec (image-layout.md, image-index.md, manifest.md, annotations.md); what ``docker save``,
``podman save`` and skopeo's ``dir:`` write
"""

from __future__ import annotations

import platform as machine
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.formats.images.documents import (
    Config,
    Descriptor,
    Index,
    Manifest,
    Platform,
    SavedImage,
    parse_config,
    parse_manifest,
    parse_saved,
)
from deadweight.formats.images.toc import TocReference, toc_reference
from deadweight.wording import listed

_DEEPEST = 4  # indexes in indexes
_MOST_LISTED = 8
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "i386": "386", "armv7l": "arm/v7"}

ReadDocument = Callable[[str], bytes | None]
_Candidate = TypeVar("_Candidate", SavedImage, Descriptor)


class LayerPart(Struct, frozen=True, kw_only=True):
    """One layer of an image.

    name:       as the archive or directory names it; "" if it lacks the layer
    digest:     of its archive, as the manifest names it
    diff_id:    digest of its uncompressed archive, according to the configuration; "" if that does not specify it
    compressed: bytes of its archive, if the manifest specifies them and describes it as compressed
    toc:        where its table of contents is, if it has one
    """

    name: str
    digest: str
    diff_id: str = ""
    compressed: int | None = None
    toc: TocReference | None = None


class Parts(Struct, frozen=True, kw_only=True):
    """What an image is made of; ``layers`` from the lowest up."""

    layers: tuple[LayerPart, ...]
    config: Config


class Naming(NamedTuple):
    """How a source names its parts: digest → the name of a manifest or an index, and of any other blob."""

    manifest: Callable[[str], str]
    blob: Callable[[str], str]


def _in_layout(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


def _bare(digest: str) -> str:
    return digest.rpartition(":")[2]


_LAYOUT = Naming(_in_layout, _in_layout)
_SKOPEO_DIR = Naming(lambda digest: f"{_bare(digest)}.manifest.json", _bare)


def find_parts(read: ReadDocument, *, name: str, platform: str) -> Parts | None:
    """Return the parts of an image in an archive or a directory, None if it has no manifest.

    read:     returns the bytes of a document, None if no document has that name
    name:     a tag, a digest, or "@" and a number; "" for the only image
    platform: "linux/arm64" or "linux/arm64/v8"; "" for this machine's
    raises:   BadInput
    """
    data = read("manifest.json")
    saved = None if data is None else parse_saved("manifest.json", data)
    if isinstance(saved, Index | Manifest):
        return parts_of(read, saved, _SKOPEO_DIR, platform=platform)
    # docker save writes both documents, but only index.json specifies platforms.
    index = read("index.json") if platform or not saved else None
    root = None if index is None else parse_manifest("index.json", index)
    if root is not None:
        return parts_of(read, root, _LAYOUT, name=name, platform=platform)
    return _of_saved(read, saved, name, platform) if saved else None


def parts_of(
    read: ReadDocument, root: Index | Manifest, naming: Naming, *, name: str = "", platform: str = ""
) -> Parts:
    """Return the parts of an image, starting from its manifest or from an index; raises BadInput."""
    is_chosen = False  # by platform, in an index: then the configuration need not fit again
    for _ in range(_DEEPEST):
        if isinstance(root, Manifest):
            return _of_manifest(read, root, naming, "" if is_chosen else platform)
        entry = _chosen(root.manifests, name, platform)
        is_chosen, name = is_chosen or bool(entry.platform), ""
        document = naming.manifest(entry.digest)
        data = read(document)
        if data is None:
            raise BadInput(f"the manifest {entry.digest} is not in the image")
        manifest = parse_manifest(document, data)
        if manifest is None:
            raise BadInput(f"{document} is neither an image manifest nor an index")
        root = manifest
    raise BadInput("its image indexes are nested too deeply")


def _of_manifest(read: ReadDocument, manifest: Manifest, naming: Naming, platform: str) -> Parts:
    config = _config(read, naming.blob(manifest.config.digest))
    check_platform(config, platform)
    layers = manifest.layers or ()
    parts = (
        LayerPart(
            name="" if _is_foreign(layer) else naming.blob(layer.digest),
            digest=layer.digest,
            diff_id=diff_id,
            compressed=layer.size if _is_compressed(layer) else None,
            toc=toc_reference(layer.annotations or {}),
        )
        for layer, diff_id in zip(layers, _diff_ids(config, len(layers)), strict=True)
    )
    return Parts(layers=tuple(parts), config=config)


def _diff_ids(config: Config, layers: int) -> tuple[str, ...]:
    """Return the diff_id of each layer, "" if the configuration has those of another number of layers."""
    found = config.diff_ids()
    return found if len(found) == layers else ("",) * layers


def _is_compressed(layer: Descriptor) -> bool:
    return (layer.media_type or "").endswith(("+gzip", ".gzip", "+zstd"))


def _config(read: ReadDocument, name: str) -> Config:
    data = read(name)
    return Config() if data is None else parse_config(name, data)


def _is_foreign(layer: Descriptor) -> bool:
    """Return whether registries and archives leave a layer out (base layers of Windows)."""
    kind = layer.media_type or ""
    return bool(layer.urls) and ("foreign" in kind or "nondistributable" in kind)


# --- docker save, podman save ----------------------------------------------------------------------


def _of_saved(read: ReadDocument, saved: Sequence[SavedImage], name: str, platform: str) -> Parts:
    labels = [image.repo_tags or () for image in saved]
    image = _only(_named(saved, labels, name), labels)
    names = image.layers or ()
    config = _config(read, image.config)
    check_platform(config, platform)
    parts = (
        LayerPart(
            name=name,
            digest=f"sha256:{_base_name(name)}" if name.startswith("blobs/") else diff_id or name,
            diff_id=diff_id,
        )
        for name, diff_id in zip(names, _diff_ids(config, len(names)), strict=True)
    )
    return Parts(layers=tuple(parts), config=config)


def _base_name(path: str) -> str:
    return path.rpartition("/")[2]


# --- several images --------------------------------------------------------------------------------

_Labels = Sequence[Sequence[str]]  # of each image


def _named(images: Sequence[_Candidate], labels: _Labels, name: str) -> Sequence[_Candidate]:
    """Return the images with a name; all of them if ``name`` is ""; raises BadInput."""
    if not name:
        return images
    if re.fullmatch(r"@\d{1,6}", name):
        matches = images[int(name[1:]) :][:1]
    else:
        pairs = zip(images, labels, strict=True)
        matches = [image for image, its in pairs if any(_matches(label, name) for label in its)]
    if not matches:
        raise BadInput(f"no image is named {name}", hint=_available(labels))
    return matches


def _only(images: Sequence[_Candidate], labels: _Labels) -> _Candidate:
    if len(images) > 1:
        example = next((label for its in labels for label in its), "@0")
        raise BadInput(
            "the file contains several images",
            hint=f"choose an image, for example FILE:{example}; {_available(labels)}",
        )
    return images[0]


def _matches(label: str, name: str) -> bool:
    """Return whether a name matches a label; the name may omit the registry and ":latest"."""
    return any(label == each or label.endswith(f"/{each}") for each in (name, f"{name}:latest"))


def _available(labels: _Labels) -> str:
    known = [label for its in labels for label in its]
    return f"available: {listed(known, _MOST_LISTED) or 'unnamed images, from @0'}"


def _chosen(manifests: Sequence[Descriptor], name: str, platform: str) -> Descriptor:
    """Return the requested entry of an index: by its name, then by its platform."""
    # BuildKit lists attestations beside the images, for the platform unknown/unknown.
    images = {each.digest: each for each in manifests if each.platform is None or each.platform.os != "unknown"}
    if name in images:
        return images[name]
    labels = [[label for each in manifests if each.digest == digest for label in _label(each)] for digest in images]
    candidates = _named(list(images.values()), labels, name)
    if not name and sum(map(bool, labels)) > 1:
        return _only(candidates, labels)
    fitting = [each for each in candidates if _fits(each.platform, platform or _host())]
    if not fitting and not platform and len(candidates) == 1:
        return candidates[0]
    if not fitting:
        raise _not_available(platform, [each.platform or Platform() for each in candidates])
    return fitting[0] if fitting[0].platform else _only(fitting, labels)


def _label(manifest: Descriptor) -> list[str]:
    annotations = manifest.annotations or {}
    return [label for key in _NAMES if (label := annotations.get(key))][:1]


def _host() -> str:
    """Return the platform of containers on this machine: Linux, even on macOS and Windows."""
    name = machine.machine()
    return f"linux/{_ARCHITECTURES.get(name, name)}"


# --- platforms -------------------------------------------------------------------------------------


def check_platform(config: Config, platform: str) -> None:
    """Raise BadInput if an image is for another platform than the requested one."""
    its = config.platform()
    # A configuration may not know the variant.
    if config.os is not None and not _fits(its, platform) and not f"{platform}/".startswith(f"{its}/"):
        raise _not_available(platform, [its])


def _not_available(platform: str, others: Iterable[Platform]) -> BadInput:
    available = ", ".join(sorted({str(other) for other in others}))
    if not platform:
        message = f"the image is not available for {_host()}, the platform of this machine"
        return BadInput(message, hint=f"choose one with --platform; available: {available}")
    return BadInput(f"the image is not available for {platform}", hint=f"available: {available}")


def _fits(its: Platform | None, platform: str) -> bool:
    return not its or not platform or f"{its}/".startswith(f"{platform}/")
