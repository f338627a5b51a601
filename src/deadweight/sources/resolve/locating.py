"""A lock that names archives without their URLs → the same with what indexes have of them."""

from __future__ import annotations

from msgspec.structs import replace

from deadweight.errors import FetchFailed
from deadweight.model import Lock, Pinned
from deadweight.platforms.machine import Machine
from deadweight.platforms.selection import best_wheel
from deadweight.progress import Observer, Progress
from deadweight.sources.net.parallel import in_parallel
from deadweight.sources.resolve.indexes import Indexes


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
