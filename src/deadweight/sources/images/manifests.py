"""The documents of an image → its layers and its configuration; of several images, the one that is asked for.

source: OCI image-spec (image-layout.md, image-index.md, manifest.md, annotations.md); what ``docker save``,
``podman save`` and skopeo's ``dir:`` write
"""

from __future__ import annotations

import platform as machine
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct

from deadweight.errors import BadInput

_DEEPEST = 4  # indexes in indexes
_MOST_LISTED = 8
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "i386": "386", "armv7l": "arm/v7"}

Document = Callable[[str], Any]


class Parts(Struct, frozen=True, kw_only=True):
    """What an image is made of.

    names:   of the layers, from the lowest up, as the archive or folder calls them; "" for one that it does not hold
    digests: of the layers
    """

    names: tuple[str, ...]
    digests: tuple[str, ...]
    config: dict[str, Any]


def find_parts(document: Document, *, name: str, platform: str) -> Parts | None:
    """Return the parts of an image, None where there is no manifest.

    document: returns a JSON document by its name, None where there is none
    name:     a tag, a digest, or "@" and a number; "" where there is one image only
    platform: "linux/arm64" or "linux/arm64/v8"; "" for this machine's
    raises:   BadInput; KeyError, TypeError and the like where a document is of another form
    """
    saved = document("manifest.json")
    if isinstance(saved, dict):
        return _of_folder(document, saved, platform)
    index = document("index.json") if platform or not isinstance(saved, list) else None
    if isinstance(saved, list) and saved and not index:
        return _of_saved(document, saved, name, platform)
    if isinstance(index, dict):
        return _of_index(document, index, name, platform, _LAYOUT)
    return None


# --- docker save, podman save ----------------------------------------------------------------------


def _of_saved(document: Document, saved: list[Any], name: str, platform: str) -> Parts:
    labels = [[str(tag) for tag in entry.get("RepoTags") or ()] for entry in saved]
    entry = _only(_called(saved, labels, name), labels)
    names = [str(each) for each in entry["Layers"]]
    digests = [f"sha256:{each.rpartition('/')[2]}" if each.startswith("blobs/") else each for each in names]
    config = document(str(entry["Config"])) or {}
    _check_platform(config, platform)
    return Parts(names=tuple(names), digests=tuple(digests), config=config)


# --- several images --------------------------------------------------------------------------------


def _called(entries: list[Any], labels: list[list[str]], name: str) -> list[Any]:
    """Return the entries of a name; all of them where there is none; raises BadInput."""
    if not name:
        return entries
    if re.fullmatch(r"@\d{1,6}", name):
        found = entries[int(name[1:]) :][:1]
    else:
        found = [
            entry for entry, its in zip(entries, labels, strict=True) if any(_is_called(each, name) for each in its)
        ]
    if not found:
        raise BadInput(f"it holds no image {name}", hint=_there(labels))
    return found


def _only(entries: list[Any], labels: list[list[str]]) -> Any:
    if len(entries) > 1:
        known = [each for its in labels for each in its]
        raise BadInput(
            "it holds several images", hint=f"name one, as in FILE:{known[0] if known else '@0'}; {_there(labels)}"
        )
    return entries[0]


def _is_called(label: str, name: str) -> bool:
    """Say whether an image of a label may be called so: without the registry, without ":latest"."""
    return any(label == each or label.endswith(f"/{each}") for each in (name, f"{name}:latest"))


def _there(labels: list[list[str]]) -> str:
    known = [each for its in labels for each in its]
    more = f" and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
    return f"it holds {', '.join(known[:_MOST_LISTED]) or 'images without names, @0 and on'}{more}"


# --- OCI, and skopeo's dir: --------------------------------------------------------------------------


class _Naming(NamedTuple):
    """Where the parts of a digest lie: manifests, and what else there is."""

    manifest: Callable[[str], str]
    blob: Callable[[str], str]


def _bare(digest: str) -> str:
    return digest.rpartition(":")[2]


