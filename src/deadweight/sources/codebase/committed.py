"""A requirements file, project or lock in git → a copy with the files that it needs, in a directory."""

from __future__ import annotations

import os
import posixpath
import shlex
from collections.abc import Callable, Iterable, Iterator

from deadweight.errors import BadInput
from deadweight.formats.projects.pyproject import read_project
from deadweight.formats.requirements import logical_lines
from deadweight.formats.tables import Malformed
from deadweight.sources.codebase.git import Revision, contents_of, kinds_of, names_in, paths_named
from deadweight.sources.codebase.requirements import text_of
from deadweight.targets.directories import LOCK, PROJECT_FILES

_MOST_FILES = 1000
_MOST_ALIKE = 3


def export(revision: Revision, path: str, directory: str) -> None:
    """Copy a file of the repository into a directory, at its path, with the files that it names.

    Requirements files come with those that they include, projects and locks with the projects of the repository (which
    may be members of its workspace), and a directory with its project files.
    raises: BadInput if there is no such file
    """
    copies = _Copies(revision, directory)
    kind = kinds_of(revision, [path])[path] if path else None
    if kind is None or kind.is_directory:
        names = [name for name in names_in(revision, path) if name in PROJECT_FILES or LOCK.match(name)]
        start = [posixpath.join(path, name) for name in names]
        os.makedirs(os.path.join(directory, path), exist_ok=True)
    elif kind.is_file:
        start = [path]
    else:
        where = f" (in the repository: {path})" if revision.prefix else ""
        raise BadInput(f"{_shown(revision, path)}: {kind.reason or 'not a file'}{where}", hint=_instead(revision, path))
    copies.add(start)


def _shown(revision: Revision, path: str) -> str:
    """Return a path of the repository as the user names it."""
    return f"{revision.name}:{posixpath.relpath(f'/{path}', f'/{revision.prefix}')}"


def _instead(revision: Revision, path: str) -> str:
    """Return a hint with files of the revision that have nearly the same name, or the same one elsewhere."""
    from difflib import get_close_matches

    directory, name = posixpath.split(path)
    near = [posixpath.join(directory, each) for each in get_close_matches(name, names_in(revision, directory), 3, 0.7)]
    if alike := (near + paths_named(revision, name))[:_MOST_ALIKE]:
        return f"did you mean {' or '.join(_shown(revision, each) for each in alike)}?"
    return f"git ls-tree -r --name-only {shlex.quote(revision.name)} lists the files of that revision"


class _Copies:
    """The files that were copied; a file is copied with those that it names."""

    def __init__(self, revision: Revision, directory: str) -> None:
        self._revision, self._directory = revision, directory
        self._seen: set[str] = set()

    def add(self, paths: Iterable[str]) -> None:
        """Copy files, and level by level those that they name; what is missing, their reader explains."""
        level = [path for path in dict.fromkeys(paths) if path not in self._seen]
        while level:
            self._seen.update(level)
            if len(self._seen) > _MOST_FILES:
                raise BadInput(f"{self._revision.name}: more than {_MOST_FILES} files would have to be read")
            files = {path: kind for path, kind in kinds_of(self._revision, level).items() if kind.is_file}
            named: list[str] = []
            for path, content in contents_of(self._revision, files).items():
                self._write(path, content)
                named += self._named_by(path)
            level = [path for path in dict.fromkeys(named) if path not in self._seen]

    def _write(self, path: str, content: bytes) -> None:
        copy = os.path.join(self._directory, path)
        try:
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            with open(copy, "xb") as file:
                file.write(content)
        except (FileExistsError, NotADirectoryError) as error:  # a tree that git did not write
            raise BadInput(f"{self._revision.name}:{path}: a file and a directory of one name") from error

    def _named_by(self, path: str) -> Iterator[str]:
        """Yield the paths that a copied file names; raises BadInput if one is outside of the repository."""
        name = posixpath.basename(path)
        find: Callable[[str], Iterable[str]] = _included
        if name == "pyproject.toml":
            find = _read_by_backend
            yield from paths_named(self._revision, name)
        elif LOCK.match(name):
            yield from paths_named(self._revision, "pyproject.toml")
            yield posixpath.join(posixpath.dirname(path), "Pipfile")
            return
        for each in find(os.path.join(self._directory, path)):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), each))
            if other.startswith(("/", "../")):  # a reader would follow it on this machine
                raise BadInput(
                    f"{self._revision.name}:{path} names {each}, which is outside of the repository",
                    hint="check out the revision, and compare its file",
                )
            if other not in (".", ".."):
                yield other


def _included(path: str) -> Iterator[str]:
    """Yield the files that a requirements file includes."""
    try:
        lines = logical_lines(text_of(path), path)
    except BadInput:  # its reader explains it
        return
    yield from (line.value for line in lines if line.kind in ("include", "constraint") and "\n" not in line.value)


def _read_by_backend(path: str) -> Iterator[str]:
    """Yield the requirements files that the build backend of a project reads."""
    try:
        files = read_project(text_of(path).encode(), os.path.dirname(path)).files
    except (BadInput, Malformed):
        return
    yield from (name for names in files.values() for name in names)
