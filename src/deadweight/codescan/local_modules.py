"""Paths of Python files → the names by which they import each other, and the file that an import means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_DEEPEST = 20  # parts of a dotted name that are looked up


class LocalModules:
    """The modules of one application.

    paths:    of its Python files, relative to its folder, POSIX
    roots:    folders of the import path, as PYTHONPATH and the settings of tools name them, on whatever machine
    vendored: names of modules in vendored trees, which are not read
    """

    def __init__(self, paths: Iterable[str], roots: Iterable[str] = (), vendored: Iterable[str] = ()) -> None:
        self._files = frozenset(paths)
        split = [path.rpartition("/")[::2] for path in self._files]
        self.packages = frozenset(folder for folder, name in split if name == "__init__.py")
        self._folders = {above for folder, _ in split for above in _and_above(folder)}
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
        self._vendored = frozenset(vendored)
        self._roots = tuple(sorted({found for text in roots for found in self._folders_of(text)}))
        self._visible: dict[str, frozenset[str]] = {}

    def _folders_of(self, text: str) -> Iterator[str]:
        """Yield the folders that a PYTHONPATH means. It may be a container's: "/app/backend" then is "backend" here."""
        for path in text.replace(";", ":").split(":"):
            parts = [part for part in path.strip("\"' ").split("/") if part not in ("", ".")]
            suffixes = ("/".join(parts[at:]) for at in range(len(parts)))
            found = next((suffix for suffix in suffixes if suffix in self._folders), None)
            if found:
                yield found

    def names(self) -> frozenset[str]:
        """Return the top-level names of modules, packages and folders that any import path could make importable.

        A folder without an ``__init__.py`` is a package too (PEP 420), wherever the folder above it is no package.
        """
        folders = {
            name for above, _, name in (f.rpartition("/") for f in self._folders if f) if above not in self.packages
        }
        found = folders.union(self._vendored, *self._importable.values()) - {"__init__", "__main__"}
        return frozenset(name for name in found if name.isidentifier())

    def visible_from(self, folder: str) -> frozenset[str]:
        """Return the names that mean a module beside ``folder``'s files, in a folder above, or on the import path."""
        if folder not in self._visible:
            places = self._searched(folder)
            self._visible[folder] = frozenset().union(*(self._importable.get(place, set()) for place in places))
        return self._visible[folder]

    def _searched(self, folder: str) -> Iterator[str]:
        for place in _and_above(folder):
            yield place
            yield f"{place}/src".lstrip("/")
        yield from self._roots

    def is_in_package(self, file: str) -> bool:
        return file.rpartition("/")[0] in self.packages

    def beside(self, folder: str) -> frozenset[str]:
        """Return the names of all modules in a folder, also of a package's: what a script there imports."""
        return frozenset(
            path.rpartition("/")[2].removesuffix(".py") for path in self._files if path.rpartition("/")[0] == folder
        )

    def file_of(self, dotted: str, importing: str) -> str | None:
        """Return the file that an import means, the longest prefix that is a module; None for other people's.

        dotted:    with its dots in front where the import is relative
        importing: the file that imports it
        """
        folder = importing.rpartition("/")[0]
        name = dotted.lstrip(".")
        parts = name.split(".")[:_DEEPEST] if name else []
        level = len(dotted) - len(name)
        if level:
            above = list(_and_above(folder))
            return self._module(above[level - 1], parts) if level <= len(above) else None
        found = (self._module(place, parts) for place in self._searched(folder))
        return next((file for file in found if file), None)

    def _module(self, folder: str, parts: list[str]) -> str | None:
        for length in range(len(parts), -1, -1):
            path = "/".join(filter(None, (folder, *parts[:length])))
            candidates = (f"{path}.py", f"{path}/__init__.py".lstrip("/")) if length else ()
            for candidate in candidates:
                if candidate in self._files:
                    return candidate
        return None


def _and_above(folder: str) -> Iterator[str]:
    """Yield a folder and those above it, the last one ""."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""
