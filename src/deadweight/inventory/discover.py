"""The paths of a tree → where its metadata lies: one Claim for each distribution, with the paths it says it owns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from deadweight.formats.distributions.record import CondaPackage, below
from deadweight.inventory.caches import cache_folders
from deadweight.inventory.claims import Claim, Reading
from deadweight.inventory.eggs import EGG_INFO, is_egg
from deadweight.inventory.folders import Nearest, joined, parent, strictly_above
from deadweight.inventory.prefixes import is_below, is_site
from deadweight.model import FileTree, Skipped

_METADATA = (".dist-info", ".egg-info")
_EGG_INFO = f"/{EGG_INFO}/"
_FILES = (".egg-info", ".egg-link", ".egg")
# Folders on the way to what is imported; where one is a symlink, an environment may lie elsewhere.
_ON_THE_WAY = re.compile(r"(?:\A|/)(?:(?:site|dist)-packages|lib|lib64|Lib|python\d[\d.]*t?)\Z")


class Found(Struct):
    """What discovery returns: the claims, by folder and name, and what it could not read."""

    claims: list[Claim]
    conda: list[tuple[str, CondaPackage]]  # (path of its JSON file, package)
    skipped: list[Skipped]


def discover(tree: FileTree) -> Found:
    """Find the metadata of every distribution in ``tree``.

    A metadata folder counts where names are imported from: not inside another distribution (setuptools and pip
    carry vendored copies with metadata of their own), and not in an installer's cache.
    """
    folders, conda_files = _metadata_folders(tree.entries)
    found = Found([], [], [])
    reading = Reading(tree, found.skipped)
    by_site: dict[str, list[str]] = defaultdict(list)
    for folder in sorted(folders):
        by_site[_site_of(folder)].append(folder)
    kept = _Kept(tree)
    for site in sorted(by_site, key=lambda site: (site.count("/") if site else -1, site)):
        if kept.hides(site, by_site[site]):
            continue
        # Eggs beside a checkout (dist, .eggs) are what was built, not what is installed.
        there = [each for each in by_site[site] if kept.is_regular(site) or not _is_egg_s(each)]
        claims = [claim for folder in there if (claim := reading.claim(folder, folders[folder]))]
        if not there:
            continue
        kept.add(site, claims)
        found.claims += claims
    for path in sorted(conda_files):
        package = reading.conda(path)
        if package is not None:
            found.conda.append((path, package))
    found.skipped += _links_out(tree)
    return found


def _is_egg_s(folder: str) -> bool:
    return folder.endswith((".egg", _EGG_INFO[:-1]))


def _site_of(folder: str) -> str:
    """Return the folder that holds a metadata folder, or the egg that it is of."""
    return parent(parent(folder)) if folder.endswith(_EGG_INFO[:-1]) else parent(folder)


class _Kept:
    """The folders that names are imported from so far, and which others are parts of what is installed there.

    Folders are added from the outermost inwards, so that what was looked up above one never changes.
    """

    def __init__(self, tree: FileTree) -> None:
        self._regular: set[str] = set()
        self._packages: set[str] = set()  # folders of what lists no files
        self._listed: dict[str, list[str]] = {}  # metadata folder → where what lists it is installed
        self._regular_above, self._package_above = Nearest(self._regular), Nearest(self._packages)
        self._root_is_site = is_site(tree.location.rstrip("/"))

    def add(self, site: str, claims: list[Claim]) -> None:
        """Add a folder with what is installed there."""
        if self.is_regular(site):
            self._regular.add(site)  # which hides all below it
            return
        for claim in claims:
            if not claim.recorded:
                names = claim.top_level or (claim.metadata.name.replace("-", "_"),)
                self._packages.update(joined(site, name) for name in names)
            for folder in {folder for path in claim.paths if (folder := parent(path)).endswith(_METADATA)}:
                self._listed.setdefault(folder, []).append(site)

    def is_regular(self, site: str) -> bool:
        """Say whether installers call a folder so that names are imported from."""
        return is_site(site) or (not site and self._root_is_site)

    def hides(self, site: str, folders: list[str]) -> bool:
        """Say whether metadata in ``site`` is part of a distribution that lies above it.

        Below ``site-packages`` all is. Elsewhere (a checkout with its .egg-info, ``pip install --target``) only what a
        distribution lists, or what lies in a package of one that lists nothing: a venv beside it is none of its parts.
        """
        if strictly_above(site, self._regular_above) is not None or self._package_above(site) is not None:
            return True
        return any(
            site != above and is_below(site, above) for folder in folders for above in self._listed.get(folder, ())
        )


def _metadata_folders(paths: Iterable[str]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return metadata folder (or egg) → file name → path, and the files of ``conda-meta``; nothing of caches."""
    folders: dict[str, dict[str, str]] = defaultdict(dict)
    conda: list[str] = []
    for path in paths:
        if ".dist-info/" in path or ".egg-info/" in path or _EGG_INFO in path:
            folder, _, name = path.rpartition("/")
            if folder.endswith(_METADATA) or (folder.endswith(_EGG_INFO[:-1]) and is_egg(parent(folder))):
                folders[folder][name] = path
        elif path.endswith(_FILES):
            if not path.endswith(".egg") or is_egg(path):
                folders[path][""] = path
        elif path.endswith(".json") and parent(path).endswith("conda-meta"):
            conda.append(path)
    bases = {base for path in conda if (base := _conda_base(path)) is not None}
    passed_over = Nearest({*cache_folders(paths), *(joined(base, "pkgs") for base in bases)})
    # Where a conda prefix is measured, the environments below it are others.
    others = Nearest({"envs"} if "" in bases else ())

    def counts(path: str) -> bool:
        return passed_over(parent(path)) is None and others(parent(path)) is None

    return {folder: files for folder, files in folders.items() if counts(folder)}, list(filter(counts, conda))


def _conda_base(path: str) -> str | None:
    folder = parent(path)
    return parent(folder) if folder.rpartition("/")[2] == "conda-meta" else None


def _links_out(tree: FileTree) -> Iterator[Skipped]:
    """Tell of folders that names are imported from and that lie elsewhere: behind a symlink that leaves the tree."""
    for path, entry in tree.entries.items():
        if entry.kind == "symlink" and _ON_THE_WAY.search(path):
            target = tree.reader.target(path)
            if target is not None and _leads_out(path, target, tree):
                yield Skipped(path, f"a symlink to {target}, outside of what is measured: nothing in it is counted")


def _leads_out(path: str, target: str, tree: FileTree) -> bool:
    if target.startswith("/"):
        return not tree.whole
    return below(parent(path), target) is None
