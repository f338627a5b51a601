"""Files that later layers of an image hide → the distributions and system packages that owned them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from deadweight.formats.distributions.metadata import parse_metadata
from deadweight.formats.distributions.record import MOST_PATHS, CondaPackage, below, record_paths
from deadweight.formats.images.overlay import Overlay, Placed
from deadweight.formats.os_packages.lists import is_package_list, packages_in
from deadweight.inventory.ownership import complete

_MOST_LINES = 2 << 20  # of all lists of files that are read
_INSTALLED = ("usr/", "bin/", "sbin/", "lib", "etc/", "opt/")  # where packages put nearly all of their files
_MOST_LISTED = 1 << 26  # bytes of the package databases that are read; every layer may have one of 30 MB


def former_owners(paths: Collection[str], overlay: Overlay) -> Mapping[str, str]:
    """Return path → project for hidden files, from the lists that name them, whether these are hidden or not.

    A list may outlive its files: ``rm -rf …/numpy`` leaves the .dist-info.
    """
    projects: dict[str, int] = {}
    owner: dict[str, int] = {}
    sites: set[str] = set()
    for site, project, listed in _lists(overlay):
        sites.add(site)
        number = projects.setdefault(project, len(projects))
        for recorded in listed:
            inside = below(site, recorded)
            if inside is not None:
                owner.setdefault(inside, number)
    complete(owner, [path for path in paths if path not in owner], sites)
    names = list(projects)
    return {path: names[owner[path]] for path in paths if path in owner}


def _lists(overlay: Overlay) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (base directory of the paths, project, paths) for each list, hidden ones first."""
    left = _MOST_LINES
    for path, placed in _texts(overlay):
        directory = path.rpartition("/")[0]
        if not directory.endswith((".dist-info", "conda-meta")) or placed.entry is None:
            continue
        site, _, info = directory.rpartition("/")
        data = placed.entry.text()
        lines = data.count(b"\n")
        left -= lines
        if left < 0 or lines > MOST_PATHS:
            return
        if info == "conda-meta":
            try:
                package = CondaPackage(data)
            except (ValueError, RecursionError):
                continue
            yield site, package.name, package.files
        elif metadata := parse_metadata(b"", info):
            yield site, metadata.name, record_paths(data)


def _texts(overlay: Overlay) -> Iterator[tuple[str, Placed]]:
    for path, placed, _ in overlay.hidden:
        if path.endswith(("/RECORD", ".json")):
            yield path, placed
    for path, placed in overlay.files.items():
        if path.endswith(("/RECORD", ".json")):
            yield path, placed


def former_packages(paths: Collection[str], overlay: Overlay) -> Mapping[str, str]:
    """Return path → system package for hidden files.

    The list that names a file may be hidden with it, may be in a database that a later layer replaces, or may still
    exist if only the file was removed or replaced.
    """
    candidates = {path for path in paths if path.startswith(_INSTALLED)}
    owner: dict[str, str] = {}
    left = _MOST_LINES
    for path, placed in _package_lists(overlay):
        if len(owner) == len(candidates):
            break
        if placed.entry is None:
            continue
        try:
            for package, files in packages_in(path, placed.entry.text()):
                for file in files:
                    left -= 1
                    # Lists may name paths in /bin, /lib and /sbin, which are links into /usr.
                    each = file if file in candidates else f"usr/{file}"
                    if each in candidates:
                        owner.setdefault(each, package)
                if left < 0:
                    return owner
        except ValueError:
            continue
    return owner


def _package_lists(overlay: Overlay) -> Iterator[tuple[str, Placed]]:
    """Yield lists of packages, the most recently hidden first, up to a total size."""
    left = _MOST_LISTED
    hidden = ((path, placed) for path, placed, _ in reversed(overlay.hidden))
    for path, placed in chain(hidden, overlay.files.items()):
        if is_package_list(path) and placed.size <= left:
            left -= placed.size
            yield path, placed
