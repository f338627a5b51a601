"""pylock.toml → the packages that it installs on one machine, with the chosen extras and dependency groups.

source: PEP 751; ``packaging.pylock`` validates the values. Its ``select`` is not used, because it also selects wheels.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.locks.direct import applicable, direct_requirements
from deadweight.formats.locks.locations import (
    absolute_path,
    by_kind,
    checked_url,
    file_name,
    file_url,
    last_part,
    named_as,
    repository,
    sha256_of,
)
from deadweight.formats.locks.marking import Markers
from deadweight.formats.locks.walking import check_edges, once
from deadweight.formats.projects.pyproject import Choice, chosen
from deadweight.formats.tables import Malformed, Table, outline, parse_toml
from deadweight.model import Archive, Lock, Pinned

if TYPE_CHECKING:
    from packaging.pylock import Package, PackageArchive, PackageSdist, PackageVcs, PackageWheel, Pylock

_QUOTED = re.compile(r"""["']([^"']*)["']""")
_VERSION = re.compile(r"1\.(\d{1,9})\Z")
_AGAIN = "create the file again, for example with a current uv: uv export --format pylock.toml"


def read_pylock(path: str, data: bytes, markers: Markers, choice: Choice, project: bytes) -> Lock:
    """Return the packages that the lock installs; raises Malformed.

    project: the pyproject.toml, which gives the direct requirements
    """
    table = parse_toml(data)
    warnings = _version_warnings(table)
    lock = _validated(table)
    _check_machine(lock, markers)
    locked = {package.name for package in lock.packages}
    for package in lock.packages:
        names = [normalize(str(each.get("name", package.name))) for each in package.dependencies or ()]
        check_edges(names, locked, package.name, hint=_AGAIN)
    # PEP 751: default groups mean the project itself and cannot be requested by name.
    default = frozenset(map(normalize, lock.default_groups or ()))
    known = frozenset(map(normalize, lock.dependency_groups or ()))
    groups = chosen(choice.groups, known | default, "dependency group") - default
    extras = chosen(choice.extras, lock.extras or (), "extra")
    has_groups = bool(lock.extras or lock.dependency_groups or lock.default_groups)
    selection = _Selection(markers, default, groups, extras)
    selected = [
        (package, selection.groups_of(str(package.marker or "")) if has_groups else frozenset())
        for package in lock.packages
        if markers.hold(str(package.marker or ""), extras=extras, groups=groups | default)
    ]
    for package, _ in selected:
        markers.check_python(str(package.requires_python or ""), what=package.name)
    pinned = once(_pinned(path, package, names) for package, names in selected)
    return Lock(packages=pinned, requirements=applicable(direct_requirements(project), pinned), warnings=warnings)


class _Selection:
    """The chosen extras and groups; determines which of them a package belongs to."""

    def __init__(
        self, markers: Markers, default: frozenset[str], groups: frozenset[str], extras: frozenset[str]
    ) -> None:
        self._markers, self._default, self._groups, self._extras = markers, default, groups, extras

    def groups_of(self, marker: str) -> frozenset[str]:
        """Return the extras and groups that a marker needs; {""} (the project itself) if it needs none."""
        if self._markers.hold(marker, groups=self._default):
            return frozenset({""})
        named = {normalize(quoted) for quoted in _QUOTED.findall(marker)}
        alone = {group for group in self._groups & named if self._markers.hold(marker, groups=frozenset({group}))}
        alone |= {extra for extra in self._extras & named if self._markers.hold(marker, extras=frozenset({extra}))}
        return frozenset(alone) or self._groups | self._extras


def _version_warnings(table: Table) -> tuple[str, ...]:
    version = table.text("lock-version")
    match = _VERSION.match(version)
    if not match:
        raise Malformed(
            f"unsupported lock-version: {outline(version) or 'missing'}",
            hint=_AGAIN,
        )
    return () if match[1] == "0" else (f"lock-version is {version}; features newer than 1.0 are ignored",)


def _validated(table: Table) -> Pylock:
    from packaging.pylock import Pylock, PylockValidationError

    try:
        return Pylock.from_dict({**table.values, "lock-version": "1.0"})
    except (PylockValidationError, ValueError, RecursionError) as error:
        # packaging converts every error to text
        reason = "nested too deeply" if "recursion" in str(error) else outline(str(error), 200)
        raise Malformed(reason) from error


def _check_machine(lock: Pylock, markers: Markers) -> None:
    markers.check_python(str(lock.requires_python or ""))
    if lock.environments and not any(markers.hold(str(marker)) for marker in lock.environments):
        listed = "; ".join(map(str, lock.environments))
        raise Malformed(
            f"locked for other environments: {outline(listed)}", hint="select one of them with --python and --platform"
        )


def _pinned(path: str, package: Package, groups: frozenset[str]) -> Pinned:
    archives = [_archive(path, wheel, package.name) for wheel in package.wheels or ()]
    archives += [_archive(path, package.sdist, package.name)] if package.sdist else []
    location = origin = ""
    if package.vcs:
        location = _repository(path, package.vcs)
    elif package.directory:
        location = absolute_path(path, "/".join(filter(None, (package.directory.path, package.directory.subdirectory))))
    elif package.archive:
        archives = [_archive(path, package.archive, package.name)]
        origin = archives[0].url
    wheels, sdist = by_kind(archives)
    version = str(package.version) if package.version else None
    return Pinned(
        name=package.name, version=version, wheels=wheels, sdist=sdist, location=location, origin=origin, groups=groups
    )


def _archive(path: str, entry: PackageWheel | PackageSdist | PackageArchive, where: str) -> Archive:
    if entry.size is not None and entry.size < 0:
        raise Malformed(f"{where}: negative size")
    hashes = {algorithm.lower(): digits for algorithm, digits in entry.hashes.items()}
    # PEP 751 lets tools try the path first if both are given, but the path need not exist, so the URL is used.
    url = checked_url(entry.url, where) if entry.url else file_url(path, entry.path or "")
    named = getattr(entry, "name", None) or (last_part(url) if entry.url else named_as(entry.path or ""))
    return Archive(
        filename=file_name(named, where),
        url=url,
        sha256=sha256_of(f"sha256:{hashes['sha256']}", where) if "sha256" in hashes else None,
        size=entry.size,
    )


def _repository(path: str, vcs: PackageVcs) -> str:
    url = vcs.url or file_url(path, vcs.path or "")
    return repository(url, vcs.commit_id, subdirectory=vcs.subdirectory or "", kind=vcs.type)
