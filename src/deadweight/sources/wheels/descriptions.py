"""What requirements or a lock name → METADATA of one wheel of each project. Nothing is resolved or installed."""

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
from deadweight.model import Archive, Lock, Metadata, Wanted
from deadweight.sources.net.parallel import in_parallel
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.resolve.pages import Pages
from deadweight.sources.resolve.places import Places
from deadweight.sources.system.scratch import Scratch
from deadweight.sources.wheels.archives import ArchiveReader
from deadweight.sources.wheels.cache import Cache

_PATIENCE = 5.0  # seconds for a server's next bytes: nothing that it says is worth waiting longer for
_DEADLINE = 20.0


class Sought(Struct, frozen=True, kw_only=True):
    """One project of which something is to be learnt.

    specifiers: of the lines that name it (PEP 440): what one of them allows will do
    archives:   what a lock or a line gives in place of an index
    elsewhere:  whether its code lies in a folder or a repository, so that no index has a say
    """

    name: str
    specifiers: frozenset[str] = frozenset()
    archives: tuple[Archive, ...] = ()
    elsewhere: bool = False


class Said(Struct, frozen=True, kw_only=True):
    """What was learnt without measuring anything.

    known: name → metadata
    told:  of which projects nothing was learnt, and why, as sentences
    """

    known: Mapping[str, Metadata] = {}
    told: tuple[str, ...] = ()


def sought_by_lines(wanted: Iterable[Wanted]) -> tuple[Sought, ...]:
    """Return what requirements name, each project once."""
    by_name: dict[str, list[Wanted]] = defaultdict(list)
    for want in wanted:
        if want.name:
            by_name[want.name].append(want)
    return tuple(_sought(name, lines) for name, lines in by_name.items())


def _sought(name: str, lines: Collection[Wanted]) -> Sought:
    urls = [want.place or want.url for want in lines if want.url]
    archives = (Archive(filename=unquote(re.split("[?#]", url)[0].rpartition("/")[2]), url=url) for url in urls)
    return Sought(
        name=name,
        specifiers=frozenset(want.specifier for want in lines if not want.url),
        archives=tuple(archive for archive in archives if archive.filename.endswith(".whl")),
        elsewhere=all(want.url for want in lines),
    )


def sought_by_lock(lock: Lock) -> tuple[Sought, ...]:
    """Return what a lock holds."""
    return tuple(
        Sought(
            name=package.name,
            specifiers=frozenset({f"=={package.version}" if package.version else ""}),
            archives=tuple(wheel for wheel in package.wheels if wheel.url),
            elsewhere=bool(package.place),
        )
        for package in lock.packages
    )


def read_descriptions(sought: Iterable[Sought], places: Places, cache: Cache, scratch: Scratch) -> Said:
    """Return what wheels say of the projects that are sought, many asked at once.

    What cannot be had is no failure: ``told`` names it.
    """
    from deadweight.sources.net.http import Client

    known: dict[str, Metadata] = {}
    unknown: dict[str, list[str]] = defaultdict(list)
    try:
        client = Client(origins=places.origins, timeout=_PATIENCE, deadline=_DEADLINE, attempts=2)
    except FetchFailed as error:  # an index whose URL is none
        return Said(told=(f"judged by names alone: {error.cause}",))
    with client:
        asking = _Asking(
            Indexes(lambda: places, Pages(lambda: client, cache.store)), ArchiveReader(lambda: client, cache, scratch)
        )
        for each, task in in_parallel(asking.metadata, sought):
            try:
                known[each.name] = task.result()
            except (DeadweightError, OSError) as error:
                unknown[_reason(error)].append(each.name)
    cache.trim()
    told = (f"judged by name alone: {', '.join(sorted(names))}: {reason}" for reason, names in unknown.items())
    return Said(known=known, told=tuple(sorted(told)))


