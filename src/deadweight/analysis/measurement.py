"""The measurement of a target, without conclusions: the input of ``analyze``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.model import ImageFacts, Inventory, Lock, Requirement, Start, SystemFacts
from deadweight.settings import Settings
from deadweight.targets.types import Target

if TYPE_CHECKING:
    from deadweight.formats.requirements import RequirementsFile


class Measurement(Struct, frozen=True, kw_only=True):
    """The inventory of a target, and what is known about its origin.

    settings:     the settings of the measurement, with the Python that was used
    file:         the requirements file, if the target is one or the user named one
    requirements:       the direct requirements of a lock; None if the file or the environment has them
    declared:     project → the dependency groups and extras of a lock that list it
    image:        the layers, if the target is an image
    system:       the other contents of a whole system
    start:        how the program of an image or a container starts
    not_measured: requirements for contents of a lock that could not be measured
    lock:         the archives that were chosen from, if nothing was installed
    """

    target: Target
    inventory: Inventory
    settings: Settings
    file: RequirementsFile | None = None
    requirements: tuple[Requirement, ...] | None = None
    declared: Mapping[str, frozenset[str]] = {}
    image: ImageFacts | None = None
    system: SystemFacts | None = None
    start: Start | None = None
    not_measured: tuple[Requirement, ...] = ()
    lock: Lock | None = None
