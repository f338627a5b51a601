"""poetry.lock → the packages that ``poetry sync`` installs on one machine.

Since lock version 2.1 (poetry 2), each package lists its groups and markers. For older locks, the graph is walked from
the requirements in the pyproject.toml next to the lock.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.locks.direct import DirectRequirements, applicable, direct_requirements, poetry_edges
from deadweight.formats.locks.locations import absolute_path, archive, by_kind, repository, url_from
from deadweight.formats.locks.marking import Markers
from deadweight.formats.locks.walking import Edge, by_name, check_edges, once, reached
from deadweight.formats.projects.poetry_constraints import as_specifiers, poetry_admits
from deadweight.formats.projects.pyproject import Choice, chosen
from deadweight.formats.tables import Malformed, Table, outline, parse_toml
from deadweight.model import Lock, Pinned

if TYPE_CHECKING:
    from packaging.version import Version

_MOST_ROUNDS = 20  # of choosing one version of each project
_KNOWN = re.compile(r"(?:1\.[01]|2\.\d{1,4})\Z")
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_TAKES_ALL = (
    "poetry.lock is older than lock version 2.1 and has no pyproject.toml next to it; all of its packages that are not"
    " optional are measured, including those for other platforms"
)


class _Package(Struct, frozen=True, eq=False):
    """One ``[[package]]``."""

    name: str
    version: str
    table: Table


def read_poetry_lock(path: str, data: bytes, markers: Markers, choice: Choice, project: bytes) -> Lock:
    """Return the packages that the lock installs; raises Malformed.

    project: the pyproject.toml, which gives the direct requirements; locks older than 2.1 are walked from them
    """
    table = parse_toml(data)
    version = table.table("metadata").text("lock-version")
    if not _KNOWN.match(version):
        raise Malformed(
            f"unsupported lock-version: {outline(version) or 'missing'}",
            hint="run poetry lock with a current version of poetry",
        )
    markers.check_python(*as_specifiers(table.table("metadata").text("python-versions")))
    packages = [_package(each) for each in table.tables("package")]
    direct = direct_requirements(project)
    has_groups = any("groups" in package.table.values for package in packages)
    in_lock = {normalize(group) for package in packages for group in package.table.texts("groups")} - {"main"}
    extras = chosen(choice.extras, {*table.table("extras").values, *direct.extras}, "extra")
    groups = chosen(choice.groups, in_lock | direct.groups, "dependency group")
    direct = direct.only(extras | groups)
    warnings: tuple[str, ...] = ()
    if has_groups:
        installed = _by_groups(packages, markers, table.table("extras"), groups, extras)
        _check_edges(installed, packages, markers)
    elif direct.starts:
        installed = _walked(packages, direct, markers)
    else:
        installed = {package: set() for package in packages if not package.table.flag("optional")}
        warnings = (_TAKES_ALL,)
    files = table.table("metadata").table("files")
    pinned = once(_pinned(path, package, files, frozenset(names)) for package, names in installed.items())
    return Lock(packages=pinned, requirements=applicable(direct, pinned), warnings=warnings)


def _package(table: Table) -> _Package:
    version = table.version()
    if version is None:
        raise table.fails("version", "is missing")
    return _Package(table.name(), version, table)


# --- since 2.1: packages list their groups ------------------------------------------------------


def _by_groups(
    packages: list[_Package], markers: Markers, lists: Table, groups: frozenset[str], extras: frozenset[str]
) -> dict[_Package, set[str]]:
    """Return the packages of the chosen groups and extras, each with those that it belongs to."""
    listed = {extra: {*map(normalize, lists.texts(extra))} for extra in lists.values}
    in_extra = {normalize(extra): names for extra, names in listed.items()}
    groups_of: dict[_Package, set[str]] = {}
    for package in packages:
        names: set[str] = set()
        for group in package.table.texts("groups"):
            marker = _marker_of(package.table, group)
            if group != "main":
                names |= {normalize(group)} if normalize(group) in groups and markers.hold(marker) else set()
            elif package.table.flag("optional") and "extra" not in marker:
                names |= {e for e in extras if package.name in in_extra.get(e, ()) and markers.hold(marker)}
            elif markers.hold(marker):
                names.add("")
            else:
                names |= {extra for extra in extras if markers.hold(marker, extras=frozenset({extra}))}
        if names:
            groups_of[package] = names
    return groups_of


def _check_edges(installed: Iterable[_Package], packages: Iterable[_Package], markers: Markers) -> None:
    """Refuse a lock that lacks a dependency of one of its packages; raises Malformed."""
    known = {package.name for package in packages}
    for package in installed:
        table = package.table.table("dependencies")
        missing = {name: value for name, value in table.values.items() if normalize(name) not in known}
        edges = poetry_edges(Table(table.where, missing)) if missing else ()
        names = [edge.name for edge, optional in edges if not optional and markers.hold(edge.marker)]
        check_edges(names, known, package.name, hint="run poetry lock")


def _marker_of(package: Table, group: str) -> str:
    if isinstance(package.values.get("markers"), dict):
        return package.table("markers").text(group)
    return package.text("markers")


# --- before 2.1: the graph is walked ------------------------------------------------------------


def _walked(packages: list[_Package], direct: DirectRequirements, markers: Markers) -> dict[_Package, set[str]]:
    """Return the packages that the graph leads to, one version of each project.

    poetry resolves again within the lock. If edges lead to two versions of a project, one that all edges admit is
    chosen.
    """
    versions = dict(by_name(packages))
    installed: dict[_Package, set[str]] = {}
    for _ in range(_MOST_ROUNDS):
        constraints: dict[str, set[str]] = defaultdict(set)
        installed = reached(direct.starts, partial(_find, versions, markers, constraints), partial(_edges, markers))
        names = Counter(package.name for package in installed)
        several = [name for name, count in names.items() if count > 1]
        best = {name: _best(versions[name], constraints[name], markers) for name in several}
        if not best or None in best.values():
            break
        versions |= {name: [package] for name, package in best.items() if package}
    return installed


def _find(
    versions: Mapping[str, list[_Package]], markers: Markers, constraints: dict[str, set[str]], edge: Edge
) -> _Package | None:
    """Return the package that an edge leads to: the newest version that its constraint and this Python admit.

    constraints: project → the constraints of all edges to it; that of this edge is added
    """
    if not markers.hold(edge.marker):
        return None
    constraints[edge.name].add(edge.version)
    candidates = versions.get(edge.name, [])
    best = _best(candidates, {edge.version} if len(candidates) > 1 else (), markers)
    if best is None:
        raise Malformed(f"{edge.name} is required but not locked", hint="run poetry lock")
    return best


def _best(versions: Iterable[_Package], constraints: Iterable[str], markers: Markers) -> _Package | None:
    """Return the newest version that all constraints and, if possible, this Python admit; None if there is none."""
    admitted = [p for p in versions if all(poetry_admits(constraint, p.version) for constraint in constraints)]
    usable = [p for p in admitted if poetry_admits(p.table.text("python-versions"), markers.python)]
    return max(usable or admitted, key=_version, default=None)


def _version(package: _Package) -> Version:
    from packaging.version import Version

    try:
        return Version(package.version)
    except ValueError as error:
        raise package.table.fails("version", "is invalid") from error


def _edges(markers: Markers, package: _Package, extra: str) -> Iterator[Edge]:
    """Yield the edges of a package, or those that one extra adds."""
    dependencies, extras = package.table.table("dependencies"), package.table.table("extras")
    added = {_named(line) for spelled in extras.values if normalize(spelled) == extra for line in extras.texts(spelled)}
    active = frozenset({extra}) if extra else frozenset()
    for edge, optional in poetry_edges(dependencies):
        if (edge.name in added if extra else not optional) and markers.hold(edge.marker, extras=active):
            yield edge._replace(marker="")


def _named(line: str) -> str:
    """Return the name in "PySocks (>=1.5.6)"."""
    match = _NAME.match(line)
    return normalize(match[1]) if match else ""


# --- sources of packages ------------------------------------------------------------------------


def _pinned(path: str, package: _Package, files: Table, groups: frozenset[str]) -> Pinned:
    source = package.table.table("source")
    kind, url = source.text("type"), source.text("url")
    pinned = Pinned(name=package.name, version=package.version, groups=groups)
    if kind == "git":
        commit = source.text("resolved_reference") or source.text("reference")
        return replace(pinned, location=repository(url, commit, subdirectory=source.text("subdirectory")))
    if kind == "directory":
        return replace(pinned, location=absolute_path(path, url))
    # Before lock version 2.0, the files of all packages were in one table.
    listed = package.table.tables("files") or files.tables(package.table.text("name"))
    origin = url_from(path, url) if kind in ("file", "url") else ""
    archives = [archive(table, origin, filename=table.text("file")) for table in listed]
    wheels, sdist = by_kind(archives)
    return replace(pinned, wheels=wheels, sdist=sdist, origin=origin)
