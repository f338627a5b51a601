"""profile(): a target → how it is measured, and its Profile."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deadweight.errors import BadInput, InstallFailed, NoInterpreter
from deadweight.progress import Observer, Progress, silent
from deadweight.settings import Settings
from deadweight.targets import parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import INSTALLABLE, SYSTEMS, Environment, Lock, Names, SavedReport, Target

if TYPE_CHECKING:
    from deadweight.analysis.profile import Profile
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.operations.reading import Read


def profile(
    target: str | os.PathLike[str] | Sequence[str] = "",
    settings: Settings | None = None,
    *,
    observe: Observer = silent,
    lighter: bool = True,
) -> Profile:
    """Measure requirements, an environment or an image, and work out what could be left out.

    target:  path of a requirements file, a ``pyproject.toml``, a lock, an image's archive or folder, a venv, a prefix
             or a site-packages folder; "" for the running interpreter's; or what an engine or a registry has, as in
             ``docker:IMAGE``; or names of projects, as requirements. Requirements are measured from the wheels' own
             directories, without running anything of them; only where a build alone can tell what a distribution holds
             are they installed into a throwaway venv (see ``Settings.no_install`` and ``no_build``). Locks and names
             are never installed; nothing of an environment or an image is run.
    lighter: whether to measure what lighter builds would save
    returns: sizes in bytes, ``None`` where unknown
    raises:  BadInput (and its kinds) for what cannot be read, InstallFailed where the installer refused, FetchFailed
             where nothing could be fetched; what is missing of the rest is in ``skipped``
    """
    settings = settings or Settings()
    found = parse_target(os.fspath(target) if isinstance(target, os.PathLike) else target)
    check_options(settings, found)
    if isinstance(found, SavedReport):
        raise BadInput(
            f"{found.location} is a saved report, which has no files to look at", hint="give the target that it is of"
        )
    if isinstance(found, Environment):
        return _profile_environment(found, settings, observe)
    observe(Progress("reading", found.location))
    if isinstance(found, SYSTEMS):
        from deadweight.operations.whole_systems import profile_system

        return profile_system(found, settings, _its_requirements(settings), observe)
    from deadweight.operations.savings import with_savings

    measured = _profile_requirements(found, settings, observe)
    return with_savings(measured, observe) if lighter and not settings.no_lighter else measured


def _profile_environment(target: Target, settings: Settings, observe: Observer) -> Profile:
    """Measure an environment as it lies on the disk."""
    from deadweight.analysis.concluding import conclude
    from deadweight.operations.application import source_of
    from deadweight.operations.installing import take_inventory_of

    observe(Progress("measuring", target.location))
    inventory, file = take_inventory_of(target.location), _its_requirements(settings)
    return conclude(target, inventory, settings, file, source=source_of(target, settings, observe))


def _profile_requirements(target: Target, settings: Settings, observe: Observer) -> Profile:
    """Measure requirements in the way that the settings name, else in the one that fits."""
    from deadweight.operations.from_archives import profile_archives

    never_installed = isinstance(target, (Lock, Names)) or settings.platform or settings.torch or settings.index
    if settings.no_install or (never_installed and settings.no_install is None and not settings.keep_env):
        return profile_archives(target, replace(settings, no_install=True), observe)
    if isinstance(target, (Lock, Names)):
        return profile_archives(target, settings, observe)
    if settings.no_install is None and not settings.keep_env:
        return _profile_either(target, settings, observe)
    return _profile_install(target, settings, observe)


def _profile_either(target: Target, settings: Settings, observe: Observer) -> Profile:
    """Measure without installing; install where only a build, or an installer's own error, can tell more."""
    from deadweight.operations.from_archives import NeedsBuild, profile_archives
    from deadweight.operations.installing import refuse_builds
    from deadweight.operations.reading import read_requirements_of

    read = read_requirements_of(target, settings)
    if settings.no_build:
        refuse_builds(read.asked)
    without = replace(settings, no_install=True)
    try:
        return profile_archives(target, without, observe, read, guessing=False)
    except NeedsBuild as needed:
        why = f"only a build can tell what {needed} holds"
    except InstallFailed as error:
        why = error.cause.partition("\n")[0]
    observe(Progress("reading", f"{target.location} again, to install it: {why}"))
    try:
        return _profile_install(target, settings, observe, read)
    except NoInterpreter as error:
        observe(Progress("reading", f"{target.location} again, without installing: {error.cause}"))
        return profile_archives(target, without, observe, read)


def _profile_install(
    target: Target, settings: Settings, observe: Observer, read: Read[RequirementsFile] | None = None
) -> Profile:
    from deadweight.operations.installing import installed

    with installed(target, settings, observe, read) as environment:
        return environment.profile


def _its_requirements(settings: Settings) -> RequirementsFile | None:
    """Read the requirements that what is there was made from, where the user names them."""
    if not settings.requirements:
        return None
    from deadweight.operations.reading import read_asked

    found = parse_target(settings.requirements)
    if not isinstance(found, INSTALLABLE):
        raise BadInput(f"--requirements: {settings.requirements} is no requirements file and no pyproject.toml")
    return read_asked(found, settings)
