"""What was measured of a target, with no opinion: what ``analyze`` makes a report of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.model import ImageFacts, Inventory, SystemFacts, Wanted
from deadweight.settings import Settings
from deadweight.targets.types import Target

if TYPE_CHECKING:
    from deadweight.formats.requirements import RequirementsFile


class Measurement(Struct, frozen=True, kw_only=True):
    """The inventory of a target, and what is known of how it came to be.

    settings:     those that it was measured with, with the Python that was chosen
    file:         the requirements, where the target is a file of them or the user named one
    wanted:       what a lock says was requested; None where the file or the environment says
    declared:     project → the dependency groups and extras that a lock has it for
    image:        the layers, where the target is an image
    system:       what else a whole system contains
    not_measured: requirements for what a lock contains and could not be measured
    """

    target: Target
    inventory: Inventory
    settings: Settings
    file: RequirementsFile | None = None
    wanted: tuple[Wanted, ...] | None = None
    declared: Mapping[str, frozenset[str]] = {}
    image: ImageFacts | None = None
    system: SystemFacts | None = None
    not_measured: tuple[Wanted, ...] = ()
