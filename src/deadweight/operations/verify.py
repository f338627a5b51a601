"""verify(): measures a split, checks it against the application's code, and tries it out on request."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.arguments import check_limits
from deadweight.errors import BadInput
from deadweight.operations.application import application_directory
from deadweight.operations.measure import concluded, measure, refuse_report
from deadweight.operations.measuring.installing import Installed, installed
from deadweight.operations.measuring.reading import machine_of
from deadweight.operations.session import Session
from deadweight.progress import Observer, silent
from deadweight.settings import Request, Settings
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import INSTALLABLE, File, SavedReport, Target

if TYPE_CHECKING:
    from deadweight.analysis.profile import Profile
    from deadweight.analysis.verdict import Verdict
    from deadweight.formats.requirements import RequirementsFile

_ORIGINALS = ("requirements.txt", "pyproject.toml")


class Checks(Struct, frozen=True, kw_only=True):
    """How thoroughly to verify.

    against: the requirements that the split was made from; "" to look next to the split and the code
    run:     whether to import the application's imports in a temporary environment
    smoke:   a command to run in that environment; "" for none
    seconds: how long each import, and the command, may take
    """

    against: str = ""
    run: bool = False
    smoke: str = ""
    seconds: float = 60

    def __post_init__(self) -> None:
        check_limits(seconds=self.seconds)


def verify(
    split: TargetLike,
    settings: Settings | None = None,
    checks: Checks | None = None,
    *,
    observe: Observer = silent,
) -> Verdict:
    """Check whether a split provides everything the application uses.

    split:    any target of ``profile``; ``run`` and ``smoke`` need a requirements file or a project, and are the only
              checks that run code: that of what is installed, and with ``smoke`` the application's own
    settings: as for ``profile``; ``application`` is the directory of the application's code
    raises:   as ``profile``; BadInput if the application has no code
    """
    settings, checks = settings or Settings(), checks or Checks()
    target = parse_target(split)
    if isinstance(target, SavedReport):
        refuse_report(target)
    check_options(settings, target)
    directory = application_directory(target, settings)
    if not directory:
        where = f" next to {target.location}" if isinstance(target, File) else ""
        raise BadInput(f"no Python code found{where}", hint="use --source DIR to name the directory of your code")
    original = _original(checks.against, target, directory)
    if not checks.run and not checks.smoke:
        with Session(observe=observe) as session:
            return _judged(concluded(measure(target, settings, session), session), original, settings, session)
    command = _split(checks.smoke)
    if not isinstance(target, INSTALLABLE):
        raise BadInput(
            f"{target.location} cannot be used with --run or --smoke, which install requirements",
            hint="use a requirements file or a project",
        )
    if settings.measuring.no_install:
        raise BadInput("--run and --smoke cannot be combined with --no-install", hint="remove --no-install")
    with Session(observe=observe) as session, installed(target, settings, session) as environment:
        verdict = _judged(concluded(environment.measurement, session), original, settings, session)
        return _tried(verdict, environment, command, checks, observe)


def _judged(profile: Profile, file: RequirementsFile | None, settings: Settings, session: Session) -> Verdict:
    from deadweight.analysis.verdict import Original, judge, original_of, unclaimed, with_providers
    from deadweight.operations.providers import providers_of
    from deadweight.proof.bringing import Providers

    application = profile.application
    assert application is not None  # the caller profile its directory
    if not application.files:
        raise BadInput(f"{application.directory} contains no Python code")
    original = original_of(file, profile.inventory.environment) if file else Original()
    verdict = judge(profile, application, original)
    modules = unclaimed(verdict)
    if not modules:
        return verdict
    providers = Providers(original.lines.keys(), providers_of(modules, settings, session))
    return with_providers(verdict, providers)


def _tried(verdict: Verdict, environment: Installed, command: list[str], checks: Checks, observe: Observer) -> Verdict:
    """Import what the application imports, and run the user's command."""
    from deadweight.analysis.verdict import to_import, with_trials
    from deadweight.sources.install.trials import Venv, run_smoke, try_imports

    venv = Venv(directory=os.path.abspath(environment.directory), seconds=checks.seconds, scratch=environment.scratch)
    trials, printed = try_imports(to_import(verdict) if checks.run else (), venv, observe)
    smoke = run_smoke(command, verdict.application.directory, venv, observe) if command else None
    return with_trials(verdict, trials, smoke, seconds=checks.seconds, printed=printed)


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BadInput(f"--smoke: {str(error).lower()}: {command}") from error
    if command and (not words or "\0" in command):
        raise BadInput("--smoke: the command is empty")
    return words


def _original(given: str, target: Target, code: str) -> RequirementsFile | None:
    """Read the requirements that the split was made from: the file that the user names, else the first readable one."""
    if given:
        original = parse_target(given)
        if not isinstance(original, INSTALLABLE):
            raise BadInput(f"--against: {given} must be a requirements file or a pyproject.toml")
        return _read(original)
    for path in _candidates(target, code):
        try:
            return _read(parse_target(f"requirements:{path}"))
        except BadInput:
            continue  # it was not named by the user, so it may be unreadable
    return None


def _candidates(target: Target, code: str) -> Iterator[str]:
    """Yield the files it may have been made from, next to the split and to the code; never the split itself."""
    directories = [os.path.dirname(target.location) or ".", code] if isinstance(target, File) else [code]
    for directory in dict.fromkeys(directories):
        for name in _ORIGINALS:
            path = os.path.join(directory, name)
            same = os.path.exists(target.location) and os.path.isfile(path) and os.path.samefile(path, target.location)
            if os.path.isfile(path) and not same:
                yield os.path.normpath(path)


def _read(target: Target) -> RequirementsFile:
    """Read requirements with everything they can ask for: of a project, all extras and dependency groups."""
    from deadweight.formats.projects.pyproject import Choice
    from deadweight.sources.codebase.project_requirements import read_project
    from deadweight.sources.codebase.requirements import read_requirements

    if os.path.basename(target.location) != "pyproject.toml":
        return read_requirements(target.location)
    everything = Choice(extras=None, groups=None)
    return read_project(target.location, everything, lambda: machine_of(Request()).marker_values, any_python=True)
