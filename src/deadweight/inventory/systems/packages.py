"""The tree of a whole system → the packages that its package managers list, by files that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from deadweight.formats.os_packages.lists import is_package_list, packages_in
from deadweight.inventory.claims import Claim
from deadweight.model import Conflict, FileTree, Skipped

_LARGEST_LIST = 3 << 25  # bytes; a database of rpm's in a container has up to fifty million
_MOST_LISTED = 1 << 21
_MARKS = ("/METADATA", "/PKG-INFO")
Packages = list[tuple[str, tuple[str, ...]]]


def system_packages(tree: FileTree) -> tuple[Packages, list[Skipped]]:
    """Return (package, its paths that are there) of dpkg, apk and rpm; and the lists that could not be read."""
    found: Packages = []
    skipped: list[Skipped] = []
    budget = _Budget()
    for path in sorted(filter(is_package_list, tree.entries)):
        try:
            data = tree.reader.read(path, _LARGEST_LIST)
            found += [(name, tuple(_there(paths, tree, budget))) for name, paths in packages_in(path, data)]
        except (OSError, ValueError) as error:
            skipped.append(Skipped(path, f"the packages that it lists are not told apart: {error}"))
    return found, skipped


class _Budget:
    """How many paths the lists of a system may name in all: texlive with all of Debian's desktops has one million."""

    def __init__(self) -> None:
        self._left = _MOST_LISTED

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ValueError("the lists name more paths than any system has")


def _there(paths: Iterable[str], tree: FileTree, budget: _Budget) -> Iterator[str]:
    """Yield the paths that are there; a package counts as one more, so that those of nothing are bounded too."""
    budget.spend()
    for path in paths:
        budget.spend()
        if path in tree.entries:
            yield path
        elif f"usr/{path}" in tree.entries:
            yield f"usr/{path}"  # /bin, /lib and /sbin are links into /usr, which the lists do not know


def keep_packages_files(claims: Iterable[Claim], packages: Packages) -> Iterator[Conflict]:
    """Take from claims what a package of the system lists, outside of the folder that names are imported from.

    A RECORD may name any path of its prefix, which Debian's libraries are in as well. Where the package has the
    distribution's own metadata too, it is the one that installed it.
    """
    outside: dict[str, list[Claim]] = {}
    for claim in claims:
        start = f"{claim.folder}/" if claim.folder else ""
        for path in claim.paths:
            if not path.startswith(start):
                outside.setdefault(path, []).append(claim)
    those = {id(claim): claim for found in outside.values() for claim in found}
    marks = {number: {p for p in claim.paths if p.endswith(_MARKS)} for number, claim in those.items()}
    taken: dict[int, dict[str, str]] = {number: {} for number in those}
    for name, paths in packages if outside else ():
        listed = set(paths)
        for path in outside.keys() & listed:
            for claim in outside[path]:
                if not marks[id(claim)] & listed:
                    taken[id(claim)][path] = name
    for number, claim in those.items():
        if taken[number]:
            claim.paths = [path for path in claim.paths if path not in taken[number]]
            yield _dispute(claim.metadata.name, taken[number])


def _dispute(project: str, taken: Mapping[str, str]) -> Conflict:
    first = min(taken)
    more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
    return Conflict(
        kind="path",
        names=(project,),
        says=f"{project} records {first}{more}, which belongs to the system's package {taken[first]}; counted there",
    )
