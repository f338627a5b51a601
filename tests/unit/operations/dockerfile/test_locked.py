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


def test_syncs_of__extras_for_development__are_installed_in_that_stage_alone(tmp_path: Path) -> None:
    table = '[package.optional-dependencies]\ntest = [{ name = "light" }]\nfast = [{ name = "quick" }]\n[[package]]\n'
    others = "".join(
        f'[[package]]\nname = "{name}"\nversion = "1"\nsource = {{ registry = "https://host/simple" }}\n'
        for name in ("light", "quick")
    )
    text = LOCK.replace("[[package]]\n", table, 2).replace(table, "[[package]]\n", 1) + others
    write_files(tmp_path, {"uv.lock": text, "pyproject.toml": PROJECT})
    pieces = {name: Piece(pin=Pin(name=name, version="1"), apparent_bytes=1) for name in ("light", "quick", "small")}
    production = Variant(name="production", purpose="", pieces=(pieces["quick"], pieces["small"]))
    development = Variant(name="development", purpose="", pieces=tuple(pieces.values()))
    variants = [development, production]
    layers = [
        Layer(name=each.name, is_heavy=False, pieces=each.pieces, variants=(each.name,)) for each in reversed(variants)
    ]
    measurement = Measurement(
        target=Lock(str(tmp_path / "uv.lock")),
        inventory=inventory_of(),
        settings=Settings.of(extra=("fast", "test")),
        lock=Content(packages=()),
    )
    context = read_context(str(tmp_path), "Dockerfile", buildkit=True, observe=silent)
    syncs = syncs_of(measurement, variants, layers, context, {})
    assert {name: sync.options for name, sync in syncs.items()} == {
        "production": ("--no-default-groups", "--extra", "fast"),
        "development": ("--all-groups", "--extra", "fast", "--extra", "test"),
    }
