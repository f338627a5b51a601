"""A recipe → the report on its Dockerfile, with the sizes to expect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from deadweight import __version__
from deadweight.dockerfiles.layering import of_variant
from deadweight.dockerfiles.values import Layer, Piece, Recipe, Variant
from deadweight.model import Skipped
from deadweight.model.report import TargetFacts
from deadweight.model.report.dockerfile import (
    DockerfileReport,
    ExpectedLayer,
    ExpectedStage,
    ImageStart,
    LayerDistribution,
)
from deadweight.model.report.sizes import known_sum


class Facts(NamedTuple):
    """What a report has besides the recipe; see ``DockerfileReport``."""

    target: TargetFacts
    base_bytes: int | None
    application_bytes: int | None
    files: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


def report_of(recipe: Recipe, facts: Facts) -> DockerfileReport:
    """Return the report."""
    compiled = recipe.style.compiled
    layers = {layer.name: _layer(layer, compiled=compiled) for layer in recipe.layers}
    return DockerfileReport(
        version=__version__,
        target=facts.target,
        base_image=recipe.style.base_image,
        base_bytes=facts.base_bytes,
        installer="uv" if recipe.style.uv else "pip",
        bytecode=compiled,
        application_bytes=facts.application_bytes,
        stages=tuple(
            _stage(variant, [layers[layer.name] for layer in of_variant(recipe.layers, variant.name)], facts)
            for variant in reversed(recipe.variants)
        ),
        layers=tuple(layers.values()),
        start=ImageStart(
            entrypoint=recipe.start.entrypoint, command=recipe.start.command, origin=recipe.start.origin or None
        ),
        files=facts.files,
        skipped=facts.skipped,
        warnings=facts.warnings,
    )


def _layer(layer: Layer, *, compiled: bool) -> ExpectedLayer:
    pieces = sorted(layer.pieces, key=lambda piece: (-(piece.apparent_bytes or 0), piece.name))
    rows = tuple(_distribution(piece, compiled=compiled) for piece in pieces)
    return ExpectedLayer(
        name=layer.name,
        heavy=layer.is_heavy,
        distributions=rows,
        apparent_bytes=known_sum(row.apparent_bytes for row in rows),
        estimated=any(row.estimated for row in rows),
        stages=layer.variants,
    )


def _distribution(piece: Piece, *, compiled: bool) -> LayerDistribution:
    size = known_sum((piece.apparent_bytes, piece.bytecode)) if compiled else piece.apparent_bytes
    return LayerDistribution(
        name=piece.name,
        version=piece.pin.version or None,
        apparent_bytes=size,
        estimated=piece.is_estimated or compiled,
    )


def _stage(variant: Variant, layers: Iterable[ExpectedLayer], facts: Facts) -> ExpectedStage:
    layers, application = tuple(layers), facts.application_bytes if variant.has_code else 0
    size = known_sum(layer.apparent_bytes for layer in layers)
    return ExpectedStage(
        name=variant.name,
        purpose=variant.purpose,
        layers=tuple(layer.name for layer in layers),
        distributions=len(variant.pieces),
        distribution_bytes=size,
        application_bytes=application,
        total_bytes=known_sum((facts.base_bytes, application, size)),
        estimated=any(layer.estimated for layer in layers),
        at_most=any(piece.is_at_most for piece in variant.pieces),
    )
