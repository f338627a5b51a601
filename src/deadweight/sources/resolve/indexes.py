"""Indexes and find-links → the archives of one project."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec.json import encode

from deadweight.errors import BadInput, DeadweightError, FetchFailed
from deadweight.formats.installers.simple_index import LARGEST_PAGE, Link, read_page, version_of
from deadweight.formats.typed_json import decode
from deadweight.model import Archive, Pinned
from deadweight.sources.resolve.index_locations import IndexLocations
from deadweight.sources.resolve.pages import Pages
from deadweight.sources.wheels.store import Store, key_of

_KIND = "archives"


class Indexes:
    """Looks up the archives of projects.

    locations: returns the configured indexes; called at the first lookup
    pages:     reads index pages
    """

    def __init__(self, locations: Callable[[], IndexLocations], pages: Pages) -> None:
        self._configured, self._pages = locations, pages

    @cached_property
    def _locations(self) -> IndexLocations:
        return self._configured()

    def links(self, name: str) -> tuple[Link, ...]:
        """Return the archives of a project on all indexes and in all directories; none for an unknown project.

        raises: FetchFailed if all lookups fail
        """
        return self._links(name, self._of_project(name))

    def key(self, name: str, *more: str) -> str | None:
        """Return a cache key for data derived from a project's pages; None with local directories, which may change."""
        locations = self._of_project(name)
        return key_of(name, *more, *locations) if all(map(_is_remote, locations)) else None

    @property
    def store(self) -> Store:
        """Return the store of the pages."""
        return self._pages.store

    def archives(self, package: Pinned) -> tuple[Archive, ...]:
        """Return the archives of a package's version.

        Archives never change: a cached list is used if it has all archives of the lock. Directories are always read.
        raises: FetchFailed if all lookups fail
        """
        locations = self._of_project(package.name)
        remote = tuple(location for location in locations if _is_remote(location))
        local = tuple(location for location in locations if not _is_remote(location))
        known = (*package.wheels, *([package.sdist] if package.sdist else ()))
        # An index with credentials puts them into the URLs of its archives, which must not be cached.
        key = None if any("@" in location for location in remote) else key_of(package.version or "", *remote)
        cached = _load(self._pages.store.get(_KIND, key)) if key and known else ()
        beside = self._archives(package, local) if local else ()
        if cached and _has_all((*cached, *beside), known):
            return (*cached, *beside)
        archives = self._archives(package, locations)
        fetched = [archive for archive in archives if _is_remote(archive.url)]
        if key and fetched:
            self._pages.store.put(_KIND, key, encode(fetched))
        return archives

    def _archives(self, package: Pinned, locations: Iterable[str]) -> tuple[Archive, ...]:
        return tuple(
            link.archive
            for link in self._links(package.name, locations)
            if same_version(version_of(link.archive.filename, package.name), package.version)
        )

    def _of_project(self, name: str) -> tuple[str, ...]:
        """Return the pages and directories that may list archives of a project."""
        pinned = self._locations.pinned.get(name)
        if pinned:
            return (f"{pinned.rstrip('/')}/{name}/",)
        return (*(f"{url.rstrip('/')}/{name}/" for url in self._locations.urls), *self._locations.links)

    def _links(self, name: str, locations: Iterable[str]) -> tuple[Link, ...]:
        links: list[Link] = []
        failures: list[DeadweightError] = []
        for location in locations:
            try:
                links += (link for link in self._page(location) if version_of(link.archive.filename, name))
            except FetchFailed as error:
                failures.append(error)
            except BadInput as error:
                failures.append(FetchFailed(error.cause))
        if not links and failures:
            raise failures[0]
        return tuple(links)

    def _page(self, location: str) -> Iterable[Link]:
        if "://" in location and not location.startswith("file:"):
            return self._pages.links(location)
        path = unquote(urlsplit(location).path) if location.startswith("file:") else os.path.expanduser(location)
        return _local(path)


def _is_remote(location: str) -> bool:
    return location.startswith(("http://", "https://"))


def _load(data: bytes | None) -> tuple[Archive, ...]:
    try:
        return decode(data or b"[]", tuple[Archive, ...])
    except ValueError:  # truncated, or written by another version
        return ()


def _has_all(archives: Iterable[Archive], listed: Iterable[Archive]) -> bool:
    """Return whether the archives include all of those that a lock lists, by hash or else by file name."""
    sums, names = {archive.sha256 for archive in archives}, {archive.filename for archive in archives}
    return all(archive.sha256 in sums if archive.sha256 else archive.filename in names for archive in listed)


def _local(path: str) -> Iterable[Link]:
    """Return the archives in a directory, or the links of a page on the disk."""
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
    """Return whether two versions are equal (PEP 440), whatever their spelling; None equals nothing."""
    from packaging.version import InvalidVersion, Version

    try:
        return one is not None and other is not None and Version(one) == Version(other)
    except InvalidVersion:
        return one == other
