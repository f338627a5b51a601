"""uv.lock → the packages that ``uv sync`` installs on one machine: its graph, walked from the project.

source: the format has no specification; the keys are those of uv 0.3 and later (``version = 1``, any revision)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from posixpath import join
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.locks.locations import (
    absolute_path,
    archive,
    by_kind,
    file_url,
    last_part,
    named_as,
    repository,
)
from deadweight.formats.locks.marking import Markers
from deadweight.formats.locks.walking import Edge, by_name, merged, once, reached
from deadweight.formats.projects.pyproject import Choice, chosen
from deadweight.formats.tables import Malformed, Table, parse_toml
from deadweight.model import Archive, Lock, Pinned, Requirement

_DIRECTORIES = ("directory", "editable", "virtual")
_KINDS = ("registry", "git", "url", "path", *_DIRECTORIES)
_AGAIN = "run uv lock with a current version of uv"


class _Source(NamedTuple):
    """The source of a package: one of ``_KINDS``, and a URL or a path relative to the lock's directory."""

    kind: str
    location: str


class _Package(Struct, frozen=True, eq=False):
    """One ``[[package]]``."""

    name: str
    version: str | None
    source: _Source
    table: Table
    edges: tuple[Edge, ...]
    extras: Mapping[str, tuple[Edge, ...]]
    groups: Mapping[str, tuple[Edge, ...]]


def read_uv_lock(path: str, data: bytes, markers: Markers, choice: Choice, project: bytes) -> Lock:
    """Return the packages that the lock installs; ``project`` is not needed, since the lock is complete.

    raises: Malformed
    """
    table = parse_toml(data)
    number = table.take("version", int, "a number")
    if number != 1 or "distribution" in table.values:
        raise Malformed(f"unsupported lock version: {number}", hint=_AGAIN)
    markers.check_python(table.text("requires-python"))
    packages = [_package(each) for each in table.tables("package")]
    manifest = table.table("manifest")
    members = _members(manifest, packages)
    chosen_members = _starting_members(choice, members)
    if choice.packages:
        manifest = Table("manifest", {})  # --package leaves out the groups and requirements of the root
    groups, extras = _chosen(choice, chosen_members, manifest)
    graph = _Graph(packages, members, chosen_members, markers, _conflict_extras(members, groups, extras))
    starts = _starts(manifest, chosen_members, groups, extras)
    installed = reached(starts, graph.find, graph.edges)
    pinned = once(_pinned(path, package, frozenset(n)) for package, n in installed.items() if package not in members)
    return Lock(packages=pinned, requirements=merged(graph.requirements(starts)))


def _package(table: Table) -> _Package:
    optional, groups = table.table("optional-dependencies"), table.table("dev-dependencies")
    return _Package(
        name=table.name(),
        version=table.version(),
        source=_source(table),
        table=table,
        edges=_edges(table, "dependencies"),
        extras={normalize(extra): _edges(optional, extra) for extra in optional.values},
        groups={normalize(group): _edges(groups, group) for group in groups.values},
    )


def _source(table: Table) -> _Source:
    source = table.table("source")
    kind = next((kind for kind in _KINDS if kind in source.values), "")
    if not kind:
        raise table.fails("source", "has an unknown kind")
    return _Source(kind, source.text(kind))


def _edges(table: Table, key: str) -> tuple[Edge, ...]:
    return tuple(_edge(each) for each in table.tables(key))


def _edge(table: Table) -> Edge:
    # The key is ``extra`` in an edge and ``extras`` in a requirement of the manifest.
    extras = table.texts("extra") or table.texts("extras")
    source = ":".join(_source(table)) if "source" in table.values else ""
    marker, version = table.text("marker"), table.version() or ""
    return Edge(table.name(), tuple(map(normalize, extras)), marker, version, source)


def _members(manifest: Table, packages: list[_Package]) -> frozenset[_Package]:
    """Return the projects that are locked: the members of the workspace, else the project next to the lock."""
    named = {normalize(name) for name in manifest.texts("members")}
    directories = [package for package in packages if package.source.kind in _DIRECTORIES]
    members = (
        [package for package in directories if package.name in named]
        or [package for package in directories if package.source.location == "."]
        or [package for package in directories if package.source.kind != "directory"]
    )
    if packages and not members and not {"requirements", "dependency-groups"} & manifest.values.keys():
        raise Malformed("the lock file does not contain the project itself", hint=_AGAIN)
    return frozenset(members)


def _starting_members(choice: Choice, members: frozenset[_Package]) -> list[_Package]:
    """Return the members to start from: the chosen ones, else those that ``uv sync`` installs.

    These are the root of the workspace, or all members if the root is not a project.
    """
    by_name = sorted(members, key=lambda member: member.name)
    if choice.packages:
        names = chosen(choice.packages, (member.name for member in members), "member of the workspace")
        return [member for member in by_name if member.name in names]
    return [member for member in by_name if member.source.location == "."] or by_name


def _chosen(choice: Choice, members: Iterable[_Package], manifest: Table) -> tuple[frozenset[str], frozenset[str]]:
    """Return the dependency groups and the extras to install."""
    groups = {*map(normalize, manifest.table("dependency-groups").values)}
    extras: set[str] = set()
    for member in members:
        groups |= member.groups.keys()
        metadata = member.table.table("metadata")
        groups |= {*map(normalize, metadata.table("requires-dev").values)}  # empty groups are only listed here
        extras |= {*member.extras, *map(normalize, metadata.texts("provides-extras"))}
    return chosen(choice.groups, groups, "dependency group"), chosen(choice.extras, extras, "extra")


