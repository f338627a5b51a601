"""The tree of a whole system → the packages that its package managers list, by files that are there."""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.formats.system import is_package_list, packages_in
from deadweight.model import FileTree, Skipped

Packages = list[tuple[str, tuple[str, ...]]]


def system_packages(tree: FileTree) -> tuple[Packages, list[Skipped]]:
    """Return (package, its paths that are there) of dpkg, apk and rpm; and the lists that could not be read."""
    found: Packages = []
    skipped: list[Skipped] = []
    for path in sorted(filter(is_package_list, tree.entries)):
        try:
            found += [(name, tuple(_there(paths, tree))) for name, paths in packages_in(path, tree.reader.read(path))]
        except (OSError, ValueError) as error:
            skipped.append(Skipped(path, f"the packages that it lists are not told apart: {error}"))
    return found, skipped


def _there(paths: Iterable[str], tree: FileTree) -> Iterable[str]:
    for path in paths:
        if path in tree.entries:
            yield path
        elif f"usr/{path}" in tree.entries:
            yield f"usr/{path}"  # /bin, /lib and /sbin are links into /usr, which the lists do not know
