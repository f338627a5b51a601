"""An opened image, its inventory and the user's Dockerfile → the facts on its layers, with findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from posixpath import basename
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deadweight.advice.case import Case
from deadweight.advice.files import file_findings
from deadweight.advice.files.secrets import RULE as SECRETS
from deadweight.advice.lines import Lines, lines_of
from deadweight.errors import BadInput
from deadweight.inventory.systems import layers as systems
from deadweight.inventory.systems.scripts import commands_of
from deadweight.sources.codebase.requirements import text_of
from deadweight.wording import listed

if TYPE_CHECKING:
    from deadweight.model import FileTree, ImageFacts, ImageFinding, Inventory, Need, Step
    from deadweight.sources.images.image import Image


_MOST_NAMED = 3


def image_facts(
    image: Image, tree: FileTree, inventory: Inventory, needs: tuple[Need, ...], dockerfile: str
) -> ImageFacts:
    """Return the facts on the layers, and the findings that need only the files.

    dockerfile: path of the Dockerfile that the image was built from; "" for none. If it does not match, findings name
                commands only, and a warning says why
    """
    lines, warnings = _lines(dockerfile, image.history) if dockerfile else (Lines(), ())
    base = systems.base_of(image.overlay, image.bases) if lines.base is None else lines.base
    owners = systems.hidden_owners(inventory, image.overlay)
    line_of = {number: instruction.line for number, instruction in lines.of.items()}
    layers = tuple(replace(layer, line=line_of.get(number)) for number, layer in enumerate(image.layers))
    facts = systems.image_facts(inventory, layers, image.overlay, owners)
    case = Case(
        inventory=inventory,
        overlay=image.overlay,
        layers=layers,
        reader=tree.reader,
        start=tree.start,
        needs=needs,
        former={**owners.packages, **owners.projects},
        base=base or 0,
        made_by=lines.of,
        homes=facts.homes,
    )
    findings = file_findings(case)
    return replace(
        facts,
        findings=findings,
        base=base,
        dockerfile=dockerfile if lines.of else "",
        warnings=(*warnings, *_secrets(findings)),
        gpu=_asks_for_gpu(tree),
        started=_started(tree),
    )


def _secrets(findings: Sequence[ImageFinding]) -> Iterator[str]:
    """Yield a warning for each finding about secrets, which have too few bytes to be among the largest savings."""
    for each in findings:
        if each.rule == SECRETS:
            names = listed([f"/{path}" for path, _ in each.paths], _MOST_NAMED)
            yield f"layer {each.layer} {each.reason}: {names} ({each.rule})"


def _asks_for_gpu(tree: FileTree) -> bool:
    """Return whether an image is for NVIDIA GPUs, as NVIDIA's base images and container toolkit know it."""
    devices = tree.start.variables.get("NVIDIA_VISIBLE_DEVICES", "")
    return devices not in ("", "void", "none") or "CUDA_VERSION" in tree.start.variables


def _started(tree: FileTree) -> frozenset[str]:
    """Return the words of the commands that an image starts, as the names of programs and modules."""
    words = (word for command in commands_of(tree) for word in command.command if not word.startswith("-"))
    return frozenset(part for word in words for part in (basename(word), word.partition(":")[0].partition(".")[0]))


def _lines(dockerfile: str, history: Sequence[Step]) -> tuple[Lines, tuple[str, ...]]:
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
