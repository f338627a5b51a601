"""A lock without the URLs of its archives → the same with the URLs from the indexes."""

from __future__ import annotations

from msgspec.structs import replace

from deadweight.errors import FetchFailed
from deadweight.model import Lock, Pinned
from deadweight.platforms.machine import Machine
from deadweight.platforms.selection import best_wheel
from deadweight.progress import Observer, Progress
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.system.threads import in_parallel


def locate(lock: Lock, indexes: Indexes, observe: Observer) -> Lock:
    """Return a lock with the URLs of archives that it lists only by file name or hash (poetry's, pipenv's).

    raises: FetchFailed if all lookups fail; archives that are not on the index are marked as missing
    """
    incomplete = [package for package in lock.packages if _lacks_urls(package)]
    located: dict[str, Pinned] = {}
    failures: list[FetchFailed] = []
    tasks = in_parallel(lambda package: _located(package, indexes), incomplete)
    for done, (package, task) in enumerate(tasks, 1):
        observe(Progress("resolving", f"the archives of {package.name}", done=done, total=len(incomplete)))
        try:
            located[package.name] = task.result()
        except FetchFailed as error:
            failures.append(error)
            located[package.name] = replace(package, wheels=(), sdist=None, missing=error.cause)
    if failures and len(failures) == len(incomplete):
        raise failures[0]
    return replace(lock, packages=tuple(located.get(package.name, package) for package in lock.packages))


def with_other_wheels(lock: Lock, machine: Machine, indexes: Indexes) -> Lock:
    """Return a lock that was resolved for another machine, with all archives of packages without a compatible wheel.

    raises: FetchFailed
    """

    def complete(package: Pinned) -> Pinned:
        if package.origin or package.location or best_wheel(package.wheels, machine) is not None:
            return package
        located = _located(replace(package, wheels=(), sdist=None), indexes)
        return replace(package, wheels=located.wheels or package.wheels, sdist=located.sdist or package.sdist)

    completed = {package.name: task.result() for package, task in in_parallel(complete, lock.packages)}
    return replace(lock, packages=tuple(completed[package.name] for package in lock.packages))


def _lacks_urls(package: Pinned) -> bool:
    archives = (*package.wheels, *([package.sdist] if package.sdist else ()))
    return not package.location and (not archives or any(not archive.url for archive in archives))


def _located(package: Pinned, indexes: Indexes) -> Pinned:
    """Return a package with the archives of its version on the indexes, if the lock allows them."""
    known = (*package.wheels, *([package.sdist] if package.sdist else ()))
    sums = {archive.sha256 for archive in known if archive.sha256}
    names = {archive.filename for archive in known if archive.filename}
    archives = [
        archive
        for archive in indexes.archives(package)
        if (not sums or archive.sha256 is None or archive.sha256 in sums) and (not names or archive.filename in names)
    ]
    sdists = [archive for archive in archives if not archive.filename.endswith(".whl")]
    condition = " with a hash or name from the lock" if known else ""
    return replace(
        package,
        wheels=tuple(archive for archive in archives if archive.filename.endswith(".whl")),
        sdist=sdists[0] if sdists else None,
        missing="" if archives else f"the index has no archive of {package.name} {package.version}{condition}",
    )
