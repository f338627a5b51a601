"""The directories of a tree → for each, the nearest marked directory above it, in linear time at any depth."""

from __future__ import annotations

from collections.abc import Container


class Nearest:
    """Finds the nearest marked directory at or above another one; each directory is visited once.

    marked: directories relative to the root ("" is the root). A directory that was looked up must not be added later
    """

    def __init__(self, marked: Container[str]) -> None:
        self._marked = marked
        self._known: dict[str, str | None] = {}

    def __call__(self, directory: str) -> str | None:
        """Return the nearest marked directory at or above ``directory``; None if there is none."""
        passed: list[str] = []
        nearest: str | None = None
        while True:
            if directory in self._known:
                nearest = self._known[directory]
                break
            passed.append(directory)
            if directory in self._marked:
                nearest = directory
                break
            if not directory:
                break
            directory = directory.rpartition("/")[0]
        for each in passed:
            self._known[each] = nearest
        return nearest


def parent(path: str) -> str:
    """Return the parent directory of a path, "" for the root."""
    return path.rpartition("/")[0]


def strictly_above(path: str, nearest: Nearest) -> str | None:
    """Return the nearest marked directory above ``path``, excluding itself; None if there is none."""
    return nearest(parent(path)) if path else None


def joined(directory: str, name: str) -> str:
    """Return the path of a name in a directory, which may be the root."""
    return f"{directory}/{name}" if directory else name
