"""measure(): a target → its Measurement, in the way that fits; and profile(), which concludes from it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from deadweight.errors import BadInput, InstallFailed, NoInterpreter
from deadweight.operations.session import Session
from deadweight.progress import Observer, Progress, silent
from deadweight.settings import Settings
from deadweight.sources.system.processors import allow
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import INSTALLABLE, REQUIRING, SYSTEMS, Environment, Lock, Names, SavedReport, Target

if TYPE_CHECKING:
    from collections.abc import Collection

    from deadweight.analysis.measurement import Measurement
    from deadweight.analysis.profile import Profile
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.operations.measuring.reading import Read
    from deadweight.platforms.selection import Chosen


def profile(
    target: TargetLike = "",
    settings: Settings | None = None,
    *,
    observe: Observer = silent,
    lighter: bool = True,
) -> Profile:
    """Measure a target and conclude what could be left out.

    target:  as ``parse_target`` takes it
    lighter: whether to measure what lighter builds would save
    raises:  as ``measure``
    """
    with Session(observe=observe) as session:
        return concluded(measure(target, settings, session), session, lighter=lighter)


def concluded(measurement: Measurement, session: Session, *, lighter: bool = False) -> Profile:
    """Conclude from a measurement, with the code of the application that it belongs to.

    lighter: whether to measure what lighter builds would save
    """
    from deadweight.analysis.concluding import conclude

    settings = measurement.settings
    result = conclude(measurement, session.application(measurement.target, settings))
    if not lighter or settings.measuring.no_lighter or not isinstance(measurement.target, REQUIRING):
        return result
    from deadweight.operations.measuring.savings import with_savings

    return with_savings(result, session)


def measure(target: TargetLike, settings: Settings | None, session: Session) -> Measurement:
    """Measure requirements, an environment or an image.

    Requirements are measured from the wheels' own directories, without running anything of them; only where a build
    alone can tell what a distribution contains are they installed into a throwaway venv (see ``Measuring.no_install``
    and ``no_build``). Locks and names are never installed; nothing of an environment or an image is run.

    target: as ``parse_target`` takes it
    raises: BadInput (and its kinds) for what cannot be read, InstallFailed where the installer refused, FetchFailed
            where nothing could be fetched; what else could not be measured is in the inventory's ``skipped``
    """
    settings, target = settings or Settings(), parse_target(target)
    check_options(settings, target)
    allow(settings.measuring.jobs or None)
    if isinstance(target, SavedReport):
        refuse_report(target)
    if isinstance(target, Environment):
        return _measure_environment(target, settings, session)
    session.observe(Progress("reading", target.label))
    if isinstance(target, SYSTEMS):
        from deadweight.operations.measuring.whole_systems import measure_system

        return measure_system(target, settings, _its_requirements(settings), session)
    return _measure_requirements(target, settings, session)


def refuse_report(target: SavedReport) -> NoReturn:
    """Raise BadInput for a saved report where files are needed; its hint names the target of the report."""
    from deadweight.operations.profile import read_report

    raise BadInput(
        f"{target.location} is a saved report, which has no files to check",
        hint=f"use the target of the report instead: {read_report(target.location).target.location}",
    )


def _measure_environment(target: Target, settings: Settings, session: Session) -> Measurement:
    """Measure an environment as it is on disk."""
    from deadweight.analysis.measurement import Measurement
    from deadweight.operations.measuring.installing import take_inventory_of

    session.observe(Progress("measuring", target.label))
    inventory = take_inventory_of(target.location)
    return Measurement(target=target, inventory=inventory, settings=settings, file=_its_requirements(settings))


def _measure_requirements(target: Target, settings: Settings, session: Session) -> Measurement:
    """Measure requirements in the way that the settings name, else in the one that fits."""
    from deadweight.operations.measuring.from_archives import measure_archives

    request, measuring = settings.request, settings.measuring
    never_installed = isinstance(target, (Lock, Names)) or request.platform or request.torch or request.index
    undecided = measuring.no_install is None and not measuring.keep_env
    if measuring.no_install or (never_installed and undecided):
        return measure_archives(target, settings.replacing(no_install=True), session)
    if undecided:
        return _measure_either(target, settings, session)
    return _measure_install(target, settings, session)


def _measure_either(target: Target, settings: Settings, session: Session) -> Measurement:
    """Measure without installing; install where only a build, or an installer's own error, can tell more."""
    from deadweight.operations.measuring.from_archives import measure_archives
    from deadweight.operations.measuring.installing import refuse_builds
    from deadweight.operations.measuring.reading import read_requirements_of

    read = read_requirements_of(target, settings)
    if settings.measuring.no_build:
        refuse_builds(read.content)
    without = settings.replacing(no_install=True)
    try:
        if lines := list(read.content.no_binary_lines()):
            raise _NeedsBuild(f"the projects of {lines[0][1].body}")
        return measure_archives(target, without, session, read, _all_built)
    except _NeedsBuild as needed:
        why = f"{needed} must be built"
    except InstallFailed as error:
        why = error.summary
    session.observe(Progress("reading", f"{target.label} again, to install it, because {why}"))
    try:
        return _measure_install(target, settings, session, read)
    except NoInterpreter as error:
        session.observe(Progress("reading", f"{target.label} again, without installing: {error.cause}"))
        return measure_archives(target, without, session, read)


class _NeedsBuild(Exception):
    """Some distributions must be built to be measured; ``str`` names them."""


def _all_built(choices: Collection[Chosen]) -> None:
    from deadweight.platforms.selection import unbuilt

    if names := unbuilt(choices):
        raise _NeedsBuild(", ".join(names))


def _measure_install(
    target: Target, settings: Settings, session: Session, read: Read[RequirementsFile] | None = None
) -> Measurement:
    from deadweight.operations.measuring.installing import installed

    with installed(target, settings, session, read) as environment:
        return environment.measurement


def _its_requirements(settings: Settings) -> RequirementsFile | None:
    """Read the requirements that an environment or an image was installed from, where the user names them."""
    path = settings.request.requirements
    if not path:
        return None
    from deadweight.operations.measuring.reading import read_as_it_is

    original = parse_target(path)
    if not isinstance(original, INSTALLABLE):
        raise BadInput(f"--requirements: {path} must be a requirements file or a pyproject.toml")
    return read_as_it_is(original, settings.request)
