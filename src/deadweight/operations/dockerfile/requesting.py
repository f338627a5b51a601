"""A target → what is measured for its image: for Linux, with the extras and groups of development."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from deadweight.errors import InstallFailed
from deadweight.formats.distributions.metadata import normalize
from deadweight.graph.roots import DEVELOPERS_EXTRAS
from deadweight.operations.measure import measure
from deadweight.operations.measuring.reading import extras_of
from deadweight.targets.types import REQUIRING, Lock, Project

if TYPE_CHECKING:
    from deadweight.analysis.measurement import Measurement
    from deadweight.operations.dockerfile.writing import Building
    from deadweight.operations.session import Session
    from deadweight.settings import Settings
    from deadweight.targets.types import Target

_LINUX = {"arm64": "aarch64", "aarch64": "aarch64"}


def measured_for_image(
    target: Target, settings: Settings, building: Building, session: Session
) -> tuple[Measurement, tuple[str, ...]]:
    """Measure a target with all that one of its stages installs; also return sentences about what is missing."""
    alone = _for_linux(target, settings, building)
    whole = _with_development(target, alone)
    try:
        return measure(target, whole, session), ()
    except InstallFailed as error:
        # Extras and groups may exclude each other, or what production needs.
        if whole == alone:
            raise
        measurement = measure(target, alone, session)
        note = "the extras and groups for development cannot be installed with the other requirements"
        return measurement, (f"{note}, so no stage has them: {error.summary}",)


def without_development(settings: Settings) -> Settings:
    """Return the settings without the groups, and without the extras that are for development."""
    kept = tuple(extra for extra in settings.request.extra if normalize(extra) not in DEVELOPERS_EXTRAS)
    return settings.replacing(extra=kept, group=(), all_groups=False, no_dev=True)


def _for_linux(target: Target, settings: Settings, building: Building) -> Settings:
    if not isinstance(target, REQUIRING):
        return settings
    settings = settings.replacing(no_install=True, bytecode="compiled" if building.compiled else "none")
    if settings.request.platform:
        return settings
    if "alpine" in building.base_image:
        return settings.replacing(platform=f"musllinux_1_2_{_machine()}")
    return settings if sys.platform == "linux" else settings.replacing(platform=f"manylinux_2_28_{_machine()}")


def _machine() -> str:
    import platform

    return _LINUX.get(platform.machine().lower(), "x86_64")


def _with_development(target: Target, settings: Settings) -> Settings:
    """Return the settings with the extras for development, and with the groups of a project unless some are chosen."""
    if not isinstance(target, (Project, Lock)):
        return settings
    request = settings.request
    if isinstance(target, Project) and not (request.group or request.all_groups):
        settings = settings.replacing(all_groups=True)
    if isinstance(target, Lock) and request.no_dev:
        return settings
    chosen = frozenset(map(normalize, request.extra))
    added = sorted((extras_of(target, settings) & DEVELOPERS_EXTRAS) - chosen)
    return settings.replacing(extra=(*request.extra, *added)) if added else settings
