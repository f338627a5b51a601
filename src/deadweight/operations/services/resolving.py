"""Requirements of several services → the versions of each, and the versions that all of them can have.

Everything is resolved without installing. The services together come first: while their resolver runs, the wheels are
listed, and its answer brings most of what the services need one by one.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping, Sequence
from concurrent.futures import as_completed

from msgspec.structs import replace

from deadweight.errors import DeadweightError, InstallFailed, TimedOut
from deadweight.formats.builds import Wishes
from deadweight.formats.composites import composed
from deadweight.formats.requirements import RequirementsFile, for_resolver
from deadweight.model import Lock, Pinned
from deadweight.operations.measuring.from_archives import uninstalling
from deadweight.operations.services.reading import Service
from deadweight.operations.session import Session
from deadweight.progress import Progress, silent
from deadweight.settings import Settings
from deadweight.sources.resolve.uninstalled import Resolved, Shared, Uninstalling
from deadweight.sources.system.processors import processors
from deadweight.sources.system.scratch import Scratch
from deadweight.sources.system.threads import Background
from deadweight.sources.wheels.archives import ArchiveReader

Outcome = Resolved | DeadweightError
_TOGETHER = "all services"
_ARCHIVES = (".gz", ".zip", ".tgz", ".bz2", ".xz")  # of source distributions
_HINT = "allow more with --timeout SECONDS"


class Resolver:
    """Resolves requirements, equal ones once; a context manager.

    wishes:  the builds that the user asked for
    seconds: the time limit of each resolution
    session: its scratch directory holds the files of all resolvers
    """

    def __init__(self, wishes: Wishes, settings: Settings, session: Session, seconds: float) -> None:
        self.wishes, self.seconds = wishes, seconds
        self._settings, self._session = settings, session
        # Threads share them, so they must exist before the first thread.
        self._scratch, self._cache = session.scratch, session.cache(settings.measuring)
        self._outcomes: dict[tuple[str, ...], Outcome] = {}
        self._runs: list[Uninstalling] = []
        self._reader: ArchiveReader | None = None

    def __enter__(self) -> Resolver:
        return self

    def __exit__(self, *_: object) -> None:
        for run in reversed(self._runs):
            run.__exit__(*_)

    def run_for(self, file: RequirementsFile, settings: Settings) -> Uninstalling:
        """Return the steps of a measurement; all of them read archives with the reader of the first."""
        directory = os.path.join(self._scratch.path, f"service-{len(self._runs)}")
        os.mkdir(directory)
        shared = Shared(
            cache=self._cache,
            scratch=Scratch(directory, self._scratch.lock),
            observe=silent,
            client=self._session.client,
            seconds=self.seconds,
            reader=self._reader,
        )
        run = uninstalling(file, self.wishes, settings, shared)
        self._reader = run.reader
        self._runs.append(run)
        return run

    def together(self, services: Sequence[Service]) -> Outcome:
        """Resolve the requirements of several services as one."""
        file = services[0].file if len(services) == 1 else composed(_TOGETHER, [each.file for each in services])
        return self.each({_TOGETHER: (file, services[0].settings)})[_TOGETHER]

    def within(
        self, services: Iterable[Service], lock: Lock, gained: Mapping[str, Sequence[str]]
    ) -> dict[str, Outcome]:
        """Resolve each service again, with the versions of a lock.

        gained: service → lines that it gets besides its own
        """
        # As settings of a project, constraints are part of the key of the cache by their content, not by their path.
        pins = constraint_lines(lock)
        files = {}
        for each in services:
            file = composed(each.name, [each.file], [(0, line) for line in gained.get(each.name, ())])
            rules = replace(file.rules, constraints=(*file.rules.constraints, *pins))
            files[each.name] = (replace(file, rules=rules), each.settings)
        return self.each(files)

    def each(self, files: Mapping[str, tuple[RequirementsFile, Settings]]) -> dict[str, Outcome]:
        """Resolve requirements files, several at once."""
        keys = {name: _key(file, settings) for name, (file, settings) in files.items()}
        new = {key: name for name, key in reversed(keys.items()) if key not in self._outcomes}
        runs = {key: self.run_for(*files[name]) for key, name in new.items()}
        if new:
            self._session.observe(Progress("resolving", next(iter(new.values())), done=0, total=len(new)))
        background = Background(processors())
        try:
            tasks = {
                background.submit(_resolved, runs[key], files[name][0], self.seconds): key for key, name in new.items()
            }
            for done, task in enumerate(as_completed(tasks), 1):
                key = tasks[task]
                self._outcomes[key] = task.result()
                self._session.observe(Progress("resolving", new[key], done=done, total=len(tasks)))
        finally:
            background.close()
        return {name: self._outcomes[key] for name, key in keys.items()}


def _resolved(run: Uninstalling, file: RequirementsFile, seconds: float) -> Outcome:
    try:
        return run.resolved(file)
    except TimedOut as error:
        # The resolver runs several times, so the time that its last run had says nothing.
        return TimedOut(f"resolving did not finish within {seconds:g} s", hint=_HINT, detail=error.detail)
    except DeadweightError as error:
        return error


def _key(file: RequirementsFile, settings: Settings) -> tuple[str, ...]:
    """Return what determines a resolution, besides the settings that all services share."""
    pins = [repr(sorted((each.name or "", each.index) for each in file.all_requirements() if each.index))]
    return for_resolver(file, {}), repr(file.rules), settings.request.python, *pins


def constraint_lines(lock: Lock, wished: Container[str] = ()) -> tuple[str, ...]:
    """Return the constraints that lead to the versions of a lock.

    What comes from a URL or a directory has none: its requirement determines it.
    wished: projects with an index of their own, whose versions are constraints although their wheels have URLs
    """
    return tuple(
        f"{package.name}=={package.version}"
        for package in lock.packages
        if package.version and (package.name in wished or not _is_determined(package))
    )


def _is_determined(package: Pinned) -> bool:
    """Return whether a requirement names the code of a package. An editable requirement has no URL as its origin."""
    of_directory = package.sdist is not None and not package.sdist.filename.endswith(_ARCHIVES)
    return bool(package.origin or package.location) or of_directory


def is_conflict(outcome: Outcome) -> bool:
    """Return whether a resolver found no versions, although it had the time to search for them."""
    return isinstance(outcome, InstallFailed) and not isinstance(outcome, TimedOut)
