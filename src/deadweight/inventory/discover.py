"""The paths of a tree → where its metadata lies: one Claim for each distribution, with the paths it says it owns."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deadweight.formats.metadata import is_name, normalize, parse_direct_url, parse_metadata
from deadweight.formats.record import CondaPackage, below, installed_files, record_paths
from deadweight.model import FileTree, Metadata, Skipped

_HEAD = 1 << 18  # headers lie before the description; 256 KiB hold them all


@dataclass(slots=True, kw_only=True)
class Claim:
    """One distribution's metadata, and the paths that it says it owns (of the tree; not all need exist)."""

    folder: str  # of the tree, that holds the metadata folder: the place that names are imported from
    metadata: Metadata
    paths: list[str] = field(default_factory=list)
    escaped: list[str] = field(default_factory=list)  # recorded paths that leave the tree
    requested: bool = False
    installer: str = ""
    url: str = ""
    editable: bool = False
    top_level: tuple[str, ...] = ()
    conda: bool = False  # known from conda-meta alone
    recorded: bool = True  # False: no list of files was found
    prefix: str = ""  # of its environment, in the tree of a whole system


@dataclass(slots=True)
class Found:
    """What discovery returns: the claims, by folder and name, and what it could not read."""

    claims: list[Claim]
    conda: list[tuple[str, CondaPackage]]  # (path of its JSON file, package)
    skipped: list[Skipped]


def discover(tree: FileTree) -> Found:
    """Find the metadata of every distribution in ``tree``.

    A metadata folder counts where names are imported from: not inside another distribution (setuptools and pip
    carry vendored copies with metadata of their own).
    """
    folders, conda_files = _metadata_folders(tree.entries)
    sites = _outermost({posixpath.dirname(folder) for folder in folders})
    found = Found([], [], [])
    for folder in sorted(folders):
        if posixpath.dirname(folder) in sites:
            claim = _claim(tree, folder, folders[folder], found.skipped)
            if claim:
                found.claims.append(claim)
    for path in sorted(conda_files):
        try:
            found.conda.append((path, CondaPackage(tree.reader.read(path))))
        except (OSError, ValueError, RecursionError) as error:
            found.skipped.append(Skipped(path, f"not read: {error}"))
    return found


def _metadata_folders(paths: Iterable[str]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return metadata folder (or egg file) → file name → path, and the files of ``conda-meta``."""
    folders: dict[str, dict[str, str]] = defaultdict(dict)
    conda: list[str] = []
    bases = {path.partition("conda-meta/")[0] for path in paths if "conda-meta/" in path and path.endswith(".json")}
    # conda's cache is no environment; where one is measured, its other ones are not this one
    passed_over = (*(f"{base}pkgs/" for base in bases), *(["envs/"] if "" in bases else []))
    for path in paths:
        if passed_over and path.startswith(passed_over):
            continue
        if ".dist-info/" in path or ".egg-info/" in path:
            folder, _, name = path.rpartition("/")
            if folder.endswith((".dist-info", ".egg-info")):
                folders[folder][name] = path
        elif path.endswith((".egg-info", ".egg-link")):
            folders[path][""] = path
        elif path.endswith(".json") and posixpath.basename(posixpath.dirname(path)) == "conda-meta":
            conda.append(path)
    return folders, conda


def _outermost(folders: set[str]) -> set[str]:
    """Leave out the folders that lie below another one."""
    kept: set[str] = set()
    for folder in sorted(folders, key=len):
        parents = (folder[:at] for at, char in enumerate(folder) if char == "/")
        hidden = (folder and "" in kept) or any(parent in kept for parent in parents)
        # what lies in the prefix itself (a project's own .egg-info) hides no site-packages
        if not hidden or ("" in kept and folder.endswith(("site-packages", "dist-packages"))):
            kept.add(folder)
    return kept


def _claim(tree: FileTree, folder: str, files: Mapping[str, str], skipped: list[Skipped]) -> Claim | None:
    def read(name: str, limit: int = 1 << 26) -> bytes:
        if name not in files:
            return b""
        try:
            return tree.reader.read(files[name], limit)
        except OSError as error:
            skipped.append(Skipped(files[name], f"not read: {error.strerror or error}"))
            return b""

    site, _, base = folder.rpartition("/")
    if base.endswith(".egg-link"):
        return _egg_link(site, base, files[""])
    head = read("METADATA", _HEAD) or read("PKG-INFO", _HEAD) or read("", _HEAD)
    metadata = parse_metadata(
        head, base, requires_txt=read("requires.txt"), entry_points=read("entry_points.txt", _HEAD)
    )
    if metadata is None:
        skipped.append(Skipped(folder, "no METADATA, and a folder name that is no distribution's"))
        return None
    claim = Claim(folder=site, metadata=metadata)
    claim.requested = "REQUESTED" in files
    claim.installer = read("INSTALLER", 64).decode("ascii", "replace").strip()
    if "direct_url.json" in files:
        claim.url, claim.editable = parse_direct_url(read("direct_url.json"))
    claim.top_level = tuple(n for n in read("top_level.txt").decode("utf-8", "replace").split() if n)
    if folder in tree.lists:
        claim.paths += tree.lists[folder]
    elif "RECORD" in files:
        _add(claim, site, record_paths(read("RECORD")))
    elif "installed-files.txt" in files:
        _add(claim, folder, installed_files(read("installed-files.txt")))
    else:
        claim.recorded = False
    claim.paths += files.values()  # its own metadata is its own, whatever RECORD says
    return claim


def _egg_link(site: str, base: str, path: str) -> Claim | None:
    name = base.removesuffix(".egg-link")
    if not is_name(name):
        return None
    metadata = Metadata(name=normalize(name), version=None)
    return Claim(folder=site, metadata=metadata, paths=[path], editable=True)


def _add(claim: Claim, folder: str, recorded: list[str]) -> None:
    start = f"{folder}/" if folder else ""
    everything = "\n".join(["", *recorded])
    if not any(odd in everything for odd in ("/.", "//", "\n.", "\n/", "\0")):
        claim.paths += [start + path for path in recorded]
        return
    for path in recorded:
        inside = below(folder, path)
        if inside is None:
            claim.escaped.append(path)
        else:
            claim.paths.append(inside)
