"""groups_of(): the groups of a target alone, measured or not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deadweight.errors import BadInput
from deadweight.model import Assignment
from deadweight.pipeline import install_options, profile, read_asked, source_of
from deadweight.progress import Observer, silent
from deadweight.settings import Settings
from deadweight.targets import Target, parse_target

if TYPE_CHECKING:
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.model import Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The groups of what a target asks for, or of all that was measured of it.

    groups: name → group with its evidence, in alphabetical order
    """

    target: Target
    groups: Mapping[str, Assignment]
    warnings: tuple[str, ...] = ()


def groups_of(
    target: str | os.PathLike[str] = "",
    settings: Settings | None = None,
    *,
    measure: bool = True,
    offline: bool = False,
    observe: Observer = silent,
) -> Grouping:
    """Return the groups of a target's distributions.

    measure: whether to measure it as ``profile`` does; else requirements are judged by their names, by source, and by
             what the index says of them: nothing is installed or resolved, and nothing is fetched but metadata
    offline: with ``measure=False``: not even that
    raises:  as ``profile`` does
    """
    settings = settings or Settings()
    found = parse_target(os.fspath(target))
    if measure:
        if offline:
            raise BadInput("--offline: only what is not measured can do without the index", hint="add --no-measure")
        report = profile(target, settings, observe=observe)
        keys = sorted(report.inventory.distributions, key=lambda d: d.key)
        groups = {distribution.key: report.groups[distribution.key] for distribution in keys}
        return Grouping(target=report.target, groups=groups, warnings=report.warnings)
    if found.kind != "requirements" or found.form == "lock":
        raise BadInput(
            f"--no-measure: {found.path} is no requirements file and no pyproject.toml",
            hint="leave --no-measure out: locks, environments and images are measured without installing anything",
        )
    return _unmeasured(found, settings, offline, observe)


def _unmeasured(target: Target, settings: Settings, offline: bool, observe: Observer) -> Grouping:
    from deadweight.groups.rules import config_names
    from deadweight.groups.unmeasured import groups_of_requirements

    file = read_asked(target, settings)
    source = source_of(target, settings, observe)
    known, notes = ({}, ()) if offline else _known(file, settings, observe)
    groups = groups_of_requirements(file.all_wanted(), config_names(settings.groups), known=known, source=source)
    return Grouping(target=target, groups=groups, warnings=notes)


def _known(
    file: RequirementsFile, settings: Settings, observe: Observer
) -> tuple[Mapping[str, Metadata], tuple[str, ...]]:
    from deadweight.sources.archives import ArchiveReader
    from deadweight.sources.cache import Cache, NoCache
    from deadweight.sources.http import Client
    from deadweight.sources.index_metadata import metadata_of
    from deadweight.sources.indexes import Indexes, configured
    from deadweight.sources.scratch import scratch_folder
    from deadweight.sources.uninstalled import machine_of

    places = configured(install_options(settings), file, os.environ, settings.installer)
    cache = NoCache() if settings.no_cache else Cache()
    with scratch_folder() as scratch, Client(origins=places.origins) as client:
        reader = ArchiveReader(lambda: client, cache, scratch)
        indexes = Indexes(lambda: places, lambda: client)
        return metadata_of(file, machine_of(settings.python, settings.platform), indexes, reader, observe)
