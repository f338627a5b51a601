"""imports(): starts an application in an environment, and measures what its imports take.

observing.py  starts → what they took        trying.py  imports that are moved in a copy → what that saves
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight import __version__
from deadweight.arguments import check_limits
from deadweight.errors import BadInput
from deadweight.operations.application import application_directory
from deadweight.operations.measure import measure, refuse_report
from deadweight.operations.measuring.installing import Installed, installed
from deadweight.operations.session import Session
from deadweight.progress import Observer, silent
from deadweight.settings import Settings
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.options import check_options, settings_for
from deadweight.targets.types import INSTALLABLE, Environment, File, Lock, Requirements, SavedReport, Target

if TYPE_CHECKING:
    from deadweight.model.report.imports import ImportsReport
    from deadweight.operations.imports.observing import Bench
    from deadweight.startup.finding import Code
    from deadweight.startup.values import Entry


class Starts(Struct, frozen=True, kw_only=True):
    """How to start an application.

    entry:   a module, ``module:attribute`` or a file; "" to find it in the code
    runs:    how often
    seconds: how long a start may take
    """

    entry: str = ""
    runs: int = 5
    seconds: float = 60

    def __post_init__(self) -> None:
        check_limits(runs=self.runs, seconds=self.seconds)


def imports(
    target: TargetLike,
    settings: Settings | None = None,
    starts: Starts | None = None,
    *,
    observe: Observer = silent,
) -> ImportsReport:
    """Measure what an application costs to start, and try out imports that could happen later.

    It imports the application with what it needs, so it runs their code. It changes none of their files.

    target:   a requirements file, a project or a lock, which is installed, or an environment
    settings: as for ``profile``; ``source`` is the directory of the application's code
    raises:   as ``profile``; BadInput if there is no code, or if it is unclear what a start imports; StartFailed
    """
    from deadweight.operations.imports.observing import Bench
    from deadweight.sources.startup.code import python_files, scripts_of, texts_of_starts
    from deadweight.sources.startup.starting import Starter
    from deadweight.startup.finding import Code

    settings, starts = settings or Settings(), starts or Starts()
    target = parse_target(target)
    directory = _code_directory(target, settings)
    with Session(observe=observe) as session:
        session.application(target, settings)  # reports a directory that cannot be read
        root = os.path.realpath(directory)
        python = python_files(root)
        code = Code(python=python, texts=texts_of_starts(root), scripts=scripts_of(root, python))
        entry = _entry(starts.entry, code, root)
        with _environment(target, settings, session) as environment:
            starter = Starter(
                python=_interpreter(environment.directory),
                entry=entry,
                seconds=starts.seconds,
                scratch=environment.scratch,
            )
            bench = Bench(starter=starter, directory=root, python=code.python, runs=starts.runs, observe=observe)
            return _report(target, environment, directory, bench)


def _code_directory(target: Target, settings: Settings) -> str:
    """Return the directory of the application; raises BadInput if the target and the settings do not fit."""
    if isinstance(target, SavedReport):
        refuse_report(target)
    if not isinstance(target, (*INSTALLABLE, Lock, Environment)):
        hint = "use a requirements file, a project, a lock file or an environment"
        raise BadInput(f"the imports of {target.noun} cannot be measured", hint=hint)
    check_options(settings, target)
    if settings.measuring.no_install:
        raise BadInput("imports cannot be measured with --no-install", hint="remove --no-install")
    directory = application_directory(target, settings)
    if not directory:
        where = f" next to {target.location}" if isinstance(target, File) else ""
        raise BadInput(f"no Python code found{where}", hint="use --source DIR to name the directory of your code")
    return directory


def _entry(given: str, code: Code, root: str) -> Entry:
    """Return what a start imports; a path of a file counts from the working directory, or from the application's."""
    from deadweight.startup.entries import entry_of, find_entry

    if not given:
        return find_entry(code)
    path = os.path.relpath(os.path.realpath(given), root)
    return entry_of(path if os.path.isfile(given) and not path.startswith("..") else given, code)


@contextlib.contextmanager
def _environment(target: Target, settings: Settings, session: Session) -> Iterator[Installed]:
    """Install the target, or take an environment as it is."""
    if isinstance(target, Environment):
        yield Installed(measure(target, settings, session), target.location, session.scratch)
        return
    if isinstance(target, Lock):
        target, settings = _as_requirements(target, settings, session)
    with installed(target, settings, session) as environment:
        yield environment


def _as_requirements(lock: Lock, settings: Settings, session: Session) -> tuple[Target, Settings]:
    """Return a requirements file with the versions of a lock, and the settings that apply to it."""
    from deadweight.operations.imports.locked import requirement_lines
    from deadweight.operations.measuring.reading import read_lock_of

    read = read_lock_of(lock, settings)
    text = requirement_lines(read.content, os.path.dirname(lock.location) or ".")
    target = Requirements(session.scratch.write("locked.txt", text))
    return target, settings_for(target, read.settings)


def _interpreter(directory: str) -> str:
    from deadweight.sources.startup.starting import interpreter

    python = interpreter(directory)
    if not python:
        raise BadInput(f"{directory} has no Python interpreter", hint="use an environment with bin/python")
    return python


def _report(target: Target, environment: Installed, source: str, bench: Bench) -> ImportsReport:
    """Start the application, try out lazy imports, and put the results together."""
    from deadweight.model.report import TargetFacts
    from deadweight.model.report.imports import ImportsReport
    from deadweight.operations.imports.observing import observed
    from deadweight.operations.imports.trying import lazy_imports
    from deadweight.startup.costs import beyond, beyond_if_known, rows, spread, spread_if_known

    inventory, entry = environment.measurement.inventory, bench.starter.entry
    seen = observed(bench, inventory, environment.directory)
    bare_bytes = [launch.rss_bytes for launch in seen.bare]
    start_us = beyond([launch.wall_us for launch in seen.bare], [launch.wall_us for launch in seen.plain])
    timed_us = beyond([launch.wall_us for launch in seen.bare], seen.timed_us)
    found = rows(seen.times, seen.memory, seen.owner, seen.loaded, inventory)
    rest_us = timed_us.median - sum(row.self_us.median for row in found)
    lazy, together = lazy_imports(bench, seen, start_us.median)
    return ImportsReport(
        version=__version__,
        target=TargetFacts(
            kind="environment" if isinstance(target, Environment) else "requirements",
            location=target.location,
            method="files" if isinstance(target, Environment) else "install",
            form=target.form,
        ),
        source=source,
        entry=f"{entry.module}:{entry.attribute}" if entry.attribute else entry.module,
        entry_from=entry.because,
        python=seen.plain[0].python or None,
        runs=bench.runs,
        bare_us=spread([launch.wall_us for launch in seen.bare]),
        bare_bytes=spread_if_known(bare_bytes),
        start_us=start_us,
        start_bytes=beyond_if_known(bare_bytes, [launch.rss_bytes for launch in seen.plain]),
        timed_us=timed_us,
        rows=found,
        rest_us=rest_us if rest_us >= 0 else None,
        lazy=lazy,
        together=together,
        skipped=inventory.skipped,
        warnings=inventory.warnings,
    )
