"""A target → the source of the application that it belongs to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deadweight.settings import refuse
from deadweight.targets.types import FILES

if TYPE_CHECKING:
    from deadweight.model import Source
    from deadweight.progress import Observer
    from deadweight.settings import Settings
    from deadweight.targets.types import Target


def source_of(target: Target, settings: Settings, observe: Observer) -> Source | None:
    """Read the application's source, where there is any."""
    folder = source_folder(target, settings)
    if not folder:
        return None
    from deadweight.sources.codebase.source_tree import read_source

    return read_source(folder, observe=observe)


def source_folder(target: Target, settings: Settings) -> str:
    """Return where the application's source lies: where the user says, else beside the requirements; "" for none."""
    if settings.no_source:
        refuse(settings, ("source",), "and --no-source cannot both be")
        return ""
    if settings.source or not isinstance(target, FILES):
        return settings.source
    from deadweight.sources.codebase.source_folders import holds_python

    folder = os.path.dirname(target.location) or "."
    return folder if holds_python(folder) else ""
