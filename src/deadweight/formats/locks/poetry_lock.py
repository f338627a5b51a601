"""poetry.lock → what ``poetry sync`` installs on one machine.

From 2.1 on (poetry 2) the lock says of each package which groups it is for, and when. Before, only its graph tells,
walked from the pyproject.toml beside it.
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
from deadweight.formats.locks.asked import Asked, asked_by_project, poetry_edges, wanted
from deadweight.formats.locks.marking import Markers
from deadweight.formats.locks.places import archive, beside, by_kind, repository, url_from
from deadweight.formats.locks.walking import Edge, by_name, check_edges, once, reached
from deadweight.formats.projects.poetry_constraints import as_specifiers, poetry_admits
from deadweight.formats.projects.pyproject import Choice, chosen
from deadweight.formats.tables import Malformed, Table, outline, parse_toml
from deadweight.model import Lock, Pinned

if TYPE_CHECKING:
    from packaging.version import Version

_MOST_ROUNDS = 20  # of choosing one version of each project; each settles all that were open
_KNOWN = re.compile(r"(?:1\.[01]|2\.\d{1,4})\Z")
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_ALL_IS_TAKEN = (
    "a poetry.lock of before version 2.1 does not tell what is for this machine, and no pyproject.toml is beside it:"
    " all that is not optional is taken"
)


class _Package(Struct, frozen=True, eq=False):
    """One ``[[package]]``."""

    name: str
    version: str
    table: Table


def read_poetry_lock(path: str, data: bytes, markers: Markers, choice: Choice, project: bytes) -> Lock:
    """Return what the lock installs; raises Malformed.

    project: the pyproject.toml, for what was asked for by name; a lock of before 2.1 is walked from it
    """
    table = parse_toml(data)
    version = table.table("metadata").text("lock-version")
    if not _KNOWN.match(version):
        raise Malformed(
            f"poetry.lock of a version that is not known: {outline(version) or 'none'}",
            hint="lock again with a current poetry: poetry lock",
        )
    markers.check_python(*as_specifiers(table.table("metadata").text("python-versions")))
    packages = [_package(found) for found in table.tables("package")]
    asked = asked_by_project(project)
    tells = any("groups" in package.table.values for package in packages)
    in_lock = {normalize(group) for package in packages for group in package.table.texts("groups")} - {"main"}
    extras = chosen(choice.extras, {*table.table("extras").values, *asked.extras}, "extra")
    groups = chosen(choice.groups, in_lock | asked.groups, "dependency group")
    asked = asked.only(extras | groups)
    warnings: tuple[str, ...] = ()
    if tells:
        found = _told(packages, markers, table.table("extras"), groups, extras)
        _check_edges(found, packages, markers)
    elif asked.starts:
        found = _walked(packages, asked, markers)
    else:
        found = {package: set() for package in packages if not package.table.flag("optional")}
        warnings = (_ALL_IS_TAKEN,)
    files = table.table("metadata").table("files")
    pinned = once(_pinned(path, package, files, frozenset(names)) for package, names in found.items())
    return Lock(packages=pinned, wanted=wanted(asked, pinned), warnings=warnings)


def _package(table: Table) -> _Package:
    version = table.version()
    if version is None:
        raise table.fails("version", "is missing")
    return _Package(table.name(), version, table)


# --- from 2.1 on: each package tells ------------------------------------------------------------


def _told(
    packages: list[_Package], markers: Markers, lists: Table, groups: frozenset[str], extras: frozenset[str]
) -> dict[_Package, set[str]]:
    """Return the packages that are for what was chosen, each with the groups and extras that it is for."""
    listed = {extra: {*map(normalize, lists.texts(extra))} for extra in lists.values}
    in_extra = {normalize(extra): names for extra, names in listed.items()}
    found: dict[_Package, set[str]] = {}
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
            found[package] = names
    return found


def _check_edges(found: Iterable[_Package], packages: Iterable[_Package], markers: Markers) -> None:
    """Refuse a lock that lacks what one of its packages needs; raises Malformed."""
    there = {package.name for package in packages}
    for package in found:
        table = package.table.table("dependencies")
        missing = {name: value for name, value in table.values.items() if normalize(name) not in there}
        edges = poetry_edges(Table(table.where, missing)) if missing else ()
        names = [edge.name for edge, optional in edges if not optional and markers.hold(edge.marker)]
        check_edges(names, there, package.name, hint="lock again: poetry lock")


def _marker_of(package: Table, group: str) -> str:
    if isinstance(package.values.get("markers"), dict):
        return package.table("markers").text(group)
    return package.text("markers")


# --- before 2.1: the graph tells ----------------------------------------------------------------


def _walked(packages: list[_Package], asked: Asked, markers: Markers) -> dict[_Package, set[str]]:
    """Return the packages that the graph leads to, of each project one version.

    poetry resolves again within the lock, so where edges alone lead to two versions, all of them have to admit it.
    """
    versions = dict(by_name(packages))
    found: dict[_Package, set[str]] = {}
    for _ in range(_MOST_ROUNDS):
        constraints: dict[str, set[str]] = defaultdict(set)
        found = reached(asked.starts, partial(_find, versions, markers, constraints), partial(_edges, markers))
        names = Counter(package.name for package in found)
        several = [name for name, count in names.items() if count > 1]
        best = {name: _best(versions[name], constraints[name], markers) for name in several}
        if not best or None in best.values():
            break
        versions |= {name: [package] for name, package in best.items() if package}
    return found


def _find(
    versions: Mapping[str, list[_Package]], markers: Markers, constraints: dict[str, set[str]], edge: Edge
) -> _Package | None:
    """Return what an edge leads to; of several versions the newest that its constraint and this Python admit.

    constraints: project → those of the edges that led to it; this one's is added
    """
    if not markers.hold(edge.marker):
        return None
    constraints[edge.name].add(edge.version)
    found = versions.get(edge.name, [])
    best = _best(found, {edge.version} if len(found) > 1 else (), markers)
    if best is None:
        raise Malformed(f"{edge.name} is asked for and not there", hint="lock again: poetry lock")
    return best


def _best(versions: Iterable[_Package], constraints: Iterable[str], markers: Markers) -> _Package | None:
    """Return the newest version that all constraints and, if possible, this Python admit; None where none does."""
    found = [p for p in versions if all(poetry_admits(constraint, p.version) for constraint in constraints)]
    found = [p for p in found if poetry_admits(p.table.text("python-versions"), markers.python)] or found
    return max(found, key=_version, default=None)


def _version(package: _Package) -> Version:
    from packaging.version import Version

    try:
        return Version(package.version)
    except ValueError as error:
        raise package.table.fails("version", "is none") from error


def _edges(markers: Markers, package: _Package, extra: str) -> Iterator[Edge]:
    """Yield the edges of a package, or those that one of its extras adds."""
    dependencies, extras = package.table.table("dependencies"), package.table.table("extras")
    added = {_named(line) for spelled in extras.values if normalize(spelled) == extra for line in extras.texts(spelled)}
    active = frozenset({extra}) if extra else frozenset()
    for edge, optional in poetry_edges(dependencies):
        if (edge.name in added if extra else not optional) and markers.hold(edge.marker, extras=active):
            yield edge._replace(marker="")


def _named(line: str) -> str:
    """Return the name in "PySocks (>=1.5.6)"."""
    found = _NAME.match(line)
    return normalize(found[1]) if found else ""


# --- where packages come from -------------------------------------------------------------------


def _pinned(path: str, package: _Package, files: Table, groups: frozenset[str]) -> Pinned:
    source = package.table.table("source")
    kind, url = source.text("type"), source.text("url")
    found = Pinned(name=package.name, version=package.version, groups=groups)
    if kind == "git":
        commit = source.text("resolved_reference") or source.text("reference")
        return replace(found, place=repository(url, commit, subdirectory=source.text("subdirectory")))
    if kind == "directory":
        return replace(found, place=beside(path, url))
    # before 2.0 the files of all packages stood together
    listed = package.table.tables("files") or files.tables(package.table.text("name"))
    origin = url_from(path, url) if kind in ("file", "url") else ""
    archives = [archive(table, origin, filename=table.text("file")) for table in listed]
    wheels, sdist = by_kind(archives)
    return replace(found, wheels=wheels, sdist=sdist, origin=origin)
