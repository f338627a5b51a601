"""pdm.lock → the packages that ``pdm sync`` installs on one machine.

With pdm's strategy "inherit_metadata", its default since 2.11, each package lists its groups and markers. Without it,
the graph is walked from the requirements in the pyproject.toml next to the lock.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.locks.direct import applicable, direct_requirements, edge_of
from deadweight.formats.locks.locations import absolute_path, archive, by_kind, last_part, repository, url_from
from deadweight.formats.locks.marking import Markers
from deadweight.formats.locks.walking import Edge, by_name, check_edges, once, reached
from deadweight.formats.projects.pyproject import Choice, chosen
from deadweight.formats.tables import Malformed, Table, outline, parse_toml
from deadweight.formats.versions import admits
from deadweight.model import Archive, Lock, Pinned

_KNOWN = re.compile(r"4(?:\.\d{1,4}){0,2}\Z")
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_PLATFORM = re.compile(
    r"(?P<system>windows|macos|alpine|(?:many|musl)?linux)(?:_\d+_\d+)?(?:_(?P<machine>[a-z]\w*))?\Z"
)
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64", None: ""}
_AGAIN = "run pdm lock with a current version of pdm"
_TAKES_ALL = (
    "pdm.lock does not use the strategy inherit_metadata and has no pyproject.toml next to it; all of its packages are"
    " measured, including those for other platforms"
)


class _Package(Struct, frozen=True, eq=False):
    """One version of a project, with a row for each set of extras that is requested."""

    name: str
    version: str | None
    rows: tuple[Table, ...]

    @property
    def row(self) -> Table:
        """The row without extras, or else the first one."""
        return next((row for row in self.rows if not row.texts("extras")), self.rows[0])


def read_pdm_lock(path: str, data: bytes, markers: Markers, choice: Choice, project: bytes) -> Lock:
    """Return the packages that the lock installs; raises Malformed.

    project: the pyproject.toml, which gives the direct requirements; a lock without groups is walked from them
    """
    table = parse_toml(data)
    metadata = table.table("metadata")
    version = metadata.text("lock_version")
    if not _KNOWN.match(version):
        raise Malformed(f"unsupported lock_version: {outline(version) or 'missing'}", hint=_AGAIN)
    _check_targets(metadata, markers)
    packages = _packages(table)
    direct = direct_requirements(project)
    in_lock = {*map(normalize, metadata.texts("groups"))} - {"default"}
    extras = chosen(choice.extras, direct.extras or in_lock, "extra")
    # pdm calls extras groups, too. Without a pyproject.toml they cannot be distinguished.
    groups = chosen(choice.groups, (in_lock - direct.extras) | direct.groups, "dependency group")
    direct = direct.only(extras | groups)
    warnings: tuple[str, ...] = ()
    if any("groups" in package.row.values for package in packages):
        installed = _by_groups(packages, markers, extras | groups)
        _check_edges(installed, packages, markers, project)
    elif direct.starts:
        installed = reached(direct.starts, partial(_find, by_name(packages), markers), _edges)
    else:
        installed, warnings = {package: set() for package in packages}, (_TAKES_ALL,)
    files = metadata.table("files")
    pinned = once(_pinned(path, package, files, frozenset(names)) for package, names in installed.items())
    return Lock(packages=pinned, requirements=applicable(direct, pinned), warnings=warnings)


def _check_targets(metadata: Table, markers: Markers) -> None:
    """Refuse a lock without a target for this machine; raises Malformed."""
    targets = metadata.tables("targets")
    matching = [target for target in targets if _is_for_platform(target.text("platform"), markers)]
    if targets and not matching:
        names = ", ".join(dict.fromkeys(target.text("platform") for target in targets))
        raise Malformed(f"locked for other platforms: {outline(names)}", hint="select one of them with --platform")
    versions = [target.text("requires_python") for target in matching]
    if all(versions):
        markers.check_python(*versions)


def _is_for_platform(platform: str, markers: Markers) -> bool:
    """Return whether a platform in pdm's notation ("linux", "manylinux_2_17_x86_64") may be this machine."""
    match = _PLATFORM.match(platform)
    if match is None or not markers.system:
        return True
    systems = {"windows": "win32", "macos": "darwin"}
    machine = _MACHINES.get(match["machine"], match["machine"])
    same = _MACHINES.get(markers.processor.lower(), markers.processor.lower())
    return systems.get(match["system"], "linux") == markers.system and (not machine or not same or machine == same)


