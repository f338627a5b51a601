"""Places to look → what an index and the folders of archives have of one project."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deadweight.errors import BadInput, DeadweightError, FetchFailed
from deadweight.formats.installers.simple_index import LARGEST_PAGE, Link, read_page, version_of
from deadweight.model import Archive, Pinned
from deadweight.sources.resolve.pages import Pages, archive_of_row, archive_row
from deadweight.sources.resolve.places import Places
from deadweight.sources.wheels.store import Store, key_of

_KIND = "archives"


class Indexes:
    """Answers what there is of a project.

    places: gives where to look; asked at the first question
    pages:  reads what is there
    """

    def __init__(self, places: Callable[[], Places], pages: Pages) -> None:
        self._ask, self._pages = places, pages

    @cached_property
    def _places(self) -> Places:
        return self._ask()

    def links(self, name: str) -> tuple[Link, ...]:
        """Return the archives of a project, of all indexes and folders; none where nobody knows it.

        raises: FetchFailed where no index could be asked
        """
        return self._links(name, self._of_project(name))

    def key(self, name: str, *more: str) -> str | None:
        """Return a key for what follows from a project's pages; None if folders have a say, which may change."""
        places = self._of_project(name)
        return key_of(name, *more, *places) if all(map(_is_remote, places)) else None

    @property
    def store(self) -> Store:
        """Return where that is kept."""
        return self._pages.store

    def archives(self, package: Pinned) -> tuple[Archive, ...]:
        """Return the archives of a package's version.

        An archive never changes: what an index once had of a version is not looked up again if it has all that the lock
        names. Folders are always read. raises: FetchFailed where no index could be asked
        """
        places = self._of_project(package.name)
        remote = tuple(place for place in places if _is_remote(place))
        local = tuple(place for place in places if not _is_remote(place))
        known = (*package.wheels, *([package.sdist] if package.sdist else ()))
        # What is behind a URL with credentials has these in its own URLs, which are not to be kept.
        key = None if any("@" in place for place in remote) else key_of(package.version or "", *remote)
        kept = _load(self._pages.store.get(_KIND, key)) if key and known else ()
        beside = self._archives(package, local) if local else ()
        if kept and _has_all((*kept, *beside), known):
            return (*kept, *beside)
        found = self._archives(package, places)
        fetched = [archive_row(archive) for archive in found if _is_remote(archive.url)]
        if key and fetched:
            self._pages.store.put(_KIND, key, json.dumps(fetched).encode())
        return found

    def _archives(self, package: Pinned, places: Iterable[str]) -> tuple[Archive, ...]:
        return tuple(
            link.archive
            for link in self._links(package.name, places)
            if same_version(version_of(link.archive.filename, package.name), package.version)
        )

    def _of_project(self, name: str) -> tuple[str, ...]:
        """Return the pages and folders that may have archives of a project."""
        pinned = self._places.pinned.get(name)
        if pinned:
            return (f"{pinned.rstrip('/')}/{name}/",)
        return (*(f"{url.rstrip('/')}/{name}/" for url in self._places.urls), *self._places.links)

    def _links(self, name: str, places: Iterable[str]) -> tuple[Link, ...]:
        found: list[Link] = []
        failures: list[DeadweightError] = []
        for place in places:
            try:
                found += (link for link in self._page(place) if version_of(link.archive.filename, name))
            except FetchFailed as error:
                failures.append(error)
            except BadInput as error:
                failures.append(FetchFailed(error.cause))
        if not found and failures:
            raise failures[0]
        return tuple(found)

    def _page(self, place: str) -> Iterable[Link]:
        if "://" in place and not place.startswith("file:"):
            return self._pages.links(place)
        path = unquote(urlsplit(place).path) if place.startswith("file:") else os.path.expanduser(place)
        return _local(path)


def _is_remote(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _load(data: bytes | None) -> tuple[Archive, ...]:
    try:
        return tuple(map(archive_of_row, json.loads(data or b"[]")))
    except (ValueError, TypeError, RecursionError):
        return ()  # cut short, or of another version: looked up anew


def _has_all(found: Iterable[Archive], named: Iterable[Archive]) -> bool:
    """Say whether among the archives that were found are all that a lock names, by hash or else by file name."""
    sums, names = {archive.sha256 for archive in found}, {archive.filename for archive in found}
    return all(archive.sha256 in sums if archive.sha256 else archive.filename in names for archive in named)


def _local(path: str) -> Iterable[Link]:
    """Return the archives of a folder, or the links of a page on the disk."""
    page = os.path.join(path, "index.html") if os.path.isfile(os.path.join(path, "index.html")) else path
    if os.path.isfile(page):
        with open(page, "rb") as file:
            return read_page(file.read(LARGEST_PAGE), "text/html", Path(os.path.abspath(page)).as_uri())
    try:
        names = sorted(os.listdir(path))
    except OSError:
        return ()
    return (Link(Archive(filename=n, url=Path(os.path.abspath(path), n).as_uri()), False, "") for n in names)


def same_version(one: str | None, other: str | None) -> bool:
    """Say whether two versions are the same (PEP 440), however they are spelled; None is no version."""
    from packaging.version import InvalidVersion, Version

    try:
        return one is not None and other is not None and Version(one) == Version(other)
    except InvalidVersion:
        return one == other
