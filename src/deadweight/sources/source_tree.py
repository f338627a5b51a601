"""A folder of an application's source → what its files name. Reads and parses; runs nothing, follows no symlink."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator

from deadweight.errors import BadInput
from deadweight.formats.local_modules import LocalModules
from deadweight.formats.roles import role_of
from deadweight.formats.source_files import is_read
from deadweight.model import Mention, Skipped, Source
from deadweight.progress import Observer, Progress
from deadweight.sources.source_reader import read_files

# Folders that hold nothing of the application's, and need no note.
_NO_SOURCE = frozenset(
    ".git .hg .svn .bzr __pycache__ node_modules bower_components .tox .nox .eggs .mypy_cache .ruff_cache .pytest_cache"
    " .hypothesis .ipynb_checkpoints .cache .idea .vscode".split()
)
_VENDORED = frozenset("_vendor _vendored vendor vendored third_party thirdparty third-party".split())
_INSTALLED = frozenset(("site-packages", "dist-packages", "__pypackages__"))
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
    sizes, skipped = _list(root)
    modules = LocalModules(path for path in sizes if path.endswith(".py"))
    observe(Progress("reading", f"{folder} ({len(sizes)} files)"))
    read = read_files(root, [(path, sizes[path], role_of(path, modules.packages)) for path in sorted(sizes)])
    # A folder that is itself a package imports itself by its own name.
    own = {os.path.basename(root)} if "" in modules.packages else set()
    return Source(
        folder=folder,
        mentions=tuple(sorted(_of_others(read.mentions, modules), key=_place)),
        local=modules.names() | own,
        files=read.files,
        skipped=tuple(sorted({*skipped, *read.skipped})),
    )


def holds_python(folder: str) -> bool:
    """Say whether a folder, or one directly in it, holds Python code of an application; a home folder is none."""
    if os.path.realpath(folder) in ("/", os.path.realpath(os.path.expanduser("~"))):
        return False
    if _has_modules(folder):
        return True
    try:
        with os.scandir(folder) as listing:
            inner = [each.path for each in listing if each.is_dir(follow_symlinks=False) and each.name[0] != "."]
    except OSError:
        return False
    return any(_has_modules(path) for path in inner if not _is_environment(path))


def _is_environment(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, "pyvenv.cfg")) or os.path.basename(folder) in _INSTALLED


def _place(mention: Mention) -> tuple[str, int, int, str, str, str]:
    return mention.file, mention.cell, mention.line, mention.name, mention.kind, mention.how


def _of_others(mentions: Iterable[Mention], modules: LocalModules) -> Iterator[Mention]:
    """Yield the mentions but for imports of the source's own modules."""
    for mention in mentions:
        folder, _, file = mention.file.rpartition("/")
        top = mention.name.partition(".")[0]
        # A module that imports its own name means another's: ``celery.py`` imports Celery.
        if mention.kind != "import" or file == f"{top}.py" or top not in modules.visible_from(folder):
            yield mention


def _list(root: str) -> tuple[dict[str, int], list[Skipped]]:
    """Return path → bytes of the files that are to be read, and what was passed over."""
    sizes: dict[str, int] = {}
    skipped: list[Skipped] = []
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(f"{root}/{folder}") as listing:
                items = list(listing)
        except OSError as error:
            skipped.append(Skipped(folder.rstrip("/"), error.strerror or str(error), 4))
            continue
        names = {item.name for item in items}
        if folder and not names.isdisjoint(("pyvenv.cfg", "conda-meta")):
            skipped.append(Skipped(folder.rstrip("/"), "a virtual environment"))
            continue
        for item in items:
            path = folder + item.name
            if item.is_dir(follow_symlinks=False):
                reason = _passed_over(item, names)
                if reason is None:
                    pending.append(f"{path}/")
                elif reason and _holds_python(item.path):
                    skipped.append(Skipped(path, reason))
            elif item.is_file(follow_symlinks=False) and is_read(item.name):
                try:
                    sizes[path] = item.stat(follow_symlinks=False).st_size
                except OSError as error:  # it went meanwhile
                    skipped.append(Skipped(path, error.strerror or str(error), 4))
    return sizes, skipped


def _passed_over(item: os.DirEntry[str], beside: Collection[str]) -> str | None:
    """Return why a folder is not the application's source, "" where that needs no note; None where it may be."""
    if item.name in _NO_SOURCE or item.name.endswith((".egg-info", ".dist-info")):
        return ""
    if item.name in _INSTALLED:
        return "installed distributions"
    if item.name in _VENDORED:
        return "a vendored tree, which is not the application's own source"
    if item.name in ("build", "dist") and not _PROJECT_FILES.isdisjoint(beside) and not _has_modules(item.path):
        return "what packaging has built"
    return None


def _has_modules(folder: str) -> bool:
    try:
        with os.scandir(folder) as listing:
            return any(item.name.endswith((".py", ".ipynb")) for item in listing)
    except OSError:
        return False


def _holds_python(folder: str) -> bool:
    """Tell whether there is Python in a folder, as far as a short look can."""
    for looked, (_, _, names) in enumerate(os.walk(folder)):
        if looked >= _LOOK_INTO or any(name.endswith((".py", ".ipynb")) for name in names):
            return True
    return False
