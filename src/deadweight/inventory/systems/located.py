"""The name of a program and the files of a whole system → the path of the program."""

from __future__ import annotations

from posixpath import normpath

from deadweight.inventory.directories import parent
from deadweight.model import FileTree, Start

_MOST_LINKS = 8


def located(program: str, start: Start, tree: FileTree) -> str | None:
    """Return the path of a program, with the lookup rules of a shell; None if it does not exist."""
    directories = (start.directory,) if "/" in program else start.search
    paths = (through_links(below_root(absolute(directory, program)), tree) for directory in directories)
    return next((path for path in paths if path in tree.entries), None)


def through_links(path: str, tree: FileTree) -> str:
    """Return a path with symlinks in its directories resolved; the last part is not resolved."""
    for _ in range(_MOST_LINKS):
        directory = parent(path)
        while directory and directory not in tree.entries:
            directory = parent(directory)
        if not directory:
            break
        target = tree.reader.target(directory)
        if target is None:
            # If symlinks cannot be read, assume those of merged /usr: /bin and /lib point into /usr.
            return f"usr/{path}" if "/" not in directory and f"usr/{path}" in tree.entries else path
        path = below_root(absolute(f"/{parent(directory)}", target)) + path[len(directory) :]
    return path


def absolute(directory: str, path: str) -> str:
    """Return a path as an absolute path."""
    return path if path.startswith("/") else f"/{directory}/{path}"


def below_root(path: str) -> str:
    """Return an absolute path as a path of the tree."""
    return normpath(f"/{path}").strip("/")
