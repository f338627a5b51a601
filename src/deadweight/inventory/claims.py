"""A metadata directory or an egg → a Claim: one distribution with the paths that it claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from msgspec import Struct

from deadweight.formats.distributions.metadata import is_name, normalize, parse_direct_url, parse_metadata
from deadweight.formats.distributions.record import MOST_PATHS, CondaPackage, installed_files, record_paths
from deadweight.inventory.directories import Nearest, parent
from deadweight.inventory.eggs import EGG_INFO, egg_metadata
from deadweight.inventory.prefixes import installed_path
from deadweight.model import FileTree, Metadata, Skipped

_HEAD = 1 << 18  # bytes of METADATA to read; the headers come before the description
_SMALL = 1 << 16  # bytes of the files next to METADATA, which usually have a few hundred
_LARGEST_LIST = 1 << 26
_LARGEST_EGG = 1 << 24
_EGG_INFO = f"/{EGG_INFO}/"
_MOST_CLAIMED = 2 << 20  # paths in all lists of a tree; a system with all of conda has one million
_MOST_TEXT = 1 << 27  # characters of these paths


class Claim(Struct, kw_only=True):
    """The metadata of one distribution, and the paths that it claims (relative to the tree; not all need exist)."""

    directory: str  # the parent of the metadata directory, usually site-packages, from which names are imported
    metadata: Metadata
    paths: list[str] = []
    escaped: list[str] = []  # recorded paths that leave the prefix
    requested: bool = False
    installer: str = ""
    url: str = ""
    editable: bool = False
    top_level: tuple[str, ...] = ()
    conda: bool = False  # known only from conda-meta
    recorded: bool = True  # whether it has a list of files
    prefix: str = ""  # of its environment, in a whole system
    rank: int = 0  # order in which Python searches the directories of one environment, lowest first
    metadata_path: str = ""  # the metadata directory, or the file that an old egg has instead
    egg: str = ""  # the directory of an .egg, from which names are imported instead of ``directory``


class Reading:
    """Reads metadata. Files that cannot be read, or that list too many paths, are skipped with the reason."""

    def __init__(self, tree: FileTree, skipped: list[Skipped]) -> None:
        self._tree, self._skipped = tree, skipped
        self._left, self._text = _MOST_CLAIMED, _MOST_TEXT
        self._eggs: dict[str, list[str]] | None = None

    def claim(self, directory: str, files: Mapping[str, str]) -> Claim | None:
        """Return the claim of a metadata directory or an egg; None if it names no distribution."""
        site, _, base = directory.rpartition("/")
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
            self._skipped.append(Skipped(directory, "not counted as a distribution: no METADATA and no valid name"))
            return None
        claim = Claim(directory=site, metadata=metadata, egg=egg, metadata_path=directory)
        claim.requested = "REQUESTED" in files
        claim.installer = self._read(files, "INSTALLER", 64).decode("ascii", "replace").strip()
        if "direct_url.json" in files:
            claim.url, claim.editable = parse_direct_url(self._read(files, "direct_url.json", _SMALL))
        claim.top_level = tuple(self._read(files, "top_level.txt", _SMALL).decode("utf-8", "replace").split())
        self._add_paths(claim, directory, files)
        claim.paths += files.values()  # a distribution owns its metadata even if RECORD does not list it
        return claim

    def _add_paths(self, claim: Claim, directory: str, files: Mapping[str, str]) -> None:
        if claim.egg:
            claim.paths += self._inside(claim.egg)
        elif directory in self._tree.lists:
            claim.paths += self._tree.lists[directory]
        elif "RECORD" in files:
            _add(claim, claim.directory, self._listed(files["RECORD"], record_paths))
        elif "installed-files.txt" in files:
            _add(claim, directory, self._listed(files["installed-files.txt"], installed_files))
        else:
            claim.recorded = False

    def _inside(self, egg: str) -> list[str]:
        """Return the paths in the directory of an egg."""
        if self._eggs is None:
            self._eggs = defaultdict(list)
            paths = self._tree.entries
            egg_of = Nearest({parent(parent(path)) for path in paths if path.endswith(f"{_EGG_INFO}PKG-INFO")})
            for path in paths:
                owner = egg_of(parent(path)) if ".egg/" in path else None
                if owner is not None:
                    self._eggs[owner].append(path)
        return self._eggs.get(egg, [])

    def _listed(self, path: str, parse: Callable[[bytes], list[str]]) -> list[str]:
        """Return the paths in a list of files; none if the list cannot be read or is too long."""
        try:
            data = self._tree.reader.read(path, _LARGEST_LIST)
        except OSError as error:
            self._skipped.append(Skipped(path, f"not read: {error.strerror or error}"))
            return []
        lines = data.count(b"\n")
        if lines > min(MOST_PATHS, self._left) or len(data) > self._text:
            reason = f"not read: {lines:,} lines are more than the limit for lists of files"
            self._skipped.append(Skipped(path, reason))
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
        return Claim(directory=site, metadata=metadata, paths=[path], top_level=top_level)

    def _read(self, files: Mapping[str, str], name: str, limit: int) -> bytes:
        if name not in files:
            return b""
        try:
            return self._tree.reader.read(files[name], limit)
        except OSError as error:
            self._skipped.append(Skipped(files[name], f"not read: {error.strerror or error}"))
            return b""

    def conda(self, path: str) -> CondaPackage | None:
        """Return the contents of a file in ``conda-meta``; None if it cannot be read."""
        try:
            package = CondaPackage(self._tree.reader.read(path))
            self._left, self._text = self._left - len(package.files), self._text - sum(map(len, package.files))
            if self._left < 0 or self._text < 0:
                raise ValueError("more entries than the limit for lists of files")
            return package
        except (OSError, ValueError, RecursionError) as error:
            self._skipped.append(Skipped(path, f"not read: {error}"))
            return None


def _egg_link(site: str, base: str, path: str) -> Claim | None:
    name = base.removesuffix(".egg-link")
    if not is_name(name):
        return None
    metadata = Metadata(name=normalize(name), version=None)
    return Claim(directory=site, metadata=metadata, paths=[path], editable=True)


def _add(claim: Claim, directory: str, recorded: list[str]) -> None:
    """Add the paths in a list, relative to ``directory``; paths outside of the environment's prefix have escaped."""
    start = f"{directory}/" if directory else ""
    everything = "\n".join(["", *recorded])
    if not any(odd in everything for odd in ("/.", "//", "\n.", "\n/", "\0")):
        claim.paths += [start + path for path in recorded]
        return
    for path in recorded:
        inside = installed_path(
            claim.directory,
            path if directory == claim.directory else f"{directory[len(claim.directory) :].strip('/')}/{path}",
        )
        if inside is None:
            claim.escaped.append(path)
        else:
            claim.paths.append(inside)
