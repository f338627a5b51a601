"""Which parts make up an image, and which image of several is meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deadweight.errors import BadInput
from deadweight.sources.images.manifests import LayerPart, Parts, find_parts


def parts(documents: dict[str, Any], *, name: str = "", platform: str = "") -> Parts | None:
    texts = {path: json.dumps(document).encode() for path, document in documents.items()}
    return find_parts(texts.get, name=name, platform=platform)


def test_find_parts__saved__layers_config_and_digests() -> None:
    found = parts({"manifest.json": [{"Config": "c", "Layers": ["blobs/sha256/ab", "l"]}], "c": {"os": "linux"}})
    assert found is not None
    assert found.layers == (LayerPart(name="blobs/sha256/ab", digest="sha256:ab"), LayerPart(name="l", digest="l"))
    assert found.config.os == "linux"


def test_find_parts__layout__diff_ids_and_compressed_sizes() -> None:
    gzip = {"digest": "sha256:b", "size": 7, "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}
    plain = {"digest": "sha256:c", "size": 8, "mediaType": "application/vnd.oci.image.layer.v1.tar"}
    found = parts(
        {
            "manifest.json": {"schemaVersion": 2, "config": {"digest": "sha256:a"}, "layers": [gzip, plain]},
            "a": {"rootfs": {"diff_ids": ["sha256:d", "sha256:e"]}},
        }
    )
    assert found is not None
    assert found.layers == (
        LayerPart(name="b", digest="sha256:b", diff_id="sha256:d", compressed=7),
        LayerPart(name="c", digest="sha256:c", diff_id="sha256:e"),
    )


def test_find_parts__diff_ids_of_another_number_of_layers__are_not_used() -> None:
    saved = {"manifest.json": [{"Config": "c", "Layers": ["l"]}], "c": {"rootfs": {"diff_ids": ["a", "b"]}}}
    found = parts(saved)
    assert found is not None
    assert found.layers[0].diff_id == ""


def test_find_parts__neither_manifest_nor_index__none() -> None:
    assert parts({}) is None
    assert parts({"manifest.json": {"name": "a browser extension"}}) is None


def test_find_parts__indexes_in_a_circle__are_refused() -> None:
    with pytest.raises(BadInput, match="nested too deeply"):
        parts({"index.json": {"manifests": [{"digest": "a:b"}]}, "blobs/a/b": {"manifests": [{"digest": "a:b"}]}})


def test_find_parts__saved_for_another_platform__lists_what_is_available() -> None:
    saved = {"manifest.json": [{"Config": "c", "Layers": []}], "c": {"os": "linux", "architecture": "arm64"}}
    with pytest.raises(BadInput, match="not available for linux/s390x") as caught:
        parts(saved, platform="linux/s390x")
    assert caught.value.hint == "available: linux/arm64"


def test_find_parts__configuration_without_the_variant__fits() -> None:
    saved = {"manifest.json": [{"Config": "c", "Layers": []}], "c": {"os": "linux", "architecture": "arm64"}}
    assert parts(saved, platform="linux/arm64/v8") is not None
