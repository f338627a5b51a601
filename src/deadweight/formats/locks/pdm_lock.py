"""pdm.lock → what ``pdm sync`` installs on one machine.

With pdm's strategy "inherit_metadata", its default since 2.11, each package says which groups it is for, and when.
Without it, only the graph tells, walked from the pyproject.toml beside it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.locks.asked import asked_by_project, edge_of, wanted
from deadweight.formats.locks.marking import Markers
from deadweight.formats.locks.places import archive, beside, by_kind, last_part, repository, url_from
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
_AGAIN = "lock again with a current pdm: pdm lock"
_ALL_IS_TAKEN = (
    "a pdm.lock without the strategy inherit_metadata does not tell what is for this machine, and no pyproject.toml is"
    " beside it: all of it is taken"
)


class _Package(Struct, frozen=True, eq=False):
    """One version of a project, which has a row for each set of extras that it is asked for with."""

    name: str
    version: str | None
    rows: tuple[Table, ...]

    @property
    def row(self) -> Table:
        """The one without extras, where there is one."""
        return next((row for row in self.rows if not row.texts("extras")), self.rows[0])


def read_pdm_lock(path: str, data: bytes, markers: Markers, choice: Choice, project: bytes) -> Lock:
    """Return what the lock installs; raises Malformed.

    project: the pyproject.toml, for what was asked for by name; a lock that does not tell of groups is walked from it
    """
    table = parse_toml(data)
    metadata = table.table("metadata")
    version = metadata.text("lock_version")
    if not _KNOWN.match(version):
        told = outline(version) or "none"
        raise Malformed(f"pdm.lock of a version that is not known: {told}", hint=_AGAIN)
    _check_targets(metadata, markers)
    packages = _packages(table)
    asked = asked_by_project(project)
    in_lock = {*map(normalize, metadata.texts("groups"))} - {"default"}
    extras = chosen(choice.extras, asked.extras or in_lock, "extra")
    # pdm calls extras groups, too; without a pyproject.toml nothing tells them apart
    groups = chosen(choice.groups, (in_lock - asked.extras) | asked.groups, "dependency group")
    asked = asked.only(extras | groups)
    warnings: tuple[str, ...] = ()
    if any("groups" in package.row.values for package in packages):
        found = _told(packages, markers, extras | groups)
        _check_edges(found, packages, markers, project)
    elif asked.starts:
        found = reached(asked.starts, partial(_find, by_name(packages), markers), _edges)
    else:
        found, warnings = {package: set() for package in packages}, (_ALL_IS_TAKEN,)
    files = metadata.table("files")
    pinned = once(_pinned(path, package, files, frozenset(names)) for package, names in found.items())
    return Lock(packages=pinned, wanted=wanted(asked, pinned), warnings=warnings)


def _check_targets(metadata: Table, markers: Markers) -> None:
    """Refuse a lock none of whose targets is this machine; raises Malformed."""
    targets = metadata.tables("targets")
    here = [target for target in targets if _is_for_platform(target.text("platform"), markers)]
    if targets and not here:
        names = ", ".join(dict.fromkeys(target.text("platform") for target in targets))
        raise Malformed(f"it is for other platforms: {outline(names)}", hint="give --platform one that the lock is for")
    versions = [target.text("requires_python") for target in here]
    if all(versions):
        markers.check_python(*versions)


def _is_for_platform(platform: str, markers: Markers) -> bool:
    """Say whether a target's platform, as pdm names it ("linux", "manylinux_2_17_x86_64"), may be this machine."""
    match = _PLATFORM.match(platform)
    if match is None or not markers.system:
        return True
    systems = {"windows": "win32", "macos": "darwin"}
    machine = _MACHINES.get(match["machine"], match["machine"])
    same = _MACHINES.get(markers.processor.lower(), markers.processor.lower())
    return systems.get(match["system"], "linux") == markers.system and (not machine or not same or machine == same)


