"""Requirements, a project or a lock → the files that installing it would leave, from the archives' own listings."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import DeadweightError, FetchFailed, InstallFailed, TimedOut
from deadweight.formats.builds import TORCH_FAMILY, Wishes, bare_name, overrides
from deadweight.formats.distributions.wheel import Scheme
from deadweight.formats.requirements import RequirementsFile, for_resolver, hashes
from deadweight.model import Archive, Lock, Pinned, Requirement, Skipped
from deadweight.platforms.machine import Machine
from deadweight.platforms.selection import Chosen, choose
from deadweight.progress import Observer
from deadweight.sources.install.installer import Configured, InstallOptions
from deadweight.sources.install.interpreters import version_of_interpreter
from deadweight.sources.resolve.builds import constraints, of_cuda
from deadweight.sources.resolve.index_locations import configured
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.resolve.locating import locate, with_other_wheels
from deadweight.sources.resolve.pages import Pages
from deadweight.sources.resolve.resolutions import Resolutions, key_of_resolution
from deadweight.sources.system.scratch import Scratch
from deadweight.sources.wheels.archives import ArchiveReader
from deadweight.sources.wheels.cache import Cache
from deadweight.sources.wheels.layout import Measured, read_wheels
from deadweight.wording import listed

if TYPE_CHECKING:
    from deadweight.sources.net.http import Client
    from deadweight.sources.resolve.stand_ins import StandIns

_REPOSITORY = ("git+", "hg+", "svn+", "bzr+")


class Resolved(Struct, frozen=True, kw_only=True):
    """A resolution of requirements.

    skipped:  requirements that could not be resolved
    warnings: sentences for the user
    removed:  projects that were removed, as if nothing required them
    at_most:  projects with a smaller build than the resolved one, which could not be resolved
    """

    lock: Lock
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    removed: frozenset[str] = frozenset()
    at_most: frozenset[str] = frozenset()


class Uninstalled(Struct, frozen=True, kw_only=True):
    """The measurement of a target without installing it.

    swaps:    project → its replacement, "" for none
    warnings: sentences for the user
    """

    lock: Lock
    measured: Measured
    swaps: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    def without_wheel(self) -> frozenset[str]:
        """Return the projects without a wheel that fits, which were estimated or not measured."""
        estimated = (name for name, facts in self.measured.facts.items() if facts.estimated)
        return frozenset(estimated).union(each.name for each in self.measured.tree.skipped)


class Task(Struct, frozen=True, kw_only=True):
    """What to measure without installing it.

    file:   the requirements; None for a lock
    wishes: the builds and the replacements that the user asked for
    """

    machine: Machine
    configured: Configured
    file: RequirementsFile | None
    wishes: Wishes


class Shared(Struct, frozen=True, kw_only=True):
    """What the steps of a measurement share.

    client:  returns the client for some origins; its second argument requests short timeouts
    seconds: the time limit of a resolution; None for none
    hurried: whether to wait only shortly for servers
    reader:  reads archives for several measurements, each archive once; None to read them for this one
    """

    cache: Cache
    scratch: Scratch
    observe: Observer
    client: Callable[[tuple[str, ...], bool], Client]
    seconds: float | None = None
    hurried: bool = False
    reader: ArchiveReader | None = None


class Uninstalling:
    """The steps of one measurement; a context manager.

    reader: reads archives
    """

    def __init__(self, task: Task, shared: Shared) -> None:
        self._machine, self._file, self._wishes, self._configured = (
            task.machine,
            task.file,
            task.wishes,
            task.configured,
        )
        self._cache, self._scratch, self._observe = shared.cache, shared.scratch, shared.observe
        self._seconds, self._hurried, self._clients = shared.seconds, shared.hurried, shared.client
        self._stack = contextlib.ExitStack()
        self._until: float | None = None
        self._options, self._installer = task.configured.options, task.configured.installer
        options, file, cache, scratch = self._options, self._file, self._cache, self._scratch
        tool = self._installer.name if file else ""
        # Reading pip's configuration takes a run of pip, which a lock rarely needs; so it is read on demand.
        self._origins = configured(options, file, os.environ, tool or "uv").origins
        self._pages = Pages(self._connect, cache.store)
        self._indexes = Indexes(lambda: configured(options, file, os.environ, tool), self._pages)
        self.reader = shared.reader or ArchiveReader(self._connect, cache, scratch)
        self._owns_reader = shared.reader is None
        self._resolutions = Resolutions(cache.store)

    def __enter__(self) -> Uninstalling:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        if self._owns_reader:
            self.reader.close()

    def _connect(self) -> Client:
        """Return the client; it is not imported if the cache has everything."""
        return self._clients(self._origins, self._hurried)

    def resolved(self, file: RequirementsFile) -> Resolved:
        """Return the resolution of a requirements file; requirements that need a build are skipped and reported.

        raises: TimedOut after the time limit
        """
        key = self._key(file)
        kept = self._resolutions.get(key)
        if kept is not None:
            return Resolved(lock=kept)
        self._until = None if self._seconds is None else time.monotonic() + self._seconds
        resolved = self._resolved_anew(file)
        if not (resolved.skipped or resolved.warnings or self.reader.notes):
            self._resolutions.put(key, resolved.lock)
        return resolved

    def _key(self, file: RequirementsFile) -> str | None:
        """Return the cache key for the resolution of a file, None if it is not cacheable."""
        if any(
            requirement.url and not requirement.url.startswith(("http://", "https://"))
            for requirement in file.all_requirements()
        ):
            return None  # a directory or a repository
        wishes = self._wishes
        more = (repr(sorted(wishes.swaps.items())), repr(sorted(wishes.indexes().items())))
        locations = configured(self._options, file, os.environ, "uv")
        return key_of_resolution(for_resolver(file, {}), self._machine, self._configured, locations, more)

    def _resolved_anew(self, file: RequirementsFile) -> Resolved:
        threading.Thread(target=self._import_ahead, daemon=True).start()
        similar = self._machine.for_resolving()
        try:
            return self._resolved(file, self._machine)
        except InstallFailed as error:
            if similar == self._machine or isinstance(error, TimedOut):
                raise
        # A project has neither a wheel for musl nor an sdist. Resolve for glibc to find out which.
        resolved = self._resolved(file, similar)
        return replace(resolved, lock=with_other_wheels(resolved.lock, self._machine, self._indexes))

    def _resolved(self, file: RequirementsFile, machine: Machine) -> Resolved:
        """Return the resolution of a requirements file on a machine: the measured one, or a similar one."""
        from deadweight.sources.resolve.stand_ins import StandIns

        directory = os.path.join(self._scratch.path, f"stand-ins-{machine.platform or 'here'}")
        stand_ins = self._stack.enter_context(
            contextlib.closing(StandIns(directory, self._machine, machine, self._indexes, self.reader))
        )
        replaced, skipped = self._replaced(file, stand_ins)
        text = for_resolver(file, replaced)
        options = self._options
        transitive = {old: new for old, new in self._wishes.swaps.items() if new not in text.splitlines()}
        if transitive:
            text += "".join(f"{new}\n" for new in transitive.values())
            path = self._scratch.write("overrides.txt", overrides(transitive))
            options = replace(options, overrides=(*options.overrides, path))
        lock = self._resolve(text, machine, options, stand_ins)
        try:
            pins = constraints(lock, self._wishes, self._machine, self._pages)
        except FetchFailed as error:
            if not self._wishes.torch or self._wishes.index or self._hurried:
                raise
            return self._without_cuda(Resolved(lock=lock, skipped=skipped), file, error)
        if pins:
            path = self._scratch.write("constraints.txt", "".join(f"{pin}\n" for pin in pins.values()))
            lock = self._resolve(f"{text}--constraint {path}\n", machine, options, stand_ins)
        return Resolved(lock=lock, skipped=skipped)

    def _resolve(self, text: str, machine: Machine, options: InstallOptions, stand_ins: StandIns) -> Lock:
        from deadweight.sources.resolve.resolver import Question, resolve, resolver_of

        question = Question(
            requirements=self._scratch.write("requirements.txt", text),
            machine=machine,
            options=options,
            chosen=self.reader.expect,
            until=self._until,
        )
        return resolve(question, resolver_of(self._installer), stand_ins, self._scratch, self._observe)

    def _import_ahead(self) -> None:
        """Import the modules that read archives while the resolver runs."""
        import deadweight.formats.locks.pylock
        import deadweight.sources.net.http  # noqa: F401

        _ = self._machine.tags

    def _without_cuda(self, resolved: Resolved, file: RequirementsFile, error: FetchFailed) -> Resolved:
        """Remove the projects that only the CUDA build requires, if the index of the other build is unreachable."""
        if self._wishes.torch != "cpu":
            raise error
        lock = resolved.lock
        names = of_cuda(lock, (requirement.name for requirement in file.all_requirements()))
        warning = (
            f"{error.cause}; removed {len(names)} distributions that only PyTorch's CUDA build requires"
            f" ({listed(sorted(names), 3) or 'none'}); torch itself is measured as the larger CUDA build"
        )
        return replace(
            resolved,
            lock=replace(lock, packages=tuple(package for package in lock.packages if package.name not in names)),
            warnings=(*resolved.warnings, warning),
            removed=frozenset(names),
            at_most=frozenset(package.name for package in lock.packages if package.name in TORCH_FAMILY),
        )

    def _replaced(
        self, file: RequirementsFile, stand_ins: StandIns
    ) -> tuple[dict[Requirement, str], tuple[Skipped, ...]]:
        """Return requirement → the line that replaces it for the resolver, "" for none; and what was skipped."""
        replaced: dict[Requirement, str] = {}
        skipped: list[Skipped] = []
        for requirement in file.all_requirements():
            if not requirement.url or requirement.url.endswith(".whl"):
                continue
            name = requirement.name or requirement.url
            replaced[requirement] = ""
            if requirement.url.startswith(_REPOSITORY):
                skipped.append(Skipped(name, "its code is in a repository; use --install to build and measure it"))
                continue
            try:
                replaced[requirement] = stand_ins.replacing(requirement)
            except DeadweightError as error:
                skipped.append(Skipped(name, error.cause, error.exit_code))
        return replaced, tuple(skipped)

    def located(self, lock: Lock) -> Resolved:
        """Return a lock with the URLs of archives that it lacks."""
        return Resolved(lock=locate(lock, self._indexes, self._observe))

    def unlisted(self, resolved: Resolved) -> list[Archive]:
        """Return the archives on servers that ``measured`` needs and the cache does not have, though it could."""
        archives = (choice.archive for choice in self._chosen(resolved.lock) if choice.archive is not None)
        return [archive for archive in archives if self.reader.can_keep(archive) and not self._cache.has(archive)]

    def _chosen(self, lock: Lock) -> Sequence[Chosen]:
        return choose(lock, self._machine, hashes(self._file) if self._file else None)

    def measured(
        self, resolved: Resolved, *, compiled: bool, accept: Callable[[Collection[Chosen]], None] | None = None
    ) -> Uninstalled:
        """Measure a resolution.

        compiled: whether to estimate the bytecode that compiling would add
        accept:   takes the choice for each package before archives are read; raises an error if they are not worth it
        """
        lock = replace(resolved.lock, packages=tuple(map(_with_directory, resolved.lock.packages)))
        chosen = self._chosen(lock)
        if accept is not None:
            accept(chosen)
        requested = {requirement.name for requirement in lock.requirements or () if requirement.name}
        if self._file is not None:
            requested = {requirement.name for requirement in self._file.all_requirements() if requirement.name}
        scheme = Scheme(
            python=self._machine.python,
            installer="pip" if self._installer.name == "pip" else "uv",
            platform=self._machine.shown,
            compiles=compiled,
        )
        measured = read_wheels(chosen, scheme, self.reader, requested, self._observe)
        tree = replace(measured.tree, skipped=tuple(sorted({*measured.tree.skipped, *resolved.skipped})))
        warnings = (*lock.warnings, *resolved.warnings, *sorted(self.reader.notes))
        facts = {
            name: replace(fact, at_most=True) if name in resolved.at_most else fact
            for name, fact in measured.facts.items()
        }
        swaps = {old: bare_name(new) for old, new in self._wishes.swaps.items()}
        swaps |= dict.fromkeys(resolved.removed, "")
        return Uninstalled(
            lock=lock, measured=replace(measured, tree=tree, facts=facts), swaps=swaps, warnings=warnings
        )


def machine_of(python: str, platform: str) -> Machine:
    """Return the machine for ``--python`` (a version, or the path of an interpreter) and ``--platform``."""
    return Machine(python=version_of_interpreter(python), platform=platform)


def _with_directory(package: Pinned) -> Pinned:
    """Return a package with its local directory, if it has one, as its sdist."""
    if not os.path.isdir(package.location):
        return package
    directory = os.path.abspath(package.location)
    archive = Archive(filename=os.path.basename(directory), url=Path(directory).as_uri())
    return replace(package, sdist=archive, location="", origin=archive.url)
