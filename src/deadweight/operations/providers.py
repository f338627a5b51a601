"""Modules that nothing provides → the projects on the index that do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from deadweight.groups.rules import knowledge
from deadweight.inventory.claims import Claim
from deadweight.inventory.modules import import_names
from deadweight.model import Metadata
from deadweight.operations.measuring.installing import install_options
from deadweight.operations.session import Session
from deadweight.progress import Progress
from deadweight.settings import Settings
from deadweight.usage.names import projects_listed_for, spelled_like

_MOST = 50  # projects that are looked up


def providers_of(modules: Sequence[str], settings: Settings, session: Session) -> Mapping[str, tuple[str, ...]]:
    """Return project → import names, of well-known projects whose newest wheels provide some of the modules.

    Only well-known names are looked up, and only what their wheels contain is believed. Proposing a project because it
    is spelled like the module would help whoever has registered that name. Without an index the result is empty.
    """
    projects = list(dict.fromkeys(_well_known(modules)))[:_MOST]
    if not projects or settings.measuring.offline:
        return {}
    from deadweight.sources.install.installer import find_installer
    from deadweight.sources.resolve.index_locations import configured
    from deadweight.sources.wheels.descriptions import read_members

    session.observe(Progress("reading", f"the wheels of {len(projects)} projects that may provide what is missing"))
    installer = find_installer(settings.measuring.installer)
    locations = configured(install_options(settings), None, os.environ, installer.name)
    paths = read_members(projects, locations, session.cache(settings.measuring), session.scratch)
    claims = [
        Claim(directory="", metadata=Metadata(name=name, version=None), paths=list(members))
        for name, members in paths.items()
    ]
    there = {path for members in paths.values() for path in members}
    return dict(zip(paths, import_names(claims, there), strict=True))


def _well_known(modules: Sequence[str]) -> Iterator[str]:
    for module in modules:
        yield from projects_listed_for(module)
        yield from (name for name in spelled_like(module) if name in knowledge().exact)