def _check_edges(found: Iterable[_Package], packages: Iterable[_Package], markers: Markers, project: bytes) -> None:
    """Refuse a lock that lacks what one of its packages needs; raises Malformed."""
    resolution = parse_toml(project).table("tool").table("pdm").table("resolution") if project else Table("", {})
    there = {package.name for package in packages} | {*map(normalize, resolution.texts("excludes"))}
    for package in found:
        for row in package.rows:
            lines = [line for line in row.texts("dependencies") if _named(line) not in there]
            missing = [edge.name for edge in map(edge_of, lines) if _is_for(row, markers) and markers.hold(edge.marker)]
            check_edges(missing, there, package.name, hint=_AGAIN)


def _named(line: str) -> str:
    """Return the name that a PEP 508 line begins with, "" where it is none."""
    match = _NAME.match(line)
    return normalize(match[1]) if match else ""


def _packages(table: Table) -> list[_Package]:
    """Return the packages, with the rows that differ in extras alone taken together."""
    found: dict[tuple[str, str | None], list[Table]] = defaultdict(list)
    for row in table.tables("package"):
        found[row.name(), row.version()].append(row)
    return [_Package(name, version, tuple(rows)) for (name, version), rows in found.items()]


def _told(packages: Iterable[_Package], markers: Markers, chosen: frozenset[str]) -> dict[_Package, set[str]]:
    """Return the packages that are for what was chosen, each with the groups and extras that it is for."""
    found: dict[_Package, set[str]] = {}
    for package in packages:
        names = {_group(name) for row in package.rows if _is_for(row, markers) for name in row.texts("groups")}
        if names & (chosen | {""}):
            found[package] = names & (chosen | {""})
    return found


def _group(name: str) -> str:
    return "" if name == "default" else normalize(name)


def _is_for(row: Table, markers: Markers) -> bool:
    return markers.hold(row.text("marker"))


def _find(versions: Mapping[str, list[_Package]], markers: Markers, edge: Edge) -> _Package | None:
    """Return what an edge leads to: the version that its specifier admits."""
    if not markers.hold(edge.marker):
        return None
    found = versions.get(edge.name, [])
    if len(found) > 1:
        found = [p for p in found if p.version is None or admits(edge.version, p.version)]
        found = [p for p in found if admits(p.row.text("requires_python"), markers.python)] or found
    if not found:
        raise Malformed(f"{edge.name} is asked for and not there", hint=_AGAIN)
    return found[0]


def _edges(package: _Package, extra: str) -> Iterator[Edge]:
    """Yield the edges of a package, or those of the rows that one of its extras has."""
    for row in package.rows:
        extras = frozenset(map(normalize, row.texts("extras")))
        if extra in extras if extra else not extras:
            # a row with extras asks for its own package, too
            yield from (edge_of(line) for line in row.texts("dependencies"))


def _pinned(path: str, package: _Package, files: Table, groups: frozenset[str]) -> Pinned:
    row = package.row
    found = Pinned(name=package.name, version=package.version, groups=groups)
    if git := row.text("git"):
        commit = row.text("revision") or row.text("ref")
        return replace(found, place=repository(git, commit, subdirectory=row.text("subdirectory")))
    origin = url_from(path, row.text("path") or row.text("url"))
    # before lock_version 4.3 the files of all packages stood together
    listed = row.tables("files") or files.tables(f"{package.name} {package.version}")
    if row.text("path") and not listed:
        return replace(found, place=beside(path, row.text("path")))
    archives = [_archive(table, origin) for table in listed]
    wheels, sdist = by_kind(archives)
    return replace(found, wheels=wheels, sdist=sdist, origin=origin)


def _archive(table: Table, origin: str) -> Archive:
    """Return an archive; with the strategy "static_urls" it has a URL, else a file name."""
    url = table.text("url") or origin
    return archive(table, url, filename=table.text("file") or last_part(url))
