"""The words of a command and the files of a whole system → where the program lies."""

from __future__ import annotations

from posixpath import normpath

from deadweight.inventory.folders import parent
from deadweight.model import FileTree, Start

_MOST_LINKS = 8


def located(program: str, start: Start, tree: FileTree) -> str | None:
    """Return where a program lies, as a shell finds it; None where it is not there."""
    folders = (start.folder,) if "/" in program else start.search
    paths = (through_links(below_root(absolute(folder, program)), tree) for folder in folders)
    return next((path for path in paths if path in tree.entries), None)


def through_links(path: str, tree: FileTree) -> str:
    """Return a path whose folders are no symlinks; the last part is left as it is."""
    for _ in range(_MOST_LINKS):
        folder = parent(path)
        while folder and folder not in tree.entries:
            folder = parent(folder)
        if not folder:
            break
        target = tree.reader.target(folder)
        if target is None:
            # Where symlinks cannot be read: those of Debian and others from /bin and /lib into /usr.
            return f"usr/{path}" if "/" not in folder and f"usr/{path}" in tree.entries else path
        path = below_root(absolute(f"/{parent(folder)}", target)) + path[len(folder) :]
    return path


def absolute(folder: str, path: str) -> str:
    """Return a path as one from the root."""
    return path if path.startswith("/") else f"/{folder}/{path}"


def below_root(path: str) -> str:
    """Return a path as the tree has it."""
    return normpath(f"/{path}").strip("/")
