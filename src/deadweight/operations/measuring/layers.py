"""An opened image, its inventory and the user's Dockerfile → the facts on its layers, with findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from posixpath import basename
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deadweight.advice.case import Case
from deadweight.advice.files import file_findings
from deadweight.advice.files.secrets import RULE as SECRETS
from deadweight.inventory.systems import layers as systems
from deadweight.inventory.systems.scripts import commands_of
from deadweight.wording import listed

if TYPE_CHECKING:
    from deadweight.codescan.dockerfiles.stages import Instruction
    from deadweight.model import FileTree, ImageFacts, ImageFinding, Inventory, Need
    from deadweight.sources.images.image import Image


_MOST_NAMED = 3


def image_facts(
    image: Image, tree: FileTree, inventory: Inventory, needs: tuple[Need, ...], dockerfile: str
) -> ImageFacts:
    """Return the facts on the layers, and the findings that need only the files.

    dockerfile: path of the Dockerfile that the image was built from; "" for none. If it does not match, findings name
                commands only, and a warning says why
    """
    base = systems.base_of(image.overlay, image.bases)
    layers = image.layers
    made_by: Mapping[int, Instruction] = {}
    warnings: tuple[str, ...] = ()
    if dockerfile:
        # Most images are measured in less time than it takes to import the parsers of Dockerfiles and shells.
        from deadweight.operations.measuring.instructions import located, matched_lines

        lines, warnings = matched_lines(dockerfile, image.history)
        base, made_by = base if lines.base is None else lines.base, lines.of
        layers = located(layers, made_by)
    owners = systems.hidden_owners(inventory, image.overlay)
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
        made_by=made_by,
        homes=facts.homes,
    )
    findings = file_findings(case)
    return replace(
        facts,
        findings=findings,
        base=base,
        dockerfile=dockerfile if made_by else "",
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
