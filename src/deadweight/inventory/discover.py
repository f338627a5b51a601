"""The paths of a tree → where its metadata lies: one Claim for each distribution, with the paths it says it owns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from deadweight.formats.metadata import is_name, normalize, parse_direct_url, parse_metadata
from deadweight.formats.record import MOST_PATHS, CondaPackage, below, installed_files, record_paths
from deadweight.inventory.caches import cache_folders
from deadweight.inventory.eggs import EGG_INFO, egg_metadata, is_egg
from deadweight.inventory.folders import Nearest, parent, strictly_above
from deadweight.inventory.prefixes import installed_path, is_site
from deadweight.model import FileTree, Metadata, Skipped

_HEAD = 1 << 18  # headers lie before the description; 256 KiB hold them all
_SMALL = 1 << 16  # bytes of the files beside METADATA, of which the largest have a few hundred
_LARGEST_LIST = 1 << 26
_LARGEST_EGG = 1 << 24
_METADATA = (".dist-info", ".egg-info")
_EGG_INFO = f"/{EGG_INFO}/"
_FILES = (".egg-info", ".egg-link", ".egg")
# Folders on the way to what is imported; where one is a symlink, an environment may lie elsewhere.
_ON_THE_WAY = re.compile(r"(?:\A|/)(?:(?:site|dist)-packages|lib|lib64|Lib|python\d[\d.]*t?)\Z")
_MOST_CLAIMED = 2 << 20  # paths that all lists of a tree name together; a system with all of conda has one million
_MOST_TEXT = 1 << 27  # characters of those


class Claim(Struct, kw_only=True):
    """One distribution's metadata, and the paths that it says it owns (of the tree; not all need exist)."""

    folder: str  # of the tree, that holds the metadata folder: the place that names are imported from
    metadata: Metadata
    paths: list[str] = []
    escaped: list[str] = []  # recorded paths that leave the prefix
    requested: bool = False
    installer: str = ""
    url: str = ""
    editable: bool = False
    top_level: tuple[str, ...] = ()
    conda: bool = False  # known from conda-meta alone
    recorded: bool = True  # False: no list of files was found
    prefix: str = ""  # of its environment, in the tree of a whole system
    rank: int = 0  # Python looks first where this is least, among the folders of one environment
    egg: str = ""  # the folder of an .egg, which names are imported from in place of ``folder``


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
    reading = _Reading(tree, found.skipped)
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
        self._claims: dict[str, list[Claim]] = {}
        self._above = Nearest(self._claims)
        self._parts: dict[str, set[str]] = {}
        self._root_is_site = is_site(tree.location.rstrip("/"))

    def add(self, site: str, claims: list[Claim]) -> None:
        """Add a folder with what is installed there."""
        self._claims[site] = claims
        if self.is_regular(site):
            self._regular.add(site)

    def is_regular(self, site: str) -> bool:
        """Say whether installers call a folder so that names are imported from."""
        return is_site(site) or (not site and self._root_is_site)

    def hides(self, site: str, folders: list[str]) -> bool:
        """Say whether metadata in ``site`` is part of a distribution that lies above it.

        Below ``site-packages`` all is. Elsewhere (a checkout with its .egg-info, ``pip install --target``) only what a
        distribution lists, or what lies in a package of one that lists nothing: a venv beside it is none of its parts.
        """
        above = strictly_above(site, self._above)
        while above is not None:
            if above in self._regular or any(self._is_part(above, folder) for folder in folders):
                return True
            above = strictly_above(above, self._above)
        return False

    def _is_part(self, site: str, folder: str) -> bool:
        if site not in self._parts:
            self._parts[site] = set(_parts(self._claims[site], f"{site}/" if site else ""))
        start = len(site) + 1 if site else 0
        return folder in self._parts[site] or folder[start:].partition("/")[0] + "/" in self._parts[site]


def _parts(claims: Iterable[Claim], start: str) -> Iterator[str]:
    """Yield the metadata folders that claims list; of those without a list the packages as "NAME/"."""
    for claim in claims:
        if not claim.recorded:
            yield from (f"{name}/" for name in claim.top_level or (claim.metadata.name.replace("-", "_"),))
        yield from (folder for path in claim.paths if (folder := parent(path)).endswith(_METADATA))


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
    passed_over = Nearest({*cache_folders(paths), *(_join(base, "pkgs") for base in bases)})
    # Where a conda prefix is measured, the environments below it are others.
    others = Nearest({"envs"} if "" in bases else ())

    def counts(path: str) -> bool:
        return passed_over(parent(path)) is None and others(parent(path)) is None

    return {folder: files for folder, files in folders.items() if counts(folder)}, list(filter(counts, conda))


def _conda_base(path: str) -> str | None:
    folder = parent(path)
    return parent(folder) if folder.rpartition("/")[2] == "conda-meta" else None


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


