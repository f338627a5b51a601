"""The user's Dockerfile and the history of an image → the instruction that made each layer, with warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from deadweight.advice.lines import Lines, command_of, lines_of
from deadweight.codescan.dockerfiles.stages import Instruction
from deadweight.errors import BadInput
from deadweight.model import Layer, Step
from deadweight.sources.codebase.requirements import text_of


def matched_lines(dockerfile: str, history: Sequence[Step]) -> tuple[Lines, tuple[str, ...]]:
    """Return the lines of the Dockerfile, and warnings about it."""
    try:
        lines = lines_of(text_of(dockerfile, "a Dockerfile"), history)
    except BadInput as error:
        return Lines(), (f"--dockerfile: {error.cause}; findings name commands only",)
    if not history:
        return Lines(), ("--dockerfile: the image has no history of its layers; findings name commands only",)
    counted = f"{lines.matched} of the {lines.total} instructions that make layers"
    if not lines.fits:
        reason = f"{dockerfile} does not match the image, which has {counted}"
        return Lines(), (f"--dockerfile: {reason}; findings name commands only",)
    if not lines.of:
        reason = "the builder put all instructions into one layer (buildah does without --layers)"
        return Lines(), (f"--dockerfile: {reason}; findings name commands only",)
    if lines.matched < lines.total:
        return lines, (f"--dockerfile: the image has only {counted} of {dockerfile}; other layers have no line",)
    return lines, ()


def located(layers: Iterable[Layer], made_by: Mapping[int, Instruction]) -> tuple[Layer, ...]:
    """Return the layers with the lines of the instructions that made them."""
    return tuple(_located(layer, made_by.get(number)) for number, layer in enumerate(layers))


def _located(layer: Layer, instruction: Instruction | None) -> Layer:
    if instruction is None:
        return layer
    return replace(layer, line=instruction.line, command=command_of(layer.command, instruction))
