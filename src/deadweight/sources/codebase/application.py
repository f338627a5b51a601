"""The directory of an application → what its code mentions. It is parsed, never run; no symlink is followed."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from deadweight.codescan.files import is_read
from deadweight.codescan.local_modules import LocalModules
from deadweight.codescan.reached import reached, run_by_hand
from deadweight.codescan.roles import role_of
from deadweight.codescan.subprojects import is_list, subprojects
from deadweight.errors import BadInput
from deadweight.model import Application, Mention, Role, Skipped
from deadweight.progress import Observer, Progress
from deadweight.sources.codebase.code_directories import INSTALLED, has_modules
from deadweight.sources.codebase.file_reader import read_files
from deadweight.wording import counted

# Directories without code of the application, which need no note.
_NO_SOURCE = frozenset(
    ".git .hg .svn .bzr __pycache__ node_modules bower_components .tox .nox .eggs .mypy_cache .ruff_cache .pytest_cache"
    " .hypothesis .ipynb_checkpoints .cache .idea .vscode .worktrees .direnv .pixi".split()
)
_VENDORED = frozenset("_vendor _vendored vendor vendored third_party thirdparty third-party extern _extern".split())
_TEMPLATE = re.compile(r"\{\{|\{%")  # placeholders of Cookiecutter and similar tools
_PROJECT_FILES = frozenset(("setup.py", "setup.cfg", "pyproject.toml"))
_MOST_SEARCHED = 200  # directories, when looking for Python in an excluded tree


def read_application(directory: str, *, observe: Observer) -> Application:
    """Return the mentions in the files below ``directory``; unreadable files are in ``skipped``.

    raises: BadInput if the directory itself cannot be listed
    """
    root = os.path.realpath(directory)
    try:
        os.scandir(root).close()
    except OSError as error:
        raise BadInput(f"cannot list {directory}: {error.strerror}") from error
    listing = _list(root)
    sizes = listing.sizes
    python = [path for path in sizes if path.endswith(".py")]
    packages = LocalModules(python).packages
    observe(Progress("reading", f"{directory} ({counted(len(sizes), 'file')})"))
    roles = {path: role_of(path, packages) for path in sorted(sizes)}
    read = read_files(root, [(path, sizes[path], role) for path, role in roles.items()])
    roots = (mention.name for mention in read.mentions if mention.kind == "root" and mention.name != ".")
    modules = LocalModules(python, roots, listing.vendored)
    presumed = {path for path, role in roles.items() if role == "development"}
    final = list(_with_role(read.mentions, reached(read.mentions, presumed, modules), "application"))
    final = list(_with_role(final, run_by_hand(final, modules), "scripts"))
    features = [mention for mention in final if mention.kind == "feature"]
    mentions = list(_of_others(final, modules))
    # A directory that is itself a package imports itself by its own name.
    own = {os.path.basename(root)} if "" in modules.packages else set()
    return Application(
        directory=directory,
        mentions=tuple(sorted(mentions, key=_order)),
        features=tuple(sorted(features, key=_order)),
        local=modules.names() | own,
        subprojects=subprojects(listing.lists, modules.packages),
        files=read.files,
        skipped=tuple(sorted({*listing.skipped, *read.skipped})),
    )


def application_files(directory: str) -> dict[str, int]:
    """Return path → bytes of the files that ``read_application`` reads; paths are relative to the directory, POSIX."""
    return _list(os.path.realpath(directory)).sizes


def _with_role(mentions: Iterable[Mention], files: Collection[str], role: Role) -> Iterator[Mention]:
    """Yield the mentions, with another role for those in ``files``."""
    for mention in mentions:
        yield mention._replace(role=role) if mention.file in files else mention


def _order(mention: Mention) -> tuple[str, int, int, str, str, str]:
    return mention.file, mention.cell, mention.line, mention.name, mention.kind, mention.how


def _of_others(mentions: Iterable[Mention], modules: LocalModules) -> Iterator[Mention]:
    """Yield the mentions that may refer to distributions: not imports of the application's own modules."""
    mentions = list(mentions)
    scripts = {mention.file for mention in mentions if mention.kind == "root" and mention.name == "."}
    beside = {file: modules.modules_in(file.rpartition("/")[0]) for file in scripts if modules.is_in_package(file)}
    for mention in mentions:
        if mention.kind in ("root", "file", "feature") or mention.name.startswith("."):
            continue
        directory, _, file = mention.file.rpartition("/")
        top = mention.name.partition(".")[0]
        # A module that imports its own name means a distribution: ``celery.py`` imports Celery.
        own = top in modules.visible_from(directory) or top in beside.get(mention.file, ())
        if mention.kind != "import" or file == f"{top}.py" or not own:
            yield mention


