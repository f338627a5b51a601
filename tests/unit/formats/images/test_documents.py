"""Documents of images: what their specifications allow, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

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

DIGEST = f"sha256:{'a' * 64}"


def data(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_parse_manifest__index__is_one() -> None:
    entry = {"digest": DIGEST, "platform": {"os": "linux", "architecture": "arm64"}, "size": 7}
    index = parse_manifest("index.json", data({"schemaVersion": 2, "manifests": [entry]}))
    assert index == Index((Descriptor(DIGEST, size=7, platform=Platform("linux", "arm64")),))


def test_parse_manifest__manifest__is_one() -> None:
    manifest = parse_manifest("m", data({"config": {"digest": DIGEST}, "layers": [{"digest": DIGEST, "urls": None}]}))
    assert manifest == Manifest(config=Descriptor(DIGEST), layers=(Descriptor(DIGEST),))


def test_parse_manifest__neither__is_none() -> None:
    assert parse_manifest("m", b"{}") is None


def test_parse_saved__no_layers_and_no_tags__null_is_accepted() -> None:
    saved = parse_saved("manifest.json", data([{"Config": "c", "RepoTags": None, "Layers": None}]))
    assert saved == (SavedImage("c", None),)


def test_parse_config__null_and_strings__are_accepted_as_docker_does() -> None:
    execution = {"Env": None, "Entrypoint": "server", "Cmd": ["--port", "80"], "WorkingDir": "", "User": None}
    config = parse_config("c", data({"os": "linux", "architecture": "amd64", "config": execution, "history": None}))
    assert config.execution().command() == ("server", "--port", "80")
    assert (config.steps(), str(config.platform())) == ((), "linux/amd64")
    assert parse_config("c", b"{}") == Config()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "is not valid JSON"),
        (b"\xff", "is not valid JSON"),
        (b'{"layers": [{"digest": "\xff"}], "config": {"digest": ""}}', "is not valid JSON"),
        (b"5", r"is not a valid image document: Expected `object`"),
        (b'{"manifests": 5}', r"is not a valid image document: Expected `array`, got `int` - at `\$.manifests`"),
        (b'{"manifests": [{}]}', r"missing required field `digest` - at `\$.manifests\[0\]`"),
        (b'{"layers": []}', "missing required field `config`"),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"manifests": [' + b"{}," * (1 << 20) + b"{}]}", "too many values"),
        (b'{"schemaVersion": 1, "fsLayers": []}', "schema 1"),
    ],
    ids=["cut", "binary", "no-text", "number", "number-inside", "no-digest", "no-config", "deep", "long", "schema-1"],
)
def test_parse_manifest__malformed__is_refused_with_the_reason(text: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=f"^m.json .*{reason}"):
        parse_manifest("m.json", text)
