"""The paths of a tree → its distributions, each as a Claim with the paths that it claims."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from deadweight.formats.distributions.record import CondaPackage, below
from deadweight.inventory.caches import cache_directories
from deadweight.inventory.claims import Claim, Reading
from deadweight.inventory.directories import Nearest, joined, parent, strictly_above
from deadweight.inventory.eggs import EGG_INFO, is_egg
from deadweight.inventory.prefixes import is_below, is_site
from deadweight.model import FileTree, Skipped

_METADATA = (".dist-info", ".egg-info")
_EGG_INFO = f"/{EGG_INFO}/"
_FILES = (".egg-info", ".egg-link", ".egg")
# Directories above importable modules. If one is a symlink, the environment may be outside of the tree.
_ABOVE_MODULES = re.compile(r"(?:\A|/)(?:(?:site|dist)-packages|lib|lib64|Lib|python\d[\d.]*t?)\Z")


class Discovered(Struct):
    """The claims, by directory and name, the packages of conda, and the files that could not be read."""

    claims: list[Claim]
    conda: list[tuple[str, CondaPackage]]  # (path of its JSON file, package)
    skipped: list[Skipped]


def discover(tree: FileTree) -> Discovered:
    """Find the metadata of every distribution in ``tree``.

    Metadata inside another distribution does not count, because setuptools and pip contain vendored copies with their
    metadata. Neither does metadata in an installer's cache.
    """
    directories, conda_files = _metadata_directories(tree.entries)
    discovered = Discovered([], [], [])
    reading = Reading(tree, discovered.skipped)
    by_site: dict[str, list[str]] = defaultdict(list)
    for directory in sorted(directories):
        by_site[_site_of(directory)].append(directory)
    kept = _Kept(tree)
    for site in sorted(by_site, key=lambda site: (site.count("/") if site else -1, site)):
        if kept.hides(site, by_site[site]):
            continue
        # Eggs next to a checkout (dist, .eggs) were built there and are not installed.
        installed = [each for each in by_site[site] if kept.is_regular(site) or not _is_in_egg(each)]
        claims = [claim for directory in installed if (claim := reading.claim(directory, directories[directory]))]
        if not installed:
            continue
        kept.add(site, claims)
        discovered.claims += claims
    for path in sorted(conda_files):
        package = reading.conda(path)
        if package is not None:
            discovered.conda.append((path, package))
    discovered.skipped += _links_out(tree)
    return discovered


def _is_in_egg(directory: str) -> bool:
    return directory.endswith((".egg", _EGG_INFO[:-1]))


def _site_of(directory: str) -> str:
    """Return the parent of a metadata directory, or of the egg that contains it."""
    return parent(parent(directory)) if directory.endswith(_EGG_INFO[:-1]) else parent(directory)


class _Kept:
    """The site directories so far, and the metadata directories that are part of a distribution in them.

    Directories are added from the outermost inwards, so that cached results for outer directories stay valid.
    """

    def __init__(self, tree: FileTree) -> None:
        self._regular: set[str] = set()
        self._packages: set[str] = set()  # packages of distributions without a list of files
        self._listed: dict[str, list[str]] = {}  # metadata directory → sites of the distributions that list it
        self._regular_above, self._package_above = Nearest(self._regular), Nearest(self._packages)
        self._root_is_site = is_site(tree.location.rstrip("/"))

    def add(self, site: str, claims: list[Claim]) -> None:
        """Add a site directory with the claims in it."""
        if self.is_regular(site):
            self._regular.add(site)  # hides everything below it
            return
        for claim in claims:
            if not claim.recorded:
                names = claim.top_level or (claim.metadata.name.replace("-", "_"),)
                self._packages.update(joined(site, name) for name in names)
            for directory in {directory for path in claim.paths if (directory := parent(path)).endswith(_METADATA)}:
                self._listed.setdefault(directory, []).append(site)

    def is_regular(self, site: str) -> bool:
        """Return whether a directory has a name that installers give to site directories."""
        return is_site(site) or (not site and self._root_is_site)

    def hides(self, site: str, directories: list[str]) -> bool:
        """Return whether metadata in ``site`` is part of a distribution in a directory above it.

        Below ``site-packages``, all metadata is. Elsewhere (a checkout with its .egg-info, ``pip install --target``),
        only metadata that a distribution lists is, or metadata in a package of a distribution without a list. This
        keeps a venv next to such a distribution apart.
        """
        if strictly_above(site, self._regular_above) is not None or self._package_above(site) is not None:
            return True
        return any(
            site != above and is_below(site, above)
            for directory in directories
            for above in self._listed.get(directory, ())
        )


def _metadata_directories(paths: Iterable[str]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return (metadata directory or egg → file name → path, files in ``conda-meta``), without caches."""
    directories: dict[str, dict[str, str]] = defaultdict(dict)
    conda: list[str] = []
    for path in paths:
        if ".dist-info/" in path or ".egg-info/" in path or _EGG_INFO in path:
            directory, _, name = path.rpartition("/")
            if directory.endswith(_METADATA) or (directory.endswith(_EGG_INFO[:-1]) and is_egg(parent(directory))):
                directories[directory][name] = path
        elif path.endswith(_FILES):
            if not path.endswith(".egg") or is_egg(path):
                directories[path][""] = path
        elif path.endswith(".json") and parent(path).endswith("conda-meta"):
            conda.append(path)
    bases = {base for path in conda if (base := _conda_base(path)) is not None}
    caches = Nearest({*cache_directories(paths), *(joined(base, "pkgs") for base in bases)})
    # If a conda prefix is measured, the environments below it are separate.
    others = Nearest({"envs"} if "" in bases else ())

    def counts(path: str) -> bool:
        return caches(parent(path)) is None and others(parent(path)) is None

    return {directory: files for directory, files in directories.items() if counts(directory)}, list(
        filter(counts, conda)
    )


def _conda_base(path: str) -> str | None:
    directory = parent(path)
    return parent(directory) if directory.rpartition("/")[2] == "conda-meta" else None


def _links_out(tree: FileTree) -> Iterator[Skipped]:
    """Yield the site directories, and directories above them, that are symlinks to outside of the tree."""
    for path, entry in tree.entries.items():
        # ``bin/python3`` is an interpreter; ``lib/python3`` is a directory.
        if entry.kind == "symlink" and _ABOVE_MODULES.search(path) and posixpath.basename(parent(path)) != "bin":
            target = tree.reader.target(path)
            if target is not None and _leads_out(path, target, tree):
                yield Skipped(path, f"a symlink to {target}, which is outside of the measured tree")


def _leads_out(path: str, target: str, tree: FileTree) -> bool:
    if target.startswith("/"):
        return not tree.whole
    return below(parent(path), target) is None
