"""Folders of a tree → the nearest of a set that holds them, in time linear in the folders, however deep they lie."""

from __future__ import annotations

from collections.abc import Container


class Nearest:
    """Finds the nearest marked folder at or above another one; each folder is walked through once.

    marked: folders, relative to the root ("" is the root); must not change
    """

    def __init__(self, marked: Container[str]) -> None:
        self._marked = marked
        self._known: dict[str, str | None] = {}

    def __call__(self, folder: str) -> str | None:
        """Return the nearest marked folder at or above ``folder``, None where none is."""
        passed: list[str] = []
        found: str | None = None
        while True:
            if folder in self._known:
                found = self._known[folder]
                break
            passed.append(folder)
            if folder in self._marked:
                found = folder
                break
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        for each in passed:
            self._known[each] = found
        return found


def parent(path: str) -> str:
    """Return the folder that holds a path, "" for the root."""
    return path.rpartition("/")[0]


def strictly_above(path: str, nearest: Nearest) -> str | None:
    """Return the nearest marked folder above ``path``, itself left out; None where none is."""
    return nearest(parent(path)) if path else None


def joined(folder: str, name: str) -> str:
    """Return the path of a name in a folder, which may be the root."""
    return f"{folder}/{name}" if folder else name
