"""The tree of a whole system → the packages in its package databases, each with its files that exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from deadweight.formats.os_packages.lists import is_package_list, packages_in
from deadweight.inventory.claims import Claim
from deadweight.model import Conflict, FileTree, Skipped

_LARGEST_LIST = 3 << 25  # bytes; an rpm database in a container has up to 50 million
_MOST_LISTED = 1 << 21
_METADATA = ("/METADATA", "/PKG-INFO")
Packages = list[tuple[str, tuple[str, ...]]]


def system_packages(tree: FileTree) -> tuple[Packages, list[Skipped]]:
    """Return (package, its existing paths) for dpkg, apk and rpm, and the databases that could not be read."""
    packages: Packages = []
    skipped: list[Skipped] = []
    budget = _Budget()
    for path in sorted(filter(is_package_list, tree.entries)):
        try:
            data = tree.reader.read(path, _LARGEST_LIST)
            packages += [(name, tuple(_existing(paths, tree, budget))) for name, paths in packages_in(path, data)]
        except (OSError, ValueError) as error:
            skipped.append(Skipped(path, f"cannot read the system packages: {error}"))
    return packages, skipped


class _Budget:
    """Limits the paths in all package databases of a system: texlive with all of Debian's desktops has one million."""

    def __init__(self) -> None:
        self._left = _MOST_LISTED

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ValueError("the package databases list too many paths")


def _existing(paths: Iterable[str], tree: FileTree, budget: _Budget) -> Iterator[str]:
    """Yield the paths that exist; a package counts as one more path, so that empty packages are limited too."""
    budget.spend()
    for path in paths:
        budget.spend()
        if path in tree.entries:
            yield path
        elif f"usr/{path}" in tree.entries:
            yield f"usr/{path}"  # /bin, /lib and /sbin are links into /usr


def keep_packages_files(claims: Iterable[Claim], packages: Packages) -> Iterator[Conflict]:
    """Remove paths of system packages from claims, outside of the claim's site directory.

    A RECORD may name any path in its prefix, including Debian's libraries. A package that contains the distribution's
    metadata installed the distribution, so its paths are kept.
    """
    outside: dict[str, list[Claim]] = {}
    for claim in claims:
        start = f"{claim.directory}/" if claim.directory else ""
        for path in claim.paths:
            if not path.startswith(start):
                outside.setdefault(path, []).append(claim)
    affected = {id(claim): claim for listing in outside.values() for claim in listing}
    metadata = {number: {p for p in claim.paths if p.endswith(_METADATA)} for number, claim in affected.items()}
    taken: dict[int, dict[str, str]] = {number: {} for number in affected}
    for name, paths in packages if outside else ():
        listed = set(paths)
        for path in outside.keys() & listed:
            for claim in outside[path]:
                if not metadata[id(claim)] & listed:
                    taken[id(claim)][path] = name
    for number, claim in affected.items():
        if taken[number]:
            claim.paths = [path for path in claim.paths if path not in taken[number]]
            yield _dispute(claim.metadata.name, taken[number])


def _dispute(project: str, taken: Mapping[str, str]) -> Conflict:
    first = min(taken)
    more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
    return Conflict(
        kind="path",
        names=(project,),
        reason=f"{project} records {first}{more}, counted for the system package {taken[first]}, which contains it",
    )
