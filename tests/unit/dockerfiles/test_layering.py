from __future__ import annotations

from deadweight.dockerfiles.layering import layers_of, of_variant
from deadweight.dockerfiles.values import Piece, Pin, Variant


def variant(name: str, *pins: str) -> Variant:
    pieces = []
    for pin in sorted(pins):
        project, _, version = pin.partition("==")
        pieces.append(Piece(pin=Pin(name=project, version=version), apparent_bytes=1))
    return Variant(name=name, purpose="", pieces=tuple(pieces))


def shown(*variants: Variant, heavy: tuple[tuple[str, ...], ...]) -> list[tuple[str, str, str]]:
    layers = layers_of(variants, heavy)
    return [(each.name, " ".join(p.name for p in each.pieces), " ".join(each.variants)) for each in layers]


def test_layers_of__variants__share_heavy_layers_and_have_the_rest_apart() -> None:
    development = variant("development", "numpy==2", "flask==3", "pytest==8")
    assert shown(development, variant("production", "numpy==2", "flask==3"), heavy=(("numpy",),)) == [
        ("numpy", "numpy", "production development"),
        ("production", "flask", "production"),
        ("development", "flask pytest", "development"),
    ]


def test_layers_of__another_build__is_a_layer_of_its_own() -> None:
    cpu = variant("cpu", "torch==2+cpu")
    assert shown(cpu, variant("production", "torch==2", "cudnn==9"), heavy=(("torch", "cudnn"),)) == [
        ("torch", "torch cudnn", "production"),
        ("torch-cpu", "torch", "cpu"),
    ]


def test_layers_of__project_named_like_a_variant__has_another_name() -> None:
    found = shown(variant("production", "production==1", "a==1"), heavy=(("production",),))
    assert [name for name, _, _ in found] == ["production", "production-others"]


def test_of_variant__layers__in_their_order() -> None:
    layers = layers_of([variant("production", "a==1", "b==1", "c==1")], (("b",), ("a",)))
    assert [layer.name for layer in of_variant(layers, "production")] == ["b", "a", "production"]
    assert of_variant(layers, "minimal") == ()
