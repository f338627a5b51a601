"""Which parts make up an image, and which image of several is meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deadweight.errors import BadInput
from deadweight.sources.images.manifests import Parts, find_parts


def parts(documents: dict[str, Any], *, name: str = "", platform: str = "") -> Parts | None:
    texts = {path: json.dumps(document).encode() for path, document in documents.items()}
    return find_parts(texts.get, name=name, platform=platform)


def test_find_parts__saved__layers_config_and_digests() -> None:
    found = parts({"manifest.json": [{"Config": "c", "Layers": ["blobs/sha256/ab", "l"]}], "c": {"os": "linux"}})
    assert found is not None
    assert (found.names, found.digests, found.config.os) == (("blobs/sha256/ab", "l"), ("sha256:ab", "l"), "linux")


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
