"""groups_of(): the groups of the distributions of a target, without its sizes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.analysis.profile import Grouping, grouping_of
from deadweight.groups.rules import config_names
from deadweight.model import Application, Assignment
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
    if settings.measuring.no_measure or settings.measuring.offline:
        with Session(observe=observe) as session:
            return _unmeasured(parse_target(target), settings, session)
    return grouping_of(profile(target, settings, observe=observe, lighter=False))


class _Known(Struct, frozen=True, kw_only=True):
    """What is known without measuring; ``python`` is the version that it is for."""

    groups: Mapping[str, Assignment]
    python: str
    warnings: Iterable[str | None]


def _unmeasured(target: Target, settings: Settings, session: Session) -> Grouping:
    """Return the groups of requirements or of a lock, by their descriptions on the index."""
    from deadweight.codescan.python.newer_python import with_one_note

    option = "--no-measure" if settings.measuring.no_measure else "--offline"
    check_options(settings, target)
    refuse(settings, ("swap", "index", "torch", "keep_env"), f"{option} resolves and installs nothing")
    session.observe(Progress("reading", target.label))
    application = session.application(target, settings)
    read = _of_lock if isinstance(target, Lock) else _of_requirements
    known = read(target, settings, session, application)
    unread = with_one_note(application, known.python).skipped if application else ()
    notes = (f"{skipped.name} was not read: {skipped.reason}" for skipped in unread)
    return Grouping(
        target=target,
        method="names" if settings.measuring.offline else "metadata",
        groups=known.groups,
        warnings=(*filter(None, known.warnings), *notes),
    )


def _of_lock(target: Target, settings: Settings, session: Session, application: Application | None) -> _Known:
    from deadweight.groups.unmeasured import groups_of_lock
    from deadweight.sources.wheels.descriptions import queries_of_lock

    read = read_lock_of(target, settings)
    lock, machine = read.content, machine_of(read.settings.request)
    descriptions = _descriptions(queries_of_lock(lock), None, settings, session)
    groups = groups_of_lock(
        lock,
        config_names(settings.policy.groups),
        known=descriptions.known,
        application=application,
        environment=machine.environment,
    )
    return _Known(groups=groups, python=machine.python, warnings=(read.note, *lock.warnings, *descriptions.warnings))


def _of_requirements(target: Target, settings: Settings, session: Session, application: Application | None) -> _Known:
    from deadweight.groups.unmeasured import groups_of_requirements
    from deadweight.sources.wheels.descriptions import queries_of_requirements

    read = read_requirements_of(target, settings)
    file, machine = read.content, machine_of(read.settings.request)
    lines = tuple(file.all_requirements())
    descriptions = _descriptions(queries_of_requirements(lines), file, settings, session)
    groups = groups_of_requirements(
        lines,
        config_names(settings.policy.groups),
        known=descriptions.known,
        application=application,
        environment=machine.environment,
    )
    unnamed = (
        f"not in a group, because its name is unknown before an installation: {line.url}"
        for line in lines
        if not line.name
    )
    return _Known(
        groups=groups,
        python=machine.python,
        warnings=(read.note, *file.notes, *unnamed, *descriptions.warnings),
    )


def _descriptions(
    queries: tuple[Query, ...], file: RequirementsFile | None, settings: Settings, session: Session
) -> Descriptions:
    """Fetch the metadata of projects from the index; none with ``offline``."""
    if settings.measuring.offline:
        return Descriptions()
    from deadweight.sources.install.installer import find_installer
    from deadweight.sources.resolve.index_locations import configured
    from deadweight.sources.wheels.descriptions import read_descriptions

    session.observe(Progress("reading", f"the metadata of {len(queries)} projects"))
    installer = find_installer(settings.measuring.installer)
    locations = configured(install_options(settings), file, os.environ, installer.name)
    return read_descriptions(queries, locations, session.cache(settings.measuring), session.scratch)
