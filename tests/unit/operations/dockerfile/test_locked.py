from __future__ import annotations

from pathlib import Path

from deadweight.analysis.measurement import Measurement
from deadweight.dockerfiles.pins import listings_of
from deadweight.dockerfiles.values import Layer, Piece, Pin, Sources, Variant
from deadweight.model import Lock as Content
from deadweight.operations.dockerfile.context import read_context
from deadweight.operations.dockerfile.locked import syncs_of
from deadweight.progress import silent
from deadweight.settings import Settings
from deadweight.targets.types import Lock
from tests.builders import inventory_of, write_files

LOCK = """
version = 1
requires-python = ">=3.11"
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "small" }]
[[package]]
name = "small"
version = "1"
source = { registry = "https://host/simple" }
wheels = [{ url = "https://host/small-1-py3-none-any.whl" }]
"""
PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["small"]\n'


def layer(name: str, *pins: Pin, heavy: bool) -> Layer:
    pieces = tuple(Piece(pin=pin, apparent_bytes=1) for pin in pins)
    return Layer(name=name, is_heavy=heavy, pieces=pieces, variants=("production",))


def test_syncs_of__heavy_layer_with_two_lists__both_must_have_the_versions_of_the_lock(tmp_path: Path) -> None:
    write_files(tmp_path, {"uv.lock": LOCK, "pyproject.toml": PROJECT})
    heavy = layer("torch", Pin(name="torch", version="2", hashes=("a" * 64,)), Pin(name="own", version="1"), heavy=True)
    light = layer("production", Pin(name="small", version="1"), heavy=False)
    variant = Variant(name="production", purpose="", pieces=(*heavy.pieces, *light.pieces))
    measurement = Measurement(
        target=Lock(str(tmp_path / "uv.lock")),
        inventory=inventory_of(),
        settings=Settings.of(),
        lock=Content(packages=()),
    )
    context = read_context(str(tmp_path), "Dockerfile", buildkit=True, observe=silent)
    lists = {"torch": listings_of(heavy, Sources(), "uv.lock")}
    syncs = syncs_of(measurement, [variant], [heavy, light], context, lists)
    assert syncs["production"].listings == ("torch.txt", "torch-2.txt")
