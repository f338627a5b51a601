"""verify(): measures a split, proves it by the source, and tries it where that is asked for."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.operations.application import application_folder
from deadweight.operations.measure import concluded, measure
from deadweight.operations.measuring.installing import Installed, installed
from deadweight.operations.measuring.reading import machine_of
from deadweight.operations.session import Session
from deadweight.progress import Observer, silent
from deadweight.settings import Settings
from deadweight.targets import parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import FILES, INSTALLABLE, Target

if TYPE_CHECKING:
    from deadweight.analysis.profile import Profile
    from deadweight.analysis.verdict import Verdict
    from deadweight.formats.requirements import RequirementsFile

_ORIGINALS = ("requirements.txt", "pyproject.toml")


class Checks(Struct, frozen=True, kw_only=True):
    """How deep to look.

    against: the requirements that the split was made of; "" for those beside it or beside the source
    run:     whether to import what the application imports, in a throwaway environment
    smoke:   a command to run there; "" for none
    seconds: how long each import, and the command, may take
    """

    against: str = ""
    run: bool = False
    smoke: str = ""
    seconds: float = 60


def verify(
    split: str | os.PathLike[str],
    settings: Settings | None = None,
    checks: Checks | None = None,
    *,
    observe: Observer = silent,
) -> Verdict:
    """Say whether a split provides what the application's source needs.

    split:    whatever ``profile`` measures; what is to be tried must be requirements that are installed. Only then is
              code run of what is installed, and the application's own only by ``smoke``
    settings: as ``profile`` takes them; ``source`` says where the application lies
    raises:   as ``profile`` does; BadInput where there is no source
    """
    settings, checks = settings or Settings(), checks or Checks()
    target = parse_target(os.fspath(split))
    check_options(settings, target)
    folder = application_folder(target, settings)
    if not folder:
        raise BadInput("there is no source to verify it by", hint="--source DIR says where the application lies")
    original = _original(checks.against, target, folder)
    if not checks.run and not checks.smoke:
        with Session(observe=observe) as session:
            return _judged(concluded(measure(target, settings, session), session), original, settings, observe)
    command = _split(checks.smoke)
    if not isinstance(target, INSTALLABLE):
        raise BadInput(
            f"{target.location} cannot be tried: only requirements that are installed for it can",
            hint="leave --run out",
        )
    if settings.no_install:
        raise BadInput(
            "--run tries what is installed, and --no-install installs nothing", hint="leave --no-install out"
        )
    with Session(observe=observe) as session, installed(target, settings, session) as environment:
        verdict = _judged(concluded(environment.measurement, session), original, settings, observe)
        return _tried(verdict, environment, command, checks, observe)


def _judged(found: Profile, file: RequirementsFile | None, settings: Settings, observe: Observer) -> Verdict:
    from deadweight.analysis.verdict import Original, judge, original_of, unclaimed, with_providers
    from deadweight.operations.providers import providers_of
    from deadweight.proof.bringing import Providers

    source = found.source
    if source is None or not source.files:
        raise BadInput(f"{source.folder if source else 'the source folder'} holds no files to check")
    original = original_of(file, found.inventory.environment) if file else Original()
    verdict = judge(found, source, original)
    modules = unclaimed(verdict)
    if not modules:
        return verdict
    providers = Providers(original.lines.keys(), providers_of(modules, settings, observe))
    return with_providers(verdict, providers)


def _tried(verdict: Verdict, environment: Installed, command: list[str], checks: Checks, observe: Observer) -> Verdict:
    """Import what the application imports, and run the user's command."""
    from deadweight.analysis.verdict import to_import, with_trials
    from deadweight.sources.install.trials import Venv, run_smoke, try_imports

    venv = Venv(folder=os.path.abspath(environment.folder), seconds=checks.seconds, scratch=environment.scratch)
    trials, printed = try_imports(to_import(verdict) if checks.run else (), venv, observe)
    smoke = run_smoke(command, verdict.source.folder, venv, observe) if command else None
    return with_trials(verdict, trials, smoke, seconds=checks.seconds, printed=printed)


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BadInput(f"--smoke: {str(error).lower()}: {command}") from error
    if command and (not words or "\0" in command):
        raise BadInput("--smoke: there is no command in it")
    return words


def _original(given: str, target: Target, source: str) -> RequirementsFile | None:
    """Read the requirements that the split was made of: the file that the user names, else one that can be read."""
    if given:
        found = parse_target(given)
        if not isinstance(found, INSTALLABLE):
            raise BadInput(f"--against: {given} is no requirements file and no pyproject.toml")
        return _read(found)
    for path in _candidates(target, source):
        try:
            return _read(parse_target(f"requirements:{path}"))
        except BadInput:
            continue  # as where only a tool of its own could tell; nobody asked for it
    return None


def _candidates(target: Target, source: str) -> Iterator[str]:
    """Yield the files that may be it, beside the split and beside the source; never the split itself."""
    folders = [os.path.dirname(target.location) or ".", source] if isinstance(target, FILES) else [source]
    for folder in dict.fromkeys(folders):
        for name in _ORIGINALS:
            path = os.path.join(folder, name)
            same = os.path.exists(target.location) and os.path.isfile(path) and os.path.samefile(path, target.location)
            if os.path.isfile(path) and not same:
                yield os.path.normpath(path)


def _read(target: Target) -> RequirementsFile:
    """Read requirements with all that they ask for, of a project also extras and groups."""
    from deadweight.formats.projects.pyproject import Choice
    from deadweight.sources.codebase.project_requirements import read_project
    from deadweight.sources.codebase.requirements import read_requirements

    if os.path.basename(target.location) != "pyproject.toml":
        return read_requirements(target.location)
    everything = Choice(extras=None, groups=None)
    return read_project(target.location, everything, lambda: machine_of(Settings()).marker_values, any_python=True)