class _Reading:
    """Reads metadata; what cannot be read, or names more paths than any system has, is skipped with the reason."""

    def __init__(self, tree: FileTree, skipped: list[Skipped]) -> None:
        self._tree, self._skipped = tree, skipped
        self._left, self._text = _MOST_CLAIMED, _MOST_TEXT
        self._eggs: dict[str, list[str]] | None = None

    def claim(self, folder: str, files: Mapping[str, str]) -> Claim | None:
        """Return the claim of a metadata folder or an egg, None where it names no distribution."""
        site, _, base = folder.rpartition("/")
        if base.endswith(".egg-link"):
            return _egg_link(site, base, files[""])
        if base.endswith(".egg"):
            return self._zipped_egg(site, base, files[""])
        egg = ""
        if base == EGG_INFO:
            egg = site
            site, _, base = egg.rpartition("/")
        head = (
            self._read(files, "METADATA", _HEAD) or self._read(files, "PKG-INFO", _HEAD) or self._read(files, "", _HEAD)
        )
        metadata = parse_metadata(
            head,
            base,
            requires_txt=self._read(files, "requires.txt", _HEAD),
            entry_points=self._read(files, "entry_points.txt", _HEAD),
        )
        if metadata is None:
            self._skipped.append(Skipped(folder, "no METADATA, and the folder's name is no distribution's"))
            return None
        claim = Claim(folder=site, metadata=metadata, egg=egg)
        claim.requested = "REQUESTED" in files
        claim.installer = self._read(files, "INSTALLER", 64).decode("ascii", "replace").strip()
        if "direct_url.json" in files:
            claim.url, claim.editable = parse_direct_url(self._read(files, "direct_url.json", _SMALL))
        claim.top_level = tuple(self._read(files, "top_level.txt", _SMALL).decode("utf-8", "replace").split())
        self._add_paths(claim, folder, files)
        claim.paths += files.values()  # its own metadata is its own, whatever RECORD says
        return claim

    def _add_paths(self, claim: Claim, folder: str, files: Mapping[str, str]) -> None:
        if claim.egg:
            claim.paths += self._inside(claim.egg)
        elif folder in self._tree.lists:
            claim.paths += self._tree.lists[folder]
        elif "RECORD" in files:
            _add(claim, claim.folder, self._listed(files["RECORD"], record_paths))
        elif "installed-files.txt" in files:
            _add(claim, folder, self._listed(files["installed-files.txt"], installed_files))
        else:
            claim.recorded = False

    def _inside(self, egg: str) -> list[str]:
        """Return the paths in the folder of an egg."""
        if self._eggs is None:
            self._eggs = defaultdict(list)
            paths = self._tree.entries
            egg_of = Nearest({parent(parent(path)) for path in paths if path.endswith(f"{_EGG_INFO}PKG-INFO")})
            for path in paths:
                found = egg_of(parent(path)) if ".egg/" in path else None
                if found is not None:
                    self._eggs[found].append(path)
        return self._eggs.get(egg, [])

    def _listed(self, path: str, parse: Callable[[bytes], list[str]]) -> list[str]:
        """Return the paths that a list names, none of one that is longer than any."""
        try:
            data = self._tree.reader.read(path, _LARGEST_LIST)
        except OSError as error:
            self._skipped.append(Skipped(path, f"not read: {error.strerror or error}"))
            return []
        lines = data.count(b"\n")
        if lines > min(MOST_PATHS, self._left) or len(data) > self._text:
            says = f"not read: with its {lines:,} lines, the lists of files are longer than any system's"
            self._skipped.append(Skipped(path, says))
            return []
        self._left, self._text = self._left - lines, self._text - len(data)
        return parse(data)

    def _zipped_egg(self, site: str, base: str, path: str) -> Claim | None:
        try:
            data = self._tree.reader.read(path, _LARGEST_EGG)
        except OSError:
            data = b""
        head, requires, top_level = egg_metadata(data)
        metadata = parse_metadata(head, base, requires_txt=requires)
        if metadata is None:
            return None
        return Claim(folder=site, metadata=metadata, paths=[path], top_level=top_level)

    def _read(self, files: Mapping[str, str], name: str, limit: int) -> bytes:
        if name not in files:
            return b""
        try:
            return self._tree.reader.read(files[name], limit)
        except OSError as error:
            self._skipped.append(Skipped(files[name], f"not read: {error.strerror or error}"))
            return b""

    def conda(self, path: str) -> CondaPackage | None:
        """Return what a file of ``conda-meta`` says."""
        try:
            found = CondaPackage(self._tree.reader.read(path))
            self._left, self._text = self._left - len(found.files), self._text - sum(map(len, found.files))
            if self._left < 0 or self._text < 0:
                raise ValueError("with it, the lists of files are longer than any system's")
            return found
        except (OSError, ValueError, RecursionError) as error:
            self._skipped.append(Skipped(path, f"not read: {error}"))
            return None


def _egg_link(site: str, base: str, path: str) -> Claim | None:
    name = base.removesuffix(".egg-link")
    if not is_name(name):
        return None
    metadata = Metadata(name=normalize(name), version=None)
    return Claim(folder=site, metadata=metadata, paths=[path], editable=True)


def _add(claim: Claim, folder: str, recorded: list[str]) -> None:
    """Add what a list names, relative to ``folder``; what leaves the prefix of the claim's environment has escaped."""
    start = f"{folder}/" if folder else ""
    everything = "\n".join(["", *recorded])
    if not any(odd in everything for odd in ("/.", "//", "\n.", "\n/", "\0")):
        claim.paths += [start + path for path in recorded]
        return
    for path in recorded:
        inside = installed_path(
            claim.folder, path if folder == claim.folder else f"{folder[len(claim.folder) :].strip('/')}/{path}"
        )
        if inside is None:
            claim.escaped.append(path)
        else:
            claim.paths.append(inside)


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
