"""Paths of Python files → the names under which they import each other, and the file that an import refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_DEEPEST = 20  # parts of a dotted name that are resolved


class LocalModules:
    """The modules of one application.

    paths:    of its Python files, relative to its directory, POSIX
    roots:    directories of the import path from PYTHONPATH and the settings of tools, possibly of another machine
    vendored: names of modules in vendored trees, which are not read
    """

    def __init__(self, paths: Iterable[str], roots: Iterable[str] = (), vendored: Iterable[str] = ()) -> None:
        self._files = frozenset(paths)
        split = [path.rpartition("/")[::2] for path in self._files]
        self.packages = frozenset(directory for directory, name in split if name == "__init__.py")
        self._directories = {above for directory, _ in split for above in _and_above(directory)}
        # Directory → names that can be imported if it is on the path. Packages are left out: inside a package, only
        # relative imports reach its modules.
        self._importable: dict[str, set[str]] = {}
        for directory, name in split:
            if directory not in self.packages:
                self._importable.setdefault(directory, set()).add(name.removesuffix(".py"))
        for package in self.packages:
            directory, _, name = package.rpartition("/")
            if package and directory not in self.packages:
                self._importable.setdefault(directory, set()).add(name)
        self._vendored = frozenset(vendored)
        self._roots = tuple(sorted({directory for text in roots for directory in self._directories_of(text)}))
        self._visible: dict[str, frozenset[str]] = {}

    def _directories_of(self, text: str) -> Iterator[str]:
        """Yield the directories in a PYTHONPATH; "/app/backend" in a container matches "backend"."""
        for path in text.replace(";", ":").split(":"):
            parts = [part for part in path.strip("\"' ").split("/") if part not in ("", ".")]
            suffixes = ("/".join(parts[at:]) for at in range(len(parts)))
            directory = next((suffix for suffix in suffixes if suffix in self._directories), None)
            if directory:
                yield directory

    def names(self) -> frozenset[str]:
        """Return the top-level names of modules, packages and directories that any import path could make importable.

        A directory without an ``__init__.py`` is a namespace package (PEP 420) unless its parent is a package.
        """
        directories = {
            name for above, _, name in (f.rpartition("/") for f in self._directories if f) if above not in self.packages
        }
        names = directories.union(self._vendored, *self._importable.values()) - {"__init__", "__main__"}
        return frozenset(name for name in names if name.isidentifier())

    def visible_from(self, directory: str) -> frozenset[str]:
        """Return the names of modules in ``directory``, in a directory above it, or on the import path."""
        if directory not in self._visible:
            searched = self._searched(directory)
            self._visible[directory] = frozenset().union(*(self._importable.get(each, set()) for each in searched))
        return self._visible[directory]

    def _searched(self, directory: str) -> Iterator[str]:
        for above in _and_above(directory):
            yield above
            yield f"{above}/src".lstrip("/")
        yield from self._roots

    def is_in_package(self, file: str) -> bool:
        return file.rpartition("/")[0] in self.packages

    def modules_in(self, directory: str) -> frozenset[str]:
        """Return the names of all modules in a directory, even in a package: a script in it can import them."""
        return frozenset(
            path.rpartition("/")[2].removesuffix(".py") for path in self._files if path.rpartition("/")[0] == directory
        )

    def file_of(self, dotted: str, importing: str) -> str | None:
        """Return the file of the longest prefix of a dotted name that is a local module; None if none is.

        dotted:    with leading dots for a relative import
        importing: the file that contains the import
        """
        directory = importing.rpartition("/")[0]
        name = dotted.lstrip(".")
        parts = name.split(".")[:_DEEPEST] if name else []
        level = len(dotted) - len(name)
        if level:
            above = list(_and_above(directory))
            return self._module(above[level - 1], parts) if level <= len(above) else None
        files = (self._module(each, parts) for each in self._searched(directory))
        return next((file for file in files if file), None)

    def _module(self, directory: str, parts: list[str]) -> str | None:
        for length in range(len(parts), -1, -1):
            path = "/".join(filter(None, (directory, *parts[:length])))
            candidates = (f"{path}.py", f"{path}/__init__.py".lstrip("/")) if length else ()
            for candidate in candidates:
                if candidate in self._files:
                    return candidate
        return None


def _and_above(directory: str) -> Iterator[str]:
    """Yield a directory and all directories above it; the last one is ""."""
    while directory:
        yield directory
        directory = directory.rpartition("/")[0]
    yield ""