def _check_edges(installed: Iterable[_Package], packages: Iterable[_Package], markers: Markers, project: bytes) -> None:
    """Refuse a lock that lacks a dependency of one of its packages; raises Malformed."""
    resolution = parse_toml(project).table("tool").table("pdm").table("resolution") if project else Table("", {})
    known = {package.name for package in packages} | {*map(normalize, resolution.texts("excludes"))}
    for package in installed:
        for row in package.rows:
            lines = [line for line in row.texts("dependencies") if _named(line) not in known]
            missing = [edge.name for edge in map(edge_of, lines) if _is_for(row, markers) and markers.hold(edge.marker)]
            check_edges(missing, known, package.name, hint=_AGAIN)


def _named(line: str) -> str:
    """Return the name at the start of a PEP 508 line, "" if it is invalid."""
    match = _NAME.match(line)
    return normalize(match[1]) if match else ""


def _packages(table: Table) -> list[_Package]:
    """Return the packages; rows that differ only in extras are one package."""
    rows_of: dict[tuple[str, str | None], list[Table]] = defaultdict(list)
    for row in table.tables("package"):
        rows_of[row.name(), row.version()].append(row)
    return [_Package(name, version, tuple(rows)) for (name, version), rows in rows_of.items()]


def _by_groups(packages: Iterable[_Package], markers: Markers, chosen: frozenset[str]) -> dict[_Package, set[str]]:
    """Return the packages of the chosen groups and extras, each with those that it belongs to."""
    groups_of: dict[_Package, set[str]] = {}
    for package in packages:
        names = {_group(name) for row in package.rows if _is_for(row, markers) for name in row.texts("groups")}
        if names & (chosen | {""}):
            groups_of[package] = names & (chosen | {""})
    return groups_of


def _group(name: str) -> str:
    return "" if name == "default" else normalize(name)


def _is_for(row: Table, markers: Markers) -> bool:
    return markers.hold(row.text("marker"))


def _find(versions: Mapping[str, list[_Package]], markers: Markers, edge: Edge) -> _Package | None:
    """Return the package that an edge leads to: the version that its specifier admits."""
    if not markers.hold(edge.marker):
        return None
    packages = versions.get(edge.name, [])
    if len(packages) > 1:
        packages = [p for p in packages if p.version is None or admits(edge.version, p.version)]
        packages = [p for p in packages if admits(p.row.text("requires_python"), markers.python)] or packages
    if not packages:
        raise Malformed(f"{edge.name} is required but not locked", hint=_AGAIN)
    return packages[0]


def _edges(package: _Package, extra: str) -> Iterator[Edge]:
    """Yield the edges of a package, or those of its rows with one extra."""
    for row in package.rows:
        extras = frozenset(map(normalize, row.texts("extras")))
        if extra in extras if extra else not extras:
            # A row with extras also depends on its own package.
            yield from (edge_of(line) for line in row.texts("dependencies"))


def _pinned(path: str, package: _Package, files: Table, groups: frozenset[str]) -> Pinned:
    row = package.row
    pinned = Pinned(name=package.name, version=package.version, groups=groups)
    if git := row.text("git"):
        commit = row.text("revision") or row.text("ref")
        return replace(pinned, location=repository(git, commit, subdirectory=row.text("subdirectory")))
    origin = url_from(path, row.text("path") or row.text("url"))
    # Before lock_version 4.3, the files of all packages were in one table.
    listed = row.tables("files") or files.tables(f"{package.name} {package.version}")
    if row.text("path") and not listed:
        return replace(pinned, location=absolute_path(path, row.text("path")))
    archives = [_archive(table, origin) for table in listed]
    wheels, sdist = by_kind(archives)
    return replace(pinned, wheels=wheels, sdist=sdist, origin=origin)


def _archive(table: Table, origin: str) -> Archive:
    """Return an archive, with a URL under the strategy "static_urls", else only with a file name."""
    url = table.text("url") or origin
    return archive(table, url, filename=table.text("file") or last_part(url))
