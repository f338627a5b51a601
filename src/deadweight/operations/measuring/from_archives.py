"""Requirements, a project or a lock → Measurement, from the file lists of archives; nothing is installed or built."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.errors import UnusedBuild
from deadweight.formats.builds import Wishes, read_wishes
from deadweight.model import Requirement
from deadweight.operations.measuring.installing import install_options, with_notes
from deadweight.operations.measuring.reading import Read, machine_of, read_lock_of, read_requirements_of
from deadweight.progress import Progress, silent
from deadweight.settings import Settings, refuse
from deadweight.targets.types import Lock
from deadweight.wording import counted

if TYPE_CHECKING:
    from deadweight.analysis.measurement import Measurement
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.model import Archive, Inventory
    from deadweight.model import Lock as LockedSet
    from deadweight.operations.session import Session
    from deadweight.platforms.selection import Chosen
    from deadweight.sources.resolve.uninstalled import Resolved, Shared, Uninstalled, Uninstalling
    from deadweight.targets.types import Target


def measure_archives(
    target: Target,
    settings: Settings,
    session: Session,
    already: Read[RequirementsFile] | None = None,
    accept: Callable[[Collection[Chosen]], None] | None = None,
) -> Measurement:
    """Measure what installing requirements would leave, from the file lists of archives.

    already: the requirements, if they were read before
    accept:  as ``Uninstalling.measured`` takes it
    """
    wishes = read_wishes(settings.request.swap, settings.request.index, settings.request.torch)
    read = _read(target, settings, wishes, already)
    settings = read.settings
    with opened(read.file, wishes, settings, session) as run:
        # Import the later stages while waiting for a resolver or a server.
        threading.Thread(target=_import_stages, daemon=True).start()
        resolved = session.resolved or _resolved(run, read)
        compiled = settings.measuring.bytecode == "compiled"
        uninstalled = run.measured(resolved, compiled=compiled, accept=accept)
        session.observe(Progress("measuring", counted(len(uninstalled.measured.facts), "distribution")))
    from deadweight.analysis.measurement import Measurement

    inventory, lock = _inventory(uninstalled, wishes, read), resolved.lock
    return Measurement(
        target=target,
        inventory=inventory,
        settings=settings,
        file=read.file,
        requirements=lock.requirements,
        declared={package.name: package.groups for package in lock.packages if package.groups},
        not_measured=not_measured_of(lock, inventory) if read.lock is not None else (),
        lock=lock,
    )


def resolve_archives(target: Target, settings: Settings, session: Session) -> tuple[Resolved, list[Archive]]:
    """Return the resolution of a target, and the archives on servers whose file lists are not in the cache."""
    wishes = read_wishes(settings.request.swap, settings.request.index, settings.request.torch)
    read = _read(target, settings, wishes, None)
    with opened(read.file, wishes, read.settings, session) as run:
        run.reader.close()  # somebody else reads the wheels
        resolved = _resolved(run, read)
        return resolved, run.unlisted(resolved)


def _resolved(run: Uninstalling, read: _Input) -> Resolved:
    return run.located(read.lock) if read.lock is not None else run.resolved(read.requirements)


@contextlib.contextmanager
def opened(
    file: RequirementsFile | None,
    wishes: Wishes,
    settings: Settings,
    session: Session,
    *,
    seconds: float | None = None,
) -> Iterator[Uninstalling]:
    """Prepare to measure a requirements file, or a lock if ``file`` is None, without installing it.

    seconds: time limit of the resolution, which also makes requests wait only shortly; None for the usual limits
    """
    from deadweight.sources.resolve.uninstalled import Shared
    from deadweight.sources.system.scratch import scratch_directory

    with scratch_directory() as scratch:
        shared = Shared(
            cache=session.cache(settings.measuring),
            scratch=scratch,
            observe=session.observe if seconds is None else silent,
            client=session.client,
            seconds=seconds,
            hurried=seconds is not None,
        )
        with uninstalling(file, wishes, settings, shared) as run:
            yield run


def uninstalling(file: RequirementsFile | None, wishes: Wishes, settings: Settings, shared: Shared) -> Uninstalling:
    """Return the steps of a measurement that shares a directory and a reader with others; see ``opened``."""
    from deadweight.sources.install.installer import Configured, find_installer
    from deadweight.sources.resolve.project_rules import with_rules
    from deadweight.sources.resolve.uninstalled import Task, Uninstalling

    installer, options = find_installer(settings.measuring.installer), install_options(settings)
    options = with_rules(options, file, installer, shared.scratch) if file else options
    machine = machine_of(settings.request)
    task = Task(machine=machine, configured=Configured(installer, options), file=file, wishes=wishes)
    return Uninstalling(task, shared)


class _Input(Struct, frozen=True, kw_only=True):
    """What a target asks for, either as a file or as a lock.

    named: the projects that the file names, before swaps
    """

    settings: Settings
    note: str
    file: RequirementsFile | None = None
    lock: LockedSet | None = None
    named: frozenset[str | None] = frozenset()

    @property
    def requirements(self) -> RequirementsFile:
        assert self.file is not None
        return self.file


def _read(target: Target, settings: Settings, wishes: Wishes, already: Read[RequirementsFile] | None) -> _Input:
    from deadweight.formats.requirement_changes import swapped, unpinned

    if isinstance(target, Lock):
        locked = read_lock_of(target, settings)
        return _Input(lock=locked.content, settings=locked.settings, note=locked.note)
    refuse(settings, ("keep_env",), "needs an installation; remove --no-install")
    read = already or read_requirements_of(target, settings)
    return _Input(
        settings=read.settings.replacing(no_install=True),
        note=read.note,
        file=unpinned(swapped(read.content, wishes.swaps), wishes.indexes()),
        named=frozenset(requirement.name for requirement in read.content.all_requirements()),
    )


def _inventory(uninstalled: Uninstalled, wishes: Wishes, read: _Input) -> Inventory:
    """Take the inventory of what was measured; raises UnusedBuild."""
    from deadweight.inventory import take_inventory
    from deadweight.inventory.archives import is_required, with_archives, with_swaps

    inventory = with_archives(
        take_inventory(uninstalled.measured.tree), uninstalled.measured.facts, uninstalled.warnings
    )
    wishes.check({d.name for d in inventory.distributions})
    for old in wishes.swaps:
        if old not in read.named and not is_required(old, inventory):
            raise UnusedBuild(f"--swap {old}={wishes.swaps[old]}: nothing requires {old}", swap=old)
    return with_notes(with_swaps(inventory, uninstalled.swaps), read.file, read.note)


def not_measured_of(lock: LockedSet, inventory: Inventory) -> tuple[Requirement, ...]:
    """Return requirements for the locked packages that could not be measured, so that splits can keep them."""
    skipped = {each.name for each in inventory.skipped}
    return tuple(
        Requirement(
            name=package.name,
            specifier="" if package.location or package.origin or not package.version else f"=={package.version}",
            url=package.location or package.origin,
        )
        for package in lock.packages
        if package.name in skipped
    )


def _import_stages() -> None:
    import deadweight.analysis.concluding
    import deadweight.inventory.archives  # noqa: F401
