"""A target → the directory of the application's code that it belongs to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deadweight.settings import refuse
from deadweight.targets.types import File

if TYPE_CHECKING:
    from deadweight.settings import Settings
    from deadweight.targets.types import Target


def application_directory(target: Target, settings: Settings) -> str:
    """Return the directory that the settings name, else that of the requirements if it contains Python; "" for none."""
    if settings.request.no_source:
        refuse(settings, ("source",), "cannot be used with --no-source")
        return ""
    if settings.request.source or not isinstance(target, File):
        return settings.request.source
    from deadweight.sources.codebase.code_directories import holds_python

    directory = os.path.dirname(target.location) or "."
    return directory if holds_python(directory) else ""
