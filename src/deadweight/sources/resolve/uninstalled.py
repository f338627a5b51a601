"""Requirements, a project or a lock → what installing it would leave, from the archives' own directories."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import BadInput, DeadweightError, FetchFailed, InstallFailed
from deadweight.formats.distributions.wheel import Scheme
from deadweight.formats.locks import read_lock
from deadweight.formats.projects.pyproject import Choice
from deadweight.formats.requirements import RequirementsFile, for_resolver, hashes
from deadweight.model import Archive, Lock, Pinned, Skipped, Wanted
from deadweight.platforms.machine import Machine
from deadweight.platforms.selection import choose
from deadweight.progress import Observer
from deadweight.sources.install.installer import Installer, InstallOptions
from deadweight.sources.install.interpreters import version_of_interpreter
from deadweight.sources.resolve.builds import TORCH_FAMILY, Wishes, bare_name, constraints, of_cuda, overrides
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.resolve.locating import locate, with_other_wheels
from deadweight.sources.resolve.pages import Pages
from deadweight.sources.resolve.places import configured
from deadweight.sources.resolve.resolutions import Resolutions, key_of_question
from deadweight.sources.system.scratch import Scratch
from deadweight.sources.wheels.archives import ArchiveReader
from deadweight.sources.wheels.cache import Cache
from deadweight.sources.wheels.layout import Measured, read_wheels

if TYPE_CHECKING:
    from deadweight.sources.net.http import Client
    from deadweight.sources.resolve.stand_ins import StandIns

_REPOSITORY = ("git+", "hg+", "svn+", "bzr+")


class Resolved(Struct, frozen=True, kw_only=True):
    """What requirements come to.

    skipped:  requirements that could not be resolved
    told:     what is worth knowing of how it was done, as sentences
    left_out: projects that were taken out, as if nothing required them
    at_most:  projects of which a smaller build was asked for that could not be found
    """

    lock: Lock
    skipped: tuple[Skipped, ...] = ()
    told: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()
    at_most: frozenset[str] = frozenset()


class Uninstalled(Struct, frozen=True, kw_only=True):
    """What was found out of a target without installing it.

    swaps: project → the one that stands in its place, "" for none
    told:  what is worth knowing of how it was done, as sentences
    """

    lock: Lock
    measured: Measured
    swaps: Mapping[str, str]
    told: tuple[str, ...] = ()

    def unbuilt(self) -> tuple[str, ...]:
        """Return what only a build can tell the size of: it is estimated, or not measured at all."""
        estimated = {name for name, facts in self.measured.facts.items() if facts.estimated}
        left_out = {each.name for each in self.measured.tree.skipped if not (each.exit_code or each.impossible)}
        return tuple(sorted(estimated | left_out))


class Uninstalling:
    """One run, whose steps share a client, a cache and a scratch folder. To be used in a ``with``.

    client: gives the client for some origins; the second argument says whether answers are not worth waiting for
    """

    def __init__(
        self,
        machine: Machine,
        options: InstallOptions,
        installer: Installer,
        file: RequirementsFile | None,
        *,
        wishes: Wishes,
        cache: Cache,
        scratch: Scratch,
        observe: Observer,
        client: Callable[[tuple[str, ...], bool], Client],
        seconds: float | None = None,
    ) -> None:
        self._machine, self._options, self._installer, self._file = machine, options, installer, file
        self._wishes, self._cache, self._scratch, self._observe = wishes, cache, scratch, observe
        self._seconds = seconds  # for a resolver, and for each answer of a server; None for the usual patience
        tool = installer.name if file else ""
        # What pip is told takes a run of pip to learn; a lock rarely needs to know, so it is asked when it does.
        self._origins = configured(options, file, os.environ, tool or "uv").origins
        self._clients, self._stack = client, contextlib.ExitStack()
        self._pages = Pages(self._connect, cache.store)
        self._indexes = Indexes(lambda: configured(options, file, os.environ, tool), self._pages)
        self._reader = ArchiveReader(self._connect, cache, scratch)
        self._resolutions = Resolutions(cache.store)

    def __enter__(self) -> Uninstalling:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._reader.close()

    def _connect(self) -> Client:
        """Return the client; where the cache holds all, nobody asks for it, and nothing is imported for it."""
        return self._clients(self._origins, self._seconds is not None)

    def resolved(self, file: RequirementsFile) -> Resolved:
        """Return what a requirements file comes to; what only a build could tell is left out and reported."""
        key = self._key(file)
        kept = self._resolutions.get(key)
        if kept is not None:
            return Resolved(lock=kept)
        found = self._resolved_anew(file)
        if not (found.skipped or found.told or self._reader.notes):
            self._resolutions.put(key, found.lock)
        return found

    def _key(self, file: RequirementsFile) -> str | None:
        """Return the key under which the resolution of a file is kept, None where it is not."""
        if any(wanted.url and not wanted.url.startswith(("http://", "https://")) for wanted in file.all_wanted()):
            return None  # a folder or a repository
        wishes = self._wishes
        more = (repr(sorted(wishes.swaps.items())), repr(sorted(wishes.places().items())))
        places = configured(self._options, file, os.environ, "uv")
        return key_of_question(for_resolver(file, {}), self._machine, self._options, self._installer, places, more)

    def _resolved_anew(self, file: RequirementsFile) -> Resolved:
        threading.Thread(target=self._import_ahead, daemon=True).start()
        like = self._machine.for_resolving()
        try:
            return self._resolved(file, self._machine)
        except InstallFailed:
            if like == self._machine:
                raise
        # Something has neither a wheel for musl nor an sdist. What it is shows if glibc may stand in for musl.
        found = self._resolved(file, like)
        return replace(found, lock=with_other_wheels(found.lock, self._machine, self._indexes))

    def _resolved(self, file: RequirementsFile, machine: Machine) -> Resolved:
        """Return what a requirements file comes to on a machine: the one that is measured, or one like it."""
        from deadweight.sources.resolve.stand_ins import StandIns

        folder = os.path.join(self._scratch.path, f"stand-ins-{machine.platform or 'here'}")
        stand_ins = self._stack.enter_context(
            contextlib.closing(StandIns(folder, self._machine, machine, self._indexes, self._reader))
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
            if not self._wishes.torch or self._wishes.index or self._seconds is not None:
                raise
            return self._without_cuda(Resolved(lock=lock, skipped=skipped), file, error)
        if pins:
            path = self._scratch.write("constraints.txt", "".join(f"{pin}\n" for pin in pins.values()))
            lock = self._resolve(f"{text}--constraint {path}\n", machine, options, stand_ins)
        return Resolved(lock=lock, skipped=skipped)

    def _resolve(self, text: str, machine: Machine, options: InstallOptions, stand_ins: StandIns) -> Lock:
        from deadweight.sources.resolve.resolver import resolve, resolver_of

        return resolve(
            self._scratch.write("requirements.txt", text),
            machine,
            options,
            resolver=resolver_of(self._installer),
            stand_ins=stand_ins,
            scratch=self._scratch,
            observe=self._observe,
            ahead=self._reader.expect,
            seconds=self._seconds,
        )

    def _import_ahead(self) -> None:
        """Import what reading archives takes while the resolver runs."""
        import deadweight.formats.locks.pylock
        import deadweight.sources.net.http  # noqa: F401

        _ = self._machine.tags

    def _without_cuda(self, found: Resolved, file: RequirementsFile, error: FetchFailed) -> Resolved:
        """Take out what the build for CUDA alone brings in, where the index of the other build cannot be asked."""
        if self._wishes.torch != "cpu":
            raise error
        lock = found.lock
        names = of_cuda(lock, (wanted.name for wanted in file.all_wanted()))
        told = (
            f"{error.cause}; so {len(names)} distributions that only the build of PyTorch for CUDA needs are taken out"
            f" ({', '.join(sorted(names)) or 'none'}), and torch itself is the larger build for CUDA"
        )
        return replace(
            found,
            lock=replace(lock, packages=tuple(package for package in lock.packages if package.name not in names)),
            told=(*found.told, told),
            left_out=frozenset(names),
            at_most=frozenset(package.name for package in lock.packages if package.name in TORCH_FAMILY),
        )

    def _replaced(self, file: RequirementsFile, stand_ins: StandIns) -> tuple[dict[Wanted, str], tuple[Skipped, ...]]:
        """Return requirement → what a resolver gets in its place, "" for nothing; and what it gets nothing for."""
        replaced: dict[Wanted, str] = {}
        skipped: list[Skipped] = []
        for wanted in file.all_wanted():
            if not wanted.url or wanted.url.endswith(".whl"):
                continue
            name = wanted.name or wanted.url
            replaced[wanted] = ""
            if wanted.url.startswith(_REPOSITORY):
                skipped.append(Skipped(name, "its code lies in a repository; --install builds and measures it"))
                continue
            try:
                replaced[wanted] = stand_ins.replacing(wanted)
            except DeadweightError as error:
                skipped.append(Skipped(name, error.cause, error.exit_code))
        return replaced, tuple(skipped)

    def located(self, lock: Lock) -> Resolved:
        """Return a lock with its archives looked up where it names them without a URL."""
        return Resolved(lock=locate(lock, self._indexes, self._observe))

    def measured(self, resolved: Resolved, *, compiled: bool) -> Uninstalled:
        """Measure what requirements came to.

        compiled: whether to estimate the bytecode that compiling would add
        """
        lock = replace(resolved.lock, packages=tuple(map(_with_folder, resolved.lock.packages)))
        chosen = choose(lock, self._machine, hashes(self._file) if self._file else None)
        requested = {wanted.name for wanted in lock.wanted or () if wanted.name}
        if self._file is not None:
            requested = {wanted.name for wanted in self._file.all_wanted() if wanted.name}
        platform = self._machine.shown
        scheme = Scheme(
            python=self._machine.python,
            installer="pip" if self._installer.name == "pip" else "uv",
            platform=platform,
        )
        found = read_wheels(
            chosen, scheme, platform, self._reader, requested=requested, compiled=compiled, observe=self._observe
        )
        tree = replace(found.tree, skipped=tuple(sorted({*found.tree.skipped, *resolved.skipped})))
        told = (*lock.warnings, *resolved.told, *sorted(self._reader.notes))
        facts = {
            name: replace(fact, at_most=True) if name in resolved.at_most else fact
            for name, fact in found.facts.items()
        }
        swaps = {old: bare_name(new) for old, new in self._wishes.swaps.items()}
        swaps |= dict.fromkeys(resolved.left_out, "")
        return Uninstalled(lock=lock, measured=replace(found, tree=tree, facts=facts), swaps=swaps, told=told)


def lock_of(path: str, machine: Machine, choice: Choice) -> Lock:
    """Return what a lock holds for a machine, as it stands there; raises BadInput, BadLock."""
    # Without a patch number, so that a lock for "~=3.13.5" is read for "--python 3.13".
    values = {**machine.marker_values, "python_full_version": machine.python}
    return read_lock(path, _read(path), values, choice, project=_project_beside(path))


def machine_of(python: str, platform: str) -> Machine:
    """Return the machine that a ``--python`` (version, or path of an interpreter) and a ``--platform`` mean."""
    return Machine(python=version_of_interpreter(python), platform=platform)


def _with_folder(package: Pinned) -> Pinned:
    """Return a package whose code lies in a folder of this machine with that folder in its sdist's place."""
    if not os.path.isdir(package.place):
        return package
    folder = os.path.abspath(package.place)
    archive = Archive(filename=os.path.basename(folder), url=Path(folder).as_uri())
    return replace(package, sdist=archive, place="", origin=archive.url)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error


def _project_beside(path: str) -> bytes:
    """Return what lies beside a lock and tells what was asked for by name, b"" where nothing does."""
    name = "Pipfile" if os.path.basename(path) == "Pipfile.lock" else "pyproject.toml"
    beside = os.path.join(os.path.dirname(path), name)
    return _read(beside) if os.path.isfile(beside) else b""
