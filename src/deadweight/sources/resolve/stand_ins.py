"""Versions that an installer would build → stand-ins, wheels that contain only METADATA, for the resolver.

A resolver that must not build ignores versions with an sdist but without a compatible wheel: it chooses an older
version or fails. So it runs again, with stand-ins for these versions. A version with neither a wheel nor an sdist gets
none, since an installer ignores it, too.
"""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from deadweight.errors import DeadweightError
from deadweight.formats.distributions.metadata import headers, normalize
from deadweight.formats.installers.simple_index import Link, version_of
from deadweight.formats.version_ranges import is_exact, within
from deadweight.model import Archive, Lock, Pinned, Requirement
from deadweight.platforms.machine import Machine
from deadweight.platforms.selection import best_wheel
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.resolve.pages import FRESH
from deadweight.sources.system.threads import Background, in_parallel
from deadweight.sources.wheels.archives import ArchiveReader

_KIND = "passed-over"
_AHEAD = 8  # pages that are fetched while the resolver runs


class StandIns:
    """Makes stand-ins, and replaces them in the resolver's answer.

    directory:    the directory of the stand-ins, for ``--find-links``
    machine:   the machine to measure for
    resolving: the machine to resolve for: the same, or a similar one
    """

    def __init__(
        self, directory: str, machine: Machine, resolving: Machine, indexes: Indexes, reader: ArchiveReader
    ) -> None:
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        self._machine, self._resolving, self._indexes, self._reader = machine, resolving, indexes, reader
        self._real: dict[str, Pinned] = {}
        self._fetching = Background(_AHEAD)

    def add(self, doubts: Iterable[tuple[str, str]]) -> list[str]:
        """Make stand-ins for the versions that an installer would build; return the projects with new ones.

        doubts: (project, range of versions), as in uv's log or as a specifier (PEP 440)
        """
        made = {doubt[0] for doubt, task in in_parallel(lambda doubt: self._add(*doubt), doubts) if task.result()}
        return sorted(made)

    def expect(self, name: str, versions: str) -> None:
        """Start to fetch the index page of a project, which ``add`` will need when the resolver is done."""
        if self._needs_none(name, versions):
            return
        self._fetching.submit(self._indexes.links, name)

    def close(self) -> None:
        """Start no more requests."""
        self._fetching.close()

    def _needs_none(self, name: str, versions: str) -> bool:
        """Return whether a recent check showed that no version in a range needs a stand-in.

        That is the case for most versions that uv ignores: their Requires-Python excludes this Python.
        """
        key = self._key(name, versions)
        checked = self._indexes.store.get(_KIND, key) if key else None
        return checked is not None and checked.isdigit() and 0 <= time.time() - int(checked) < FRESH

    def _key(self, name: str, versions: str) -> str | None:
        machine = self._machine
        return self._indexes.key(name, versions, repr(machine), machine.shown, repr(self._resolving))

    def _add(self, name: str, versions: str) -> bool:
        if self._needs_none(name, versions):
            return False
        try:
            links = self._indexes.links(name)
        except DeadweightError:
            return False  # the resolver's own reason is better
        for version, files in _newest_first(links, name, versions, self._machine):
            wheels = tuple(link.archive for link in files if link.archive.filename.endswith(".whl"))
            if best_wheel(wheels, self._resolving) is not None:
                break
            sdist = next((link.archive for link in files if not link.archive.filename.endswith(".whl")), None)
            if sdist is not None or best_wheel(wheels, self._machine) is not None:
                package = Pinned(name=name, version=version, wheels=wheels, sdist=sdist)
                return self._make(package, (*wheels[:1], *([sdist] if sdist else ())))
        key = self._key(name, versions)
        if key is not None:
            self._indexes.store.put(_KIND, key, str(int(time.time())).encode())
        return False

    def replacing(self, requirement: Requirement) -> str:
        """Return a requirement line for a requirement on a directory or an sdist.

        raises: FetchFailed, MalformedArchive, BadInput
        """
        remote = "://" in requirement.url and not requirement.url.startswith("file:")
        url = requirement.url if remote else requirement.location or requirement.url
        filename = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
        archive = Archive(filename=filename, url=url)
        metadata = headers(self._reader.contents(archive).metadata)
        name, version = normalize(metadata["name"][0]), metadata["version"][0]
        package = Pinned(
            name=name, version=version, sdist=archive, origin="" if requirement.editable else requirement.location
        )
        self._make(package, (archive,))
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        marker = f" ; {requirement.marker}" if requirement.marker else ""
        return f"{name}{extras} @ {Path(self.directory, _filename(package)).as_uri()}{marker}"

    def _make(self, package: Pinned, archives: Iterable[Archive]) -> bool:
        """Write a stand-in with the METADATA of the first readable archive; return whether it is new."""
        filename = _filename(package)
        if filename in self._real:
            return False
        for archive in archives:
            try:
                metadata = self._reader.contents(archive).metadata
            except DeadweightError:
                continue
            Path(self.directory, filename).write_bytes(_wheel(filename, metadata))
            self._real[filename] = package
            return True
        return False

    def put_back(self, lock: Lock) -> Lock:
        """Return the lock with the real archives instead of the stand-ins."""
        return replace(lock, packages=tuple(self._put_back(package) for package in lock.packages))

    def _put_back(self, package: Pinned) -> Pinned:
        names = [wheel.filename for wheel in package.wheels if wheel.filename in self._real]
        return replace(self._real[names[0]], groups=package.groups) if names else package


def _newest_first(links: Iterable[Link], name: str, versions: str, machine: Machine) -> list[tuple[str, list[Link]]]:
    """Return (version, its archives) of the candidates: final, for this Python, within the range, and not yanked.

    A range of exactly one version also allows a yanked one (PEP 592).
    """
    from packaging.version import Version

    exact = is_exact(versions)
    fits = _FitsPython(machine.marker_values["python_full_version"])
    by_text: dict[str, list[Link]] = {}
    for link in links:
        text = version_of(link.archive.filename, name)
        if text is not None and (exact or not link.yanked) and fits(link.requires_python):
            by_text.setdefault(text, []).append(link)
    texts = {Version(text): text for text in by_text if within(Version(text), versions)}
    final = [version for version in texts if not version.is_prerelease] or list(texts)
    return [(texts[version], by_text[texts[version]]) for version in sorted(final, reverse=True)]


class _FitsPython:
    """Whether a Requires-Python allows a Python; most archives share a few values, so results are cached."""

    def __init__(self, python: str) -> None:
        self._python = python
        self._known: dict[str, bool] = {}

    def __call__(self, requires_python: str) -> bool:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        if requires_python not in self._known:
            try:
                self._known[requires_python] = SpecifierSet(requires_python).contains(self._python)
            except InvalidSpecifier:
                self._known[requires_python] = False
        return self._known[requires_python]


def _filename(package: Pinned) -> str:
    return f"{package.name.replace('-', '_')}-{package.version}-py3-none-any.whl"


def _wheel(filename: str, metadata: bytes) -> bytes:
    info = "-".join(filename.split("-")[:2]) + ".dist-info"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{info}/METADATA", metadata + b"\n\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return buffer.getvalue()
