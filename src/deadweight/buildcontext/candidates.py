"""A build context → what in it an image does not need, by names and places alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from deadweight.buildcontext.context import BuildContext, Directory
from deadweight.buildcontext.kinds import DIRECTORIES, FILES, KINDS, MARKERS, Kind

_HEAD = 4096  # bytes of a file that may have to be read


class Candidate(NamedTuple):
    """A directory or a file that could be left out.

    glob: the name in ``kinds.toml`` that it matches; "" for a directory that a marker identifies
    size: in bytes, with everything in it
    """

    path: str
    kind: Kind
    glob: str
    size: int
    is_directory: bool


def candidates_in(context: BuildContext, head: Callable[[str, int], bytes]) -> list[Candidate]:
    """Return the outermost candidates, in the order of the directories.

    head: returns the first bytes of a file, by its path; b"" if it cannot be read
    """
    return list(_Search(context, head).candidates())


class _Search:
    def __init__(self, context: BuildContext, head: Callable[[str, int], bytes]) -> None:
        self._directories = context.directories
        self._head = head
        self._totals = _totals(context)
        self._inside = bytearray(len(self._directories))  # directories that are, or are in, a candidate
        self._packaged = bytearray(len(self._directories))  # directories that are, or are in, a package

    def candidates(self) -> Iterator[Candidate]:
        beside: set[str] = set()
        above = -1
        for number, directory in enumerate(self._directories):
            names = directory.names
            if directory.above >= 0:
                if self._inside[directory.above]:
                    self._inside[number] = 1
                    continue
                self._packaged[number] = self._packaged[directory.above]
                if above != directory.above:
                    above, beside = directory.above, _names_in(self._directories[directory.above])
                found = self._directory(number, directory, beside)
                if found is not None:
                    self._inside[number] = 1
                    yield found
                    continue
            if f"/{names}/".find("/__init__.py/") >= 0:
                self._packaged[number] = 1
            yield from self._files(number, directory)

    def _directory(self, number: int, directory: Directory, beside: set[str]) -> Candidate | None:
        name = directory.path.rpartition("/")[2]
        inner = set(directory.inner) | {each for each in MARKERS if f"/{each}/" in f"/{directory.names}/"}
        if name not in DIRECTORIES and MARKERS.isdisjoint(inner):
            return None
        place = directory.path.rpartition("/")[0]
        for kind in KINDS:
            if name not in kind.directories and kind.markers.isdisjoint(inner):
                continue
            size = self._totals[number]
            is_code = not kind.modules and (self._packaged[number] or _has_modules(directory))
            if not is_code and kind.may_be_in(place, beside) and size >= kind.least:
                return Candidate(directory.path, kind, kind.directories.match(name), size, is_directory=True)
        return None

    def _files(self, number: int, directory: Directory) -> Iterator[Candidate]:
        found = [(name, size) for name, size in directory.files() if name in FILES]
        if not found:
            return
        beside = _names_in(directory)
        for name, size in found:
            path = directory.path_of(name)
            for kind in KINDS:
                if (
                    name in kind.files
                    and name not in kind.unless
                    and kind.may_be_in(directory.path, beside)
                    and not (kind.by_name and self._packaged[number])
                    and (kind.holds is None or kind.holds.search(self._head(path, _HEAD)))
                ):
                    yield Candidate(path, kind, kind.files.match(name), size, is_directory=False)
                    break


def _names_in(directory: Directory) -> set[str]:
    return {*directory.names.split("/"), *directory.inner}


def _has_modules(directory: Directory) -> bool:
    return ".py/" in f"{directory.names}/"


def _totals(context: BuildContext) -> list[int]:
    """Return the bytes of each directory with everything in it."""
    totals = [sum(directory.sizes) for directory in context.directories]
    for number in range(len(totals) - 1, 0, -1):
        totals[context.directories[number].above] += totals[number]
    return totals