def _in_layout(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


_LAYOUT = _Naming(_in_layout, _in_layout)
_FOLDER = _Naming(lambda digest: f"{_bare(digest)}.manifest.json", _bare)


def _of_index(document: Document, index: dict[str, Any], name: str, platform: str, naming: _Naming) -> Parts:
    told = False
    for _ in range(_DEEPEST):
        entry = _chosen(index["manifests"], name, platform)
        told, name = told or bool(entry.get("platform")), ""
        found = document(naming.manifest(str(entry["digest"])))
        if not isinstance(found, dict):
            raise BadInput(f"the manifest {entry['digest']} is not in the image")
        if "layers" in found:
            return _of_manifest(document, found, "" if told else platform, naming)
        index = found
    raise BadInput("its indexes lead nowhere")


def _of_folder(document: Document, manifest: dict[str, Any], platform: str) -> Parts | None:
    if "manifests" in manifest:
        return _of_index(document, manifest, "", platform, _FOLDER)
    return _of_manifest(document, manifest, platform, _FOLDER) if "layers" in manifest else None


def _of_manifest(document: Document, manifest: dict[str, Any], platform: str, naming: _Naming) -> Parts:
    config = document(naming.blob(str(manifest["config"]["digest"]))) or {}
    _check_platform(config, platform)
    layers = manifest["layers"]
    return Parts(
        names=tuple("" if _is_foreign(layer) else naming.blob(str(layer["digest"])) for layer in layers),
        digests=tuple(str(layer["digest"]) for layer in layers),
        config=config,
    )


def _is_foreign(layer: dict[str, Any]) -> bool:
    """Say whether a layer lies elsewhere (Windows' base layers): registries and archives do not hold it."""
    kind = str(layer.get("mediaType") or "")
    return bool(layer.get("urls")) and ("foreign" in kind or "nondistributable" in kind)


def _chosen(manifests: list[dict[str, Any]], name: str, platform: str) -> dict[str, Any]:
    """Return the entry of an index that is asked for: by its name, then by its platform."""
    images = {str(m["digest"]): m for m in manifests if (m.get("platform") or {}).get("os") != "unknown"}
    if name in images:
        return images[name]
    labels = [[each for m in manifests if m["digest"] == digest for each in _labels(m)] for digest in images]
    found = _called(list(images.values()), labels, name)
    if not name and sum(map(bool, labels)) > 1:
        return dict(_only(found, labels))
    fitting = [m for m in found if _fits(m.get("platform") or {}, platform or _host())]
    if not fitting and not platform and len(found) == 1:
        return dict(found[0])
    if not fitting:
        raise _not_there(platform, [m.get("platform") or {} for m in found])
    return dict(fitting[0] if fitting[0].get("platform") else _only(fitting, labels))


def _labels(manifest: dict[str, Any]) -> list[str]:
    annotations = manifest.get("annotations") or {}
    return [str(annotations[key]) for key in _NAMES if annotations.get(key)][:1]


def _host() -> str:
    """Return the platform of this machine's containers, which are Linux's wherever they run."""
    name = machine.machine()
    return f"linux/{_ARCHITECTURES.get(name, name)}"


# --- platforms -------------------------------------------------------------------------------------


def _check_platform(config: dict[str, Any], platform: str) -> None:
    if "os" in config and not _may_fit(config, platform):
        raise _not_there(platform, [config])


def _not_there(platform: str, others: list[dict[str, Any]]) -> BadInput:
    there = ", ".join(sorted(set(map(_platform, others))))
    if not platform:
        return BadInput(f"the image is not there for {_host()}, as this machine is", hint=f"give --platform: {there}")
    return BadInput(f"the image is not there for {platform}", hint=f"it is there for {there}")


def _platform(found: dict[str, Any]) -> str:
    return "/".join(filter(None, (str(found.get(key) or "") for key in ("os", "architecture", "variant")))) or "unknown"


def _fits(found: dict[str, Any], platform: str) -> bool:
    return not found or not platform or f"{_platform(found)}/".startswith(f"{platform}/")


def _may_fit(config: dict[str, Any], platform: str) -> bool:
    """Say whether an image that no index tells of is for a platform; its configuration may not know the variant."""
    return _fits(config, platform) or f"{platform}/".startswith(f"{_platform(config)}/")