class _Listing(NamedTuple):
    """The content of a directory.

    sizes:    path → bytes, of the files to read
    skipped:  the excluded directories and unreadable files
    vendored: names of modules in vendored trees
    lists:    paths of files that list a project's requirements
    """

    sizes: dict[str, int]
    skipped: list[Skipped]
    vendored: set[str]
    lists: list[str]


def _list(root: str) -> _Listing:
    listing = _Listing({}, [], set(), [])
    pending = [""]
    while pending:
        directory = pending.pop()
        try:
            with os.scandir(f"{root}/{directory}") as scanned:
                items = list(scanned)
        except OSError as error:
            listing.skipped.append(Skipped(directory.rstrip("/"), error.strerror or str(error), 4))
            continue
        names = {item.name for item in items}
        foreign = _is_foreign(f"{root}/{directory}", names) if directory else ""
        if foreign:
            listing.skipped.append(Skipped(directory.rstrip("/"), foreign))
            continue
        for item in items:
            path = directory + item.name
            if is_list(item.name):
                listing.lists.append(path)
            if item.is_dir(follow_symlinks=False):
                reason = _exclusion(item, names)
                if reason is None:
                    pending.append(f"{path}/")
                elif reason and _holds_python(item.path):
                    listing.skipped.append(Skipped(path, reason))
                if item.name in _VENDORED:
                    listing.vendored.update(_module_names(item.path))
            elif item.is_file(follow_symlinks=False) and is_read(item.name) and not _TEMPLATE.search(item.name):
                try:
                    listing.sizes[path] = item.stat(follow_symlinks=False).st_size
                except OSError as error:  # it was removed meanwhile
                    listing.skipped.append(Skipped(path, error.strerror or str(error), 4))
    return listing


def _is_foreign(directory: str, names: Collection[str]) -> str:
    """Return why a directory is not part of the application; "" if it may be."""
    if not {"pyvenv.cfg", "conda-meta"}.isdisjoint(names):
        return "a virtual environment"
    if ".git" in names:
        git = f"{directory}/.git"
        # The ``.git`` of a submodule, which is part of the application, is a file that refers to a path in "modules".
        if os.path.isdir(git):
            return "another repository"
        try:
            with open(git, "rb") as file:
                return "a git worktree" if b"/worktrees/" in file.read(4096) else ""
        except OSError:
            return ""
    return ""


def _module_names(directory: str) -> set[str]:
    try:
        return {name.removesuffix(".py") for name in os.listdir(directory)}
    except OSError:
        return set()


def _exclusion(item: os.DirEntry[str], beside: Collection[str]) -> str | None:
    """Return why to exclude a directory, "" if that needs no note; None to read it."""
    if item.name in _NO_SOURCE or item.name.endswith((".egg-info", ".dist-info")):
        return ""
    if item.name in INSTALLED:
        return "installed distributions"
    if item.name in _VENDORED:
        return "vendored code, which is not the application's own"
    if _TEMPLATE.search(item.name):
        return "a template for other projects"
    if item.name in ("build", "dist") and not _PROJECT_FILES.isdisjoint(beside) and not has_modules(item.path):
        return "build output"
    return None


def _holds_python(directory: str) -> bool:
    """Return whether a directory contains Python code, or is too large to tell."""
    for count, (_, _, names) in enumerate(os.walk(directory)):
        if count >= _MOST_SEARCHED or any(name.endswith((".py", ".ipynb")) for name in names):
            return True
    return False