def read_members(projects: Iterable[str], places: Places, cache: Cache, scratch: Scratch) -> dict[str, tuple[str, ...]]:
    """Return project → the paths in the newest wheel of each; what no index has, or does not tell, is left out.

    projects: normalized names
    """
    from deadweight.sources.net.http import Client

    found: dict[str, tuple[str, ...]] = {}
    try:
        client = Client(origins=places.origins, timeout=_PATIENCE, deadline=_DEADLINE, attempts=2)
    except FetchFailed:
        return found
    with client:
        asking = _Asking(
            Indexes(lambda: places, Pages(lambda: client, cache.store)), ArchiveReader(lambda: client, cache, scratch)
        )
        for name, task in in_parallel(asking.members, list(projects)):
            with contextlib.suppress(DeadweightError, OSError):
                found[name] = task.result()
    cache.trim()
    return found


class _Asking:
    """What the threads of one run share. Where no index has answered yet, one that is silent ends the asking."""

    def __init__(self, indexes: Indexes, reader: ArchiveReader) -> None:
        self._indexes, self._reader = indexes, reader
        self._answered = False
        self._silent: FetchFailed | None = None

    def metadata(self, sought: Sought) -> Metadata:
        """Return what a project says of itself; raises DeadweightError, OSError."""
        best = self._wheel(sought)
        found = parse_metadata(self._reader.metadata(best), f"{best.filename}.dist-info")
        if found is None:
            raise MalformedArchive(best.filename, "its METADATA names nothing")
        return found

    def members(self, name: str) -> tuple[str, ...]:
        """Return the paths in the newest wheel of a project; raises DeadweightError, OSError."""
        contents = self._reader.contents(self._wheel(Sought(name=name, specifiers=frozenset({""}))))
        return tuple(item.path for item in contents.items)

    def _wheel(self, sought: Sought) -> Archive:
        archives = sought.archives
        if not archives and sought.elsewhere:
            raise BadInput("its code lies in a folder or a repository")
        archives = archives or _newest(self._links(sought.name), sought)
        if not archives:
            raise BadInput("no wheel of a version that is allowed")
        # The wheels of one version differ in what they hold, not in what they say.
        best = min(archives, key=lambda a: (not self._reader.known(a), not a.metadata, a.size or 0, a.filename))
        if version_of(best.filename, sought.name) is None:
            raise MalformedArchive(best.filename, "the wheel of another project")
        return best

    def _links(self, name: str) -> tuple[Link, ...]:
        if self._silent and not self._answered:
            raise self._silent
        try:
            found = self._indexes.links(name)
        except FetchFailed as error:
            if _status(error) is None:
                self._silent = error
            else:
                self._answered = True
            raise
        self._answered = True
        return found


def _newest(links: Iterable[Link], sought: Sought) -> tuple[Archive, ...]:
    """Return the wheels of the newest version that is allowed; yanked ones and pre-releases where there is no other.

    For which Python it is plays no part: what a project is for does not hang on that.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    try:
        allowed = [SpecifierSet(specifier) for specifier in sought.specifiers]
    except InvalidSpecifier as error:  # a lock may say anything
        raise BadInput("its version is none") from error
    found: dict[tuple[bool, bool, Version], list[Archive]] = defaultdict(list)
    for link in links:
        text = version_of(link.archive.filename, sought.name) if link.archive.filename.endswith(".whl") else None
        if text is not None:
            version = Version(text)
            found[not link.yanked, not version.is_prerelease, version].append(link.archive)
    for key in sorted(found, reverse=True):
        if any(specifier.contains(key[2], prereleases=True) for specifier in allowed):
            return tuple(found[key])
    return ()


def _reason(error: DeadweightError | OSError) -> str:
    """Return why nothing was learnt of a project, in words that do not name it, so that one note serves for many."""
    status = _status(error)
    if status in (404, 410):
        return "no index has it"
    if status is not None:
        return f"the server answered {status}"
    return error.cause if isinstance(error, DeadweightError) else str(error)


def _status(error: Exception) -> int | None:
    """Return what a server answered with that refused; None where none did."""
    from deadweight.sources.net.failures import Refused

    return error.status if isinstance(error, Refused) else None
