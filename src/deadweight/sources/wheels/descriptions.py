"""The projects of requirements or a lock → METADATA of one wheel of each. Nothing is resolved or installed."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import unquote

from msgspec import Struct

from deadweight.errors import BadInput, DeadweightError, FetchFailed, MalformedArchive
from deadweight.formats.distributions.metadata import parse_metadata
from deadweight.formats.installers.simple_index import Link, version_of
from deadweight.model import Archive, Lock, Metadata, Requirement
from deadweight.sources.resolve.index_locations import IndexLocations
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.resolve.pages import Pages
from deadweight.sources.system.scratch import Scratch
from deadweight.sources.system.threads import in_parallel
from deadweight.sources.wheels.archives import ArchiveReader
from deadweight.sources.wheels.cache import Cache

_TIMEOUT = 5.0  # seconds for the next bytes: descriptions are optional, so do not wait long
_DEADLINE = 20.0


class Query(Struct, frozen=True, kw_only=True):
    """One project to look up.

    specifiers: of its requirements (PEP 440); a version that one of them allows is enough
    archives:   from a lock or a URL requirement, instead of an index
    elsewhere:  whether its code is in a directory or a repository, and not on an index
    """

    name: str
    specifiers: frozenset[str] = frozenset()
    archives: tuple[Archive, ...] = ()
    elsewhere: bool = False


class Descriptions(Struct, frozen=True, kw_only=True):
    """The metadata of projects.

    known:    name → metadata
    warnings: sentences about the projects without metadata, and why
    """

    known: Mapping[str, Metadata] = {}
    warnings: tuple[str, ...] = ()


def queries_of_requirements(requirements: Iterable[Requirement]) -> tuple[Query, ...]:
    """Return a query for each project of the requirements."""
    by_name: dict[str, list[Requirement]] = defaultdict(list)
    for requirement in requirements:
        if requirement.name:
            by_name[requirement.name].append(requirement)
    return tuple(_query(name, lines) for name, lines in by_name.items())


def _query(name: str, lines: Collection[Requirement]) -> Query:
    urls = [requirement.location or requirement.url for requirement in lines if requirement.url]
    archives = (Archive(filename=unquote(re.split("[?#]", url)[0].rpartition("/")[2]), url=url) for url in urls)
    return Query(
        name=name,
        specifiers=frozenset(requirement.specifier for requirement in lines if not requirement.url),
        archives=tuple(archive for archive in archives if archive.filename.endswith(".whl")),
        elsewhere=all(requirement.url for requirement in lines),
    )


def queries_of_lock(lock: Lock) -> tuple[Query, ...]:
    """Return a query for each package of a lock."""
    return tuple(
        Query(
            name=package.name,
            specifiers=frozenset({f"=={package.version}" if package.version else ""}),
            archives=tuple(wheel for wheel in package.wheels if wheel.url),
            elsewhere=bool(package.location),
        )
        for package in lock.packages
    )


def read_descriptions(
    queries: Iterable[Query], locations: IndexLocations, cache: Cache, scratch: Scratch
) -> Descriptions:
    """Return the metadata of projects, fetched in parallel; failures become ``warnings``."""
    from deadweight.sources.net.http import Client

    known: dict[str, Metadata] = {}
    unknown: dict[str, list[str]] = defaultdict(list)
    try:
        client = Client(origins=locations.origins, timeout=_TIMEOUT, deadline=_DEADLINE, attempts=2)
    except FetchFailed as error:  # an index with a malformed URL
        return Descriptions(warnings=(f"judged by names alone: {error.cause}",))
    with client:
        lookup = _Lookup(
            Indexes(lambda: locations, Pages(lambda: client, cache.store)),
            ArchiveReader(lambda: client, cache, scratch),
        )
        for each, task in in_parallel(lookup.metadata, queries):
            try:
                known[each.name] = task.result()
            except (DeadweightError, OSError) as error:
                unknown[_reason(error)].append(each.name)
    cache.trim()
    warnings = (f"judged by name alone: {', '.join(sorted(names))}: {reason}" for reason, names in unknown.items())
    return Descriptions(known=known, warnings=tuple(sorted(warnings)))


def read_members(
    projects: Iterable[str], locations: IndexLocations, cache: Cache, scratch: Scratch
) -> dict[str, tuple[str, ...]]:
    """Return project → the paths in its newest wheel, for those projects that could be looked up.

    projects: normalized names
    """
    from deadweight.sources.net.http import Client

    members: dict[str, tuple[str, ...]] = {}
    try:
        client = Client(origins=locations.origins, timeout=_TIMEOUT, deadline=_DEADLINE, attempts=2)
    except FetchFailed:
        return members
    with client:
        lookup = _Lookup(
            Indexes(lambda: locations, Pages(lambda: client, cache.store)),
            ArchiveReader(lambda: client, cache, scratch),
        )
        for name, task in in_parallel(lookup.members, list(projects)):
            with contextlib.suppress(DeadweightError, OSError):
                members[name] = task.result()
    cache.trim()
    return members


class _Lookup:
    """Looks up projects; threads share it. If the first index does not respond, all further lookups fail at once."""

    def __init__(self, indexes: Indexes, reader: ArchiveReader) -> None:
        self._indexes, self._reader = indexes, reader
        self._answered = False
        self._silent: FetchFailed | None = None

    def metadata(self, query: Query) -> Metadata:
        """Return the metadata of a project; raises DeadweightError, OSError."""
        best = self._wheel(query)
        metadata = parse_metadata(self._reader.metadata(best), f"{best.filename}.dist-info")
        if metadata is None:
            raise MalformedArchive(best.filename, "its METADATA has no name")
        return metadata

    def members(self, name: str) -> tuple[str, ...]:
        """Return the paths in the newest wheel of a project; raises DeadweightError, OSError."""
        contents = self._reader.contents(self._wheel(Query(name=name, specifiers=frozenset({""}))))
        return tuple(item.path for item in contents.items)

    def _wheel(self, query: Query) -> Archive:
        archives = query.archives
        if not archives and query.elsewhere:
            raise BadInput("its code is in a directory or a repository")
        archives = archives or _newest(self._links(query.name), query)
        if not archives:
            raise BadInput("no wheel of an allowed version")
        # The wheels of one version differ in their files, not in their metadata.
        best = min(archives, key=lambda a: (not self._reader.known(a), not a.metadata, a.size or 0, a.filename))
        if version_of(best.filename, query.name) is None:
            raise MalformedArchive(best.filename, "the wheel of another project")
        return best

    def _links(self, name: str) -> tuple[Link, ...]:
        if self._silent and not self._answered:
            raise self._silent
        try:
            links = self._indexes.links(name)
        except FetchFailed as error:
            if _status(error) is None:
                self._silent = error
            else:
                self._answered = True
            raise
        self._answered = True
        return links


def _newest(links: Iterable[Link], query: Query) -> tuple[Archive, ...]:
    """Return the wheels of the newest allowed version; yanked and pre-release versions only if there are no others.

    Any Python will do: the purpose of a project does not depend on it.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    try:
        allowed = [SpecifierSet(specifier) for specifier in query.specifiers]
    except InvalidSpecifier as error:  # from a malformed lock
        raise BadInput("its version is invalid") from error
    candidates: dict[tuple[bool, bool, Version], list[Archive]] = defaultdict(list)
    for link in links:
        text = version_of(link.archive.filename, query.name) if link.archive.filename.endswith(".whl") else None
        if text is not None:
            version = Version(text)
            candidates[not link.yanked, not version.is_prerelease, version].append(link.archive)
    for key in sorted(candidates, reverse=True):
        if any(specifier.contains(key[2], prereleases=True) for specifier in allowed):
            return tuple(candidates[key])
    return ()


def _reason(error: DeadweightError | OSError) -> str:
    """Return why a lookup failed, without the name of the project, so that one note covers many projects."""
    status = _status(error)
    if status in (404, 410):
        return "no index has it"
    if status is not None:
        return f"the server responded with status {status}"
    return error.cause if isinstance(error, DeadweightError) else str(error)


def _status(error: Exception) -> int | None:
    """Return the status with which a server refused a request, None for another failure."""
    from deadweight.sources.net.failures import Refused

    return error.status if isinstance(error, Refused) else None
