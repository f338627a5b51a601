"""Paths of Python files → the names by which they import each other."""

from __future__ import annotations

from collections.abc import Iterable


class LocalModules:
    """The modules of one source.

    paths: of Python files, relative to the source's folder, POSIX
    """

    def __init__(self, paths: Iterable[str]) -> None:
        split = [path.rpartition("/")[::2] for path in paths]
        self.packages = frozenset(folder for folder, name in split if name == "__init__.py")
        # Folder → what can be imported where it is on the path: folders that are no packages, since inside of one
        # only relative imports find what lies beside.
        self._importable: dict[str, set[str]] = {}
        for folder, name in split:
            if folder not in self.packages:
                self._importable.setdefault(folder, set()).add(name.removesuffix(".py"))
        for package in self.packages:
            folder, _, name = package.rpartition("/")
            if package and folder not in self.packages:
                self._importable.setdefault(folder, set()).add(name)
        self._folders = {folder for folder, _ in split}
        self._visible: dict[str, frozenset[str]] = {}

    def names(self) -> frozenset[str]:
        """Return the top-level names of all modules, and of folders that may be packages without an ``__init__.py``."""
        parts = [folder.split("/") for folder in self._folders if folder]
        top = {each[0] for each in parts} | {each[1] for each in parts if each[0] == "src" and len(each) > 1}
        found = top.union(*self._importable.values()) - {"__init__", "__main__"}
        return frozenset(name for name in found if name.isidentifier())

    def visible_from(self, folder: str) -> frozenset[str]:
        """Return the names that mean a module beside ``folder``'s files, in a folder above, or in ``src`` there."""
        if folder not in self._visible:
            found: set[str] = set()
            place = folder
            while True:
                found |= self._importable.get(place, set())
                found |= self._importable.get(f"{place}/src".lstrip("/"), set())
                if not place:
                    break
                place = place.rpartition("/")[0]
            self._visible[folder] = frozenset(found)
        return self._visible[folder]
