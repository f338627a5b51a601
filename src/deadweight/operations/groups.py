"""groups_of(): the groups of the distributions of a target, without its sizes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deadweight.analysis.profile import Grouping, grouping_of
from deadweight.operations.measure import profile
from deadweight.operations.measuring.installing import install_options
from deadweight.operations.measuring.reading import machine_of, read_lock_of, read_requirements_of
from deadweight.operations.session import Session
from deadweight.progress import Observer, Progress, silent
from deadweight.settings import Settings, refuse
from deadweight.sources.wheels.descriptions import Descriptions
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import Lock, Target

if TYPE_CHECKING:
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.sources.wheels.descriptions import Query


def groups_of(
    target: TargetLike = "",
    settings: Settings | None = None,
    *,
    observe: Observer = silent,
) -> Grouping:
    """Return the group of each distribution, from a measurement or only from names, code and the metadata on the index.

    settings: with ``no_measure``, nothing is installed or resolved; only the METADATA of the newest matching wheel of
              each requirement is fetched; with ``offline``, not even that
    raises:   as ``profile``; without measuring, an index that fails or lacks a project is not an error
    """
    settings = settings or Settings()
    if settings.no_measure or settings.offline:
        with Session(observe=observe) as session:
            return _unmeasured(parse_target(target), settings, session)
    return grouping_of(profile(target, settings, observe=observe, lighter=False))


def _unmeasured(target: Target, settings: Settings, session: Session) -> Grouping:
    """Return the groups of requirements or of a lock, by their descriptions on the index."""
    from deadweight.codescan.python.newer_python import with_one_note
    from deadweight.groups.rules import config_names
    from deadweight.groups.unmeasured import groups_of_lock, groups_of_requirements
    from deadweight.sources.wheels.descriptions import queries_of_lock, queries_of_requirements

    option = "--no-measure" if settings.no_measure else "--offline"
    check_options(settings, target)
    refuse(settings, ("swap", "index", "torch", "keep_env"), f"{option} resolves and installs nothing")
    session.observe(Progress("reading", target.label))
    config = config_names(settings.groups)
    application = session.application(target, settings)
    if isinstance(target, Lock):
        locked = read_lock_of(target, settings)
        lock, note, machine = locked.content, locked.note, machine_of(locked.settings)
        descriptions = (
            Descriptions() if settings.offline else _descriptions(queries_of_lock(lock), None, settings, session)
        )
        groups = groups_of_lock(
            lock, config, known=descriptions.known, application=application, environment=machine.environment
        )
        warnings = lock.warnings
    else:
        read = read_requirements_of(target, settings)
        file, note, machine = read.content, read.note, machine_of(read.settings)
        lines = tuple(file.all_requirements())
        descriptions = (
            Descriptions()
            if settings.offline
            else _descriptions(queries_of_requirements(lines), file, settings, session)
        )
        groups = groups_of_requirements(
            lines, config, known=descriptions.known, application=application, environment=machine.environment
        )
        unnamed = (
            f"not in a group, because its name is unknown before an installation: {w.url}" for w in lines if not w.name
        )
        warnings = (*file.notes, *unnamed)
    unread = with_one_note(application, machine.python).skipped if application else ()
    return Grouping(
        target=target,
        method="names" if settings.offline else "metadata",
        groups=groups,
        warnings=(
            *filter(None, (note,)),
            *warnings,
            *descriptions.warnings,
            *(f"{skipped.name} was not read: {skipped.reason}" for skipped in unread),
        ),
    )


def _descriptions(
    queries: tuple[Query, ...], file: RequirementsFile | None, settings: Settings, session: Session
) -> Descriptions:
    """Fetch the metadata of projects from the index."""
    from deadweight.sources.install.installer import find_installer
    from deadweight.sources.resolve.index_locations import configured
    from deadweight.sources.wheels.descriptions import read_descriptions

    session.observe(Progress("reading", f"the metadata of {len(queries)} projects"))
    locations = configured(install_options(settings), file, os.environ, find_installer(settings.installer).name)
    return read_descriptions(queries, locations, session.cache(settings), session.scratch)
