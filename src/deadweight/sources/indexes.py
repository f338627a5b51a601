"""Where pip and uv are told to look → what an index and the folders of archives have of one project."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import BadInput, DeadweightError, FetchFailed
from deadweight.formats.project_sources import Rules
from deadweight.formats.requirements import RequirementsFile
from deadweight.formats.simple_index import LARGEST_PAGE, Link, read_page, version_of
from deadweight.machine import Machine
from deadweight.model import Archive, Lock, Pinned
from deadweight.progress import Observer, Progress
from deadweight.selection import best_wheel
from deadweight.sources.installer import InstallOptions
from deadweight.sources.pages import Pages, archive_of_row, archive_row
from deadweight.sources.parallel import in_parallel
from deadweight.sources.pip_config import pip_settings
from deadweight.sources.store import Store, key_of

_KIND = "archives"
DEFAULT_INDEX = "https://pypi.org/simple"
_SECTIONS = ("global", "install", "lock", ":env:")
_SETTINGS = ("index-url", "extra-index-url", "find-links", "no-index")


class Places(Struct, frozen=True):
    """Indexes, the default first, and pages or folders of archives; URLs keep their credentials.

    pinned: project → the only index that it comes from
    """

    urls: tuple[str, ...]
    links: tuple[str, ...] = ()
    pinned: Mapping[str, str] = {}

    @property
    def origins(self) -> tuple[str, ...]:
        return tuple(url for url in (*self.pinned.values(), *self.urls, *self.links) if "://" in url)


def configured(
    options: InstallOptions, file: RequirementsFile | None, environ: Mapping[str, str], tool: str = ""
) -> Places:
    """Return where archives are looked for: the command line, the file's own options, variables, configuration files.

    The first that names an index is believed; further indexes and links add up, as they do for pip and uv.
    tool: "uv" or "pip", whose variables and files count; "" for both
    """
    told = [_told_by_options(options), _told_by_file(file)]
    told += [*_told_by_uv(environ)] if tool != "pip" else []
    told += [_told_by_pip()] if tool != "uv" else []
    index = next((each["index-url"][0] for each in told if each.get("index-url")), DEFAULT_INDEX)
    further = [url for each in told for url in each.get("extra-index-url", ())]
    links = [place for each in told for place in each.get("find-links", ())]
    urls = [] if any(each.get("no-index") for each in told) else [index, *further]
    known = credentials_of(file.rules, environ) if file else {}
    pins = {w.name: known.get(w.index, w.index) for w in file.all_wanted() if w.name and w.index} if file else {}
    return Places(tuple(dict.fromkeys(known.get(url, url) for url in urls)), tuple(dict.fromkeys(links)), pins)


def credentials_of(rules: Rules, environ: Mapping[str, str]) -> dict[str, str]:
    """Return URL → the same with the credentials that uv's variables have for an index of that name.

    source: https://docs.astral.sh/uv/concepts/indexes/#providing-credentials-directly
    """
    found: dict[str, str] = {}
    for index in rules.indexes:
        variable = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', index.name.upper())}"
        user, password = environ.get(f"{variable}_USERNAME", ""), environ.get(f"{variable}_PASSWORD", "")
        scheme, separator, rest = index.url.partition("://")
        if index.name and (user or password) and "@" not in rest.partition("/")[0]:
            found[index.url] = f"{scheme}{separator}{quote(user, safe='')}:{quote(password, safe='')}@{rest}"
    return found


Told = dict[str, list[str]]


def _told_by_options(options: InstallOptions) -> Told:
    return {
        "index-url": [options.index_url] if options.index_url else [],
        "extra-index-url": list(options.extra_index_urls),
        "find-links": list(options.find_links),
    }


def _told_by_file(file: RequirementsFile | None) -> Told:
    told: Told = {}
    for each in file.with_included() if file else ():
        for line in each.lines:
            name, _, value = re.sub(r"[\s=]+", " ", line.body, count=1).partition(" ")
            name = {"-i": "--index-url", "--pypi-url": "--index-url", "-f": "--find-links"}.get(name, name)
            if line.kind == "links" and "://" not in line.value:
                value = os.path.join(os.path.dirname(each.path), line.value)
            if line.kind in ("option", "links"):
                told.setdefault(name.removeprefix("--"), []).append(value)
    return told


def _told_by_uv(environ: Mapping[str, str]) -> Iterator[Told]:
    """Yield what uv's variables and its ``uv.toml`` files say (https://docs.astral.sh/uv/concepts/indexes/)."""

    def words(*names: str) -> list[str]:
        return [word.partition("=")[2] if re.match(r"[\w.-]+=", word) else word
                for name in names for word in environ.get(name, "").split()]  # fmt: skip

    yield {
        "index-url": words("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
        "extra-index-url": words("UV_INDEX", "UV_EXTRA_INDEX_URL"),
        "find-links": environ.get("UV_FIND_LINKS", "").replace(",", " ").split(),
        "no-index": words("UV_NO_INDEX"),
    }
    if environ.get("UV_NO_CONFIG"):
        return
    home = environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    above = [os.path.join(folder, "uv.toml") for folder in (Path.cwd(), *Path.cwd().parents)]
    for path in (environ.get("UV_CONFIG_FILE") or "", *above, f"{home}/uv/uv.toml", "/etc/uv/uv.toml"):
        yield _told_by_toml(path)


def _told_by_toml(path: str) -> Told:
    try:
        with open(path, "rb") as file:
            found: dict[str, Any] = tomllib.load(file)
    except (OSError, ValueError):
        return {}
    tables = [table for table in found.get("index", ()) if isinstance(table, dict) and not table.get("explicit")]
    defaults = [str(table.get("url")) for table in tables if table.get("default")]
    return {
        "index-url": [*defaults, *_strings(found.get("index-url"))],
        "extra-index-url": [
            *(str(table.get("url")) for table in tables if not table.get("default")),
            *_strings(found.get("extra-index-url")),
        ],
        "find-links": _strings(found.get("find-links")),
        "no-index": ["true"] if found.get("no-index") else [],
    }


def _strings(value: object) -> list[str]:
    return (
        [value]
        if isinstance(value, str)
        else [v for v in value if isinstance(v, str)]
        if isinstance(value, list)
        else []
    )


def _told_by_pip() -> Told:
    """Return what pip's configuration files and variables say, as pip itself puts them together."""
    told: Told = {}
    for setting in pip_settings():
        if setting.section in _SECTIONS and setting.name in _SETTINGS:
            told.setdefault(setting.name, []).extend(setting.value.split())
    if told.get("no-index") and told["no-index"][-1].lower() in ("0", "false", "no", "off"):
        del told["no-index"]
    return told


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
            if _same_version(version_of(link.archive.filename, package.name), package.version)
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


def locate(lock: Lock, indexes: Indexes, observe: Observer) -> Lock:
    """Return a lock with the places of archives that it names by file name or hash alone (poetry's, pipenv's).

    raises: FetchFailed if the index answers for none of them; what it does not have is marked as missing
    """
    lacking = [package for package in lock.packages if _lacks_places(package)]
    found: dict[str, Pinned] = {}
    failures: list[FetchFailed] = []
    tasks = in_parallel(lambda package: _located(package, indexes), lacking)
    for done, (package, task) in enumerate(tasks, 1):
        observe(Progress("resolving", f"the archives of {package.name}", done=done, total=len(lacking)))
        try:
            found[package.name] = task.result()
        except FetchFailed as error:
            failures.append(error)
            found[package.name] = replace(package, wheels=(), sdist=None, missing=error.cause)
    if failures and len(failures) == len(lacking):
        raise failures[0]
    return replace(lock, packages=tuple(found.get(package.name, package) for package in lock.packages))


def with_other_wheels(lock: Lock, machine: Machine, indexes: Indexes) -> Lock:
    """Return a lock that was resolved for one machine with what indexes have for another: where no wheel fits, all.

    raises: FetchFailed where an index cannot be asked
    """

    def complete(package: Pinned) -> Pinned:
        if package.origin or package.place or best_wheel(package.wheels, machine) is not None:
            return package
        found = _located(replace(package, wheels=(), sdist=None), indexes)
        return replace(package, wheels=found.wheels or package.wheels, sdist=found.sdist or package.sdist)

    found = {package.name: task.result() for package, task in in_parallel(complete, lock.packages)}
    return replace(lock, packages=tuple(found[package.name] for package in lock.packages))


def _lacks_places(package: Pinned) -> bool:
    archives = (*package.wheels, *([package.sdist] if package.sdist else ()))
    return not package.place and (not archives or any(not archive.url for archive in archives))


def _located(package: Pinned, indexes: Indexes) -> Pinned:
    """Return a package with the archives of its version that an index has, of those only the ones the lock allows."""
    known = (*package.wheels, *([package.sdist] if package.sdist else ()))
    sums = {archive.sha256 for archive in known if archive.sha256}
    names = {archive.filename for archive in known if archive.filename}
    archives = [
        archive
        for archive in indexes.archives(package)
        if (not sums or archive.sha256 is None or archive.sha256 in sums) and (not names or archive.filename in names)
    ]
    sdists = [archive for archive in archives if not archive.filename.endswith(".whl")]
    which = "with a hash or name that the lock gives" if known else "at all"
    return replace(
        package,
        wheels=tuple(archive for archive in archives if archive.filename.endswith(".whl")),
        sdist=sdists[0] if sdists else None,
        missing="" if archives else f"the index has no archive of {package.name} {package.version} {which}",
    )


def _same_version(one: str | None, other: str | None) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return one is not None and other is not None and Version(one) == Version(other)
    except InvalidVersion:
        return one == other
