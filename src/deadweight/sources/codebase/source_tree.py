"""A folder of an application's source → what its files name. Reads and parses; runs nothing, follows no symlink."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from deadweight.codescan.local_modules import LocalModules
from deadweight.codescan.reached import reached, run_by_hand
from deadweight.codescan.roles import role_of
from deadweight.codescan.source_files import is_read
from deadweight.codescan.subprojects import is_list, subprojects
from deadweight.errors import BadInput
from deadweight.model import Mention, Role, Skipped, Source
from deadweight.progress import Observer, Progress
from deadweight.sources.codebase.source_folders import INSTALLED, has_modules
from deadweight.sources.codebase.source_reader import read_files

# Folders that hold nothing of the application's, and need no note.
_NO_SOURCE = frozenset(
    ".git .hg .svn .bzr __pycache__ node_modules bower_components .tox .nox .eggs .mypy_cache .ruff_cache .pytest_cache"
    " .hypothesis .ipynb_checkpoints .cache .idea .vscode .worktrees .direnv .pixi".split()
)
_VENDORED = frozenset("_vendor _vendored vendor vendored third_party thirdparty third-party extern _extern".split())
_TEMPLATE = re.compile(r"\{\{|\{%")  # what Cookiecutter and the like replace
_PROJECT_FILES = frozenset(("setup.py", "setup.cfg", "pyproject.toml"))
_LOOK_INTO = 200  # folders, for whether there is Python in what is passed over


def read_source(folder: str, *, observe: Observer) -> Source:
    """Return what the files below ``folder`` name; what could not be read is ``skipped``.

    raises: BadInput where the folder itself cannot be listed
    """
    root = os.path.realpath(folder)
    try:
        os.scandir(root).close()
    except OSError as error:
        raise BadInput(f"cannot list {folder}: {error.strerror}") from error
    listing = _list(root)
    sizes = listing.sizes
    python = [path for path in sizes if path.endswith(".py")]
    packages = LocalModules(python).packages
    observe(Progress("reading", f"{folder} ({len(sizes)} files)"))
    roles = {path: role_of(path, packages) for path in sorted(sizes)}
    read = read_files(root, [(path, sizes[path], role) for path, role in roles.items()])
    roots = (mention.name for mention in read.mentions if mention.kind == "root" and mention.name != ".")
    modules = LocalModules(python, roots, listing.vendored)
    presumed = {path for path, role in roles.items() if role == "development"}
    final = list(_with_role(read.mentions, reached(read.mentions, presumed, modules), "application"))
    final = list(_with_role(final, run_by_hand(final, modules), "scripts"))
    mentions = list(_of_others(final, modules))
    # A folder that is itself a package imports itself by its own name.
    own = {os.path.basename(root)} if "" in modules.packages else set()
    return Source(
        folder=folder,
        mentions=tuple(sorted(mentions, key=_place)),
        local=modules.names() | own,
        subprojects=subprojects(listing.lists, modules.packages),
        files=read.files,
        skipped=tuple(sorted({*listing.skipped, *read.skipped})),
    )


def _with_role(mentions: Iterable[Mention], files: Collection[str], role: Role) -> Iterator[Mention]:
    """Yield the mentions, those of some files with another role."""
    for mention in mentions:
        yield mention._replace(role=role) if mention.file in files else mention


def _place(mention: Mention) -> tuple[str, int, int, str, str, str]:
    return mention.file, mention.cell, mention.line, mention.name, mention.kind, mention.how


def _of_others(mentions: Iterable[Mention], modules: LocalModules) -> Iterator[Mention]:
    """Yield what means other people's distributions: no imports of the application's own modules."""
    mentions = list(mentions)
    scripts = {mention.file for mention in mentions if mention.kind == "root" and mention.name == "."}
    beside = {file: modules.modules_in(file.rpartition("/")[0]) for file in scripts if modules.is_in_package(file)}
    for mention in mentions:
        if mention.kind in ("root", "file") or mention.name.startswith("."):
            continue
        folder, _, file = mention.file.rpartition("/")
        top = mention.name.partition(".")[0]
        # A module that imports its own name means another's: ``celery.py`` imports Celery.
        own = top in modules.visible_from(folder) or top in beside.get(mention.file, ())
        if mention.kind != "import" or file == f"{top}.py" or not own:
            yield mention


class _Listing(NamedTuple):
    """What lies in a folder.

    sizes:    path → bytes, of the files to read
    skipped:  what was passed over
    vendored: names of modules in vendored trees
    lists:    paths of files that list a project's requirements
    """

    sizes: dict[str, int]
    skipped: list[Skipped]
    vendored: set[str]
    lists: list[str]


def _list(root: str) -> _Listing:
    found = _Listing({}, [], set(), [])
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(f"{root}/{folder}") as listing:
                items = list(listing)
        except OSError as error:
            found.skipped.append(Skipped(folder.rstrip("/"), error.strerror or str(error), 4))
            continue
        names = {item.name for item in items}
        foreign = _is_foreign(f"{root}/{folder}", names) if folder else ""
        if foreign:
            found.skipped.append(Skipped(folder.rstrip("/"), foreign))
            continue
        for item in items:
            path = folder + item.name
            if is_list(item.name):
                found.lists.append(path)
            if item.is_dir(follow_symlinks=False):
                reason = _passed_over(item, names)
                if reason is None:
                    pending.append(f"{path}/")
                elif reason and _holds_python(item.path):
                    found.skipped.append(Skipped(path, reason))
                if item.name in _VENDORED:
                    found.vendored.update(_module_names(item.path))
            elif item.is_file(follow_symlinks=False) and is_read(item.name) and not _TEMPLATE.search(item.name):
                try:
                    found.sizes[path] = item.stat(follow_symlinks=False).st_size
                except OSError as error:  # it went meanwhile
                    found.skipped.append(Skipped(path, error.strerror or str(error), 4))
    return found


def _is_foreign(folder: str, names: Collection[str]) -> str:
    """Return why everything in a folder belongs to something else than the application; "" where it does not."""
    if not {"pyvenv.cfg", "conda-meta"}.isdisjoint(names):
        return "a virtual environment"
    if ".git" in names:
        git = f"{folder}/.git"
        # Of a submodule, which is part of the application, ``.git`` is a file that names a folder in "modules".
        if os.path.isdir(git):
            return "another repository"
        try:
            with open(git, "rb") as file:
                return "a git worktree" if b"/worktrees/" in file.read(4096) else ""
        except OSError:
            return ""
    return ""


def _module_names(folder: str) -> set[str]:
    try:
        return {name.removesuffix(".py") for name in os.listdir(folder)}
    except OSError:
        return set()


def _passed_over(item: os.DirEntry[str], beside: Collection[str]) -> str | None:
    """Return why a folder is not the application's source, "" where that needs no note; None where it may be."""
    if item.name in _NO_SOURCE or item.name.endswith((".egg-info", ".dist-info")):
        return ""
    if item.name in INSTALLED:
        return "installed distributions"
    if item.name in _VENDORED:
        return "a vendored tree, which is not the application's own source"
    if _TEMPLATE.search(item.name):
        return "a template for other projects"
    if item.name in ("build", "dist") and not _PROJECT_FILES.isdisjoint(beside) and not has_modules(item.path):
        return "what packaging has built"
    return None


def _holds_python(folder: str) -> bool:
    """Tell whether there is Python in a folder, as far as a short look can."""
    for looked, (_, _, names) in enumerate(os.walk(folder)):
        if looked >= _LOOK_INTO or any(name.endswith((".py", ".ipynb")) for name in names):
            return True
    return False
