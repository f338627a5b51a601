"""An image, a container or a root file system → Measurement."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deadweight.errors import BadInput
from deadweight.progress import Progress
from deadweight.targets.types import Image

if TYPE_CHECKING:
    from deadweight.analysis.measurement import Measurement
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.model import FileTree, Inventory
    from deadweight.operations.session import Session
    from deadweight.settings import Settings
    from deadweight.targets.types import Target


def measure_system(target: Target, settings: Settings, file: RequirementsFile | None, session: Session) -> Measurement:
    """Measure a whole system: what a container of an image would see, and what the image ships in vain.

    file: the requirements that it was made from, where the user names them
    """
    from deadweight.analysis.measurement import Measurement
    from deadweight.inventory import take_inventory
    from deadweight.inventory.systems.contents import contents_of, packages_of
    from deadweight.inventory.systems.layers import in_base
    from deadweight.inventory.systems.libraries import copies_of, libraries_of
    from deadweight.model import SystemFacts
    from deadweight.operations.measuring.layers import image_facts
    from deadweight.sources.images.cache import LayerCache
    from deadweight.sources.images.image import Selection
    from deadweight.sources.images.systems import opened_system

    reference = target.image if isinstance(target, Image) else ""
    selection = Selection(reference, settings.request.platform, settings.measuring.tls_verify)
    cache = LayerCache(session.cache(settings.measuring).store)
    with opened_system(target, selection, cache=cache, observe=session.observe) as (tree, image):
        session.observe(Progress("measuring", target.location))
        start = tree.start
        inventory = take_inventory(_searched_first(tree, settings.request.environment))
        _check_environment(inventory, settings.request.environment)
        needs, twins = libraries_of(tree, inventory)
        facts = image_facts(image, tree, inventory, needs, settings.request.dockerfile) if image else None
    contents = contents_of(tree, inventory, in_base(image.overlay, facts.base) if image and facts else None)
    system = SystemFacts(
        contents=contents.rows,
        areas=contents.areas,
        packages=packages_of(tree, inventory),
        needs=needs,
        copies=copies_of(inventory),
        twins=twins,
    )
    if image and facts:
        inventory = replace(inventory, warnings=(*inventory.warnings, *image.warnings, *facts.warnings))
    return Measurement(
        target=target,
        inventory=inventory,
        settings=settings,
        file=file,
        image=facts,
        system=system,
        start=start,
    )


def _searched_first(tree: FileTree, prefix: str) -> FileTree:
    """Return the tree as if it started the Python of a prefix."""
    return (
        replace(tree, start=tree.start._replace(command=(f"{prefix}/bin/python",), directory="/")) if prefix else tree
    )


def _below_root(path: str) -> str:
    return os.path.normpath(f"/{path}").strip("/")


def _check_environment(inventory: Inventory, prefix: str) -> None:
    if prefix and inventory.environment.prefix != _below_root(prefix):
        there = ", ".join(f"/{environment.prefix}" for environment in inventory.environments)
        raise BadInput(f"--environment: {prefix} is not an environment of this target", hint=f"available: {there}")