def _starts(
    manifest: Table, members: Iterable[_Package], groups: frozenset[str], extras: frozenset[str]
) -> dict[str, list[Edge]]:
    starts = {"": list(_edges(manifest, "requirements"))}
    of_manifest = manifest.table("dependency-groups")
    for spelled in of_manifest.values:
        if normalize(spelled) in groups:
            starts.setdefault(normalize(spelled), []).extend(_edges(of_manifest, spelled))
    for member in members:
        starts[""].extend(member.edges)
        for chosen_names, edges_of in ((groups, member.groups), (extras, member.extras)):
            for name in chosen_names & edges_of.keys():
                starts.setdefault(name, []).extend(edges_of[name])
    return starts


def _conflict_extras(members: Iterable[_Package], groups: frozenset[str], extras: frozenset[str]) -> frozenset[str]:
    """Return the synthetic extras in uv's markers for conflicting choices: "extra-4-root-new" for root[new]."""
    names: set[str] = set()
    for member in members:
        ending = f"{len(member.name)}-{member.name}"
        names.add(f"project-{ending}")
        names |= {f"extra-{ending}-{extra}" for extra in extras & member.extras.keys()}
        names |= {f"group-{ending}-{group}" for group in groups & member.groups.keys()}
    return frozenset(names)


class _Graph:
    """The packages of a lock, and the edges between them that hold for the chosen extras and groups."""

    def __init__(
        self,
        packages: Iterable[_Package],
        members: frozenset[_Package],
        chosen_members: Iterable[_Package],
        markers: Markers,
        extras: frozenset[str],
    ) -> None:
        self._by_name = by_name(packages)
        self._members, self._chosen = members, frozenset(chosen_members)
        self._markers, self._extras = markers, extras

    def _holds(self, marker: str) -> bool:
        return self._markers.hold(marker, extras=self._extras)

    def find(self, edge: Edge) -> _Package | None:
        """Return the package that an edge leads to; None if its marker does not hold."""
        if not self._holds(edge.marker):
            return None
        packages = [package for package in self._by_name.get(edge.name, ()) if _fits(edge, package)]
        if len(packages) > 1:
            packages = [p for p in packages if any(map(self._holds, p.table.texts("resolution-markers") or [""]))]
        if len(packages) != 1:
            name = f"{edge.name} {edge.version}".strip()
            reason = "locked more than once for this machine" if packages else "required but not locked"
            raise Malformed(f"{name} is {reason}", hint=_AGAIN)
        return packages[0]

    def edges(self, package: _Package, extra: str) -> Iterable[Edge]:
        """Return the edges of a package or of one extra; those of the chosen members are starts instead."""
        if extra:
            return package.extras.get(extra, ())
        return () if package in self._chosen else package.edges

    def requirements(self, starts: Mapping[str, Iterable[Edge]]) -> Iterator[Requirement]:
        """Yield the direct requirements: the edges from members, and from other members and extras that they need."""
        for group, first in starts.items():
            waiting, seen = list(first), set[tuple[_Package, str]]()
            while waiting:
                edge = waiting.pop()
                package = self.find(edge)
                if package is not None and package not in self._members:
                    yield Requirement(name=edge.name, extras=frozenset(edge.extras), groups=frozenset({group}))
                elif package is not None:
                    for part in {(package, extra) for extra in ("", *edge.extras)} - seen:
                        seen.add(part)
                        waiting.extend(self.edges(*part))


def _fits(edge: Edge, package: _Package) -> bool:
    return edge.version in ("", package.version) and edge.source in ("", ":".join(package.source))


def _pinned(path: str, package: _Package, groups: frozenset[str]) -> Pinned:
    kind, location = package.source
    pinned = Pinned(name=package.name, version=package.version, groups=groups)
    if kind == "git":
        return replace(pinned, location=_git(location))
    if kind in _DIRECTORIES:
        return replace(pinned, location=absolute_path(path, location))
    listed = package.table.tables("wheels")
    listed += [package.table.table("sdist")] if "sdist" in package.table.values else []
    wheels, sdist = by_kind(_archive(path, table, package.source) for table in listed)
    origin = {"url": location, "path": file_url(path, location)}.get(kind, "")
    return replace(pinned, wheels=wheels, sdist=sdist, origin=origin)


def _archive(path: str, table: Table, source: _Source) -> Archive:
    if source.kind == "path":
        return archive(table, file_url(path, source.location), filename=named_as(source.location))
    url, local = table.text("url"), table.text("path")
    if source.kind == "url":
        url = url or source.location
    elif local:  # a file in a directory that serves as an index
        url = file_url(path, join(source.location, local))
    if not url:
        raise table.fails("url", "is missing")
    return archive(table, url, filename=table.text("filename") or last_part(url))


def _git(url: str) -> str:
    """Convert "https://index.example/a.git?subdirectory=b&rev=main#COMMIT" to a URL as in a requirement."""
    try:
        parts = urlsplit(url)
        subdirectory = parse_qs(parts.query, max_num_fields=20).get("subdirectory", [""])[0]
    except ValueError as error:
        raise Malformed("a git source has an invalid URL") from error
    return repository(parts._replace(query="", fragment="").geturl(), parts.fragment, subdirectory=subdirectory)
