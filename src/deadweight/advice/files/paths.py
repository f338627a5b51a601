"""The files of an image → findings by path: caches, and what COPY brings by accident; by the table ``paths.toml``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.image_rules import rules
from deadweight.inventory.caches import CONDA, UV, cache_directories
from deadweight.model import ImageFinding
from deadweight.shipped import table_beside

_OTHER_BASE = "use a base image without them"
# The caches of uv and conda can be in any directory.
_MOVED = {UV: "the cache of uv", CONDA: "the package cache of conda"}


class Sort(Struct, frozen=True):
    """Files that are recognized by their paths. ``paths.toml`` describes the fields."""

    rule: str
    what: str
    change: str
    directories: str = ""
    suffixes: str = ""
    copied: bool = False
    least: int = 0


_Match = tuple[int, str]  # number of the sort, file or directory to list


class _Table(NamedTuple):
    """``paths.toml`` for look-ups.

    directories: the last name of a directory → (the names above it and it, number of the sort)
    suffixes:    suffix of a file → number of the sort
    least:       of all sorts by suffix
    """

    sorts: Sequence[Sort]
    directories: Mapping[str, Sequence[tuple[str, int]]]
    suffixes: Mapping[str, int]
    least: int


def path_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each sort of files and each layer that contains some."""
    portions: dict[tuple[int, int], Portion] = {}
    entries, match_of = case.inventory.entries, _matcher(case)
    for path in case.unowned:
        match = match_of(path, entries[path].size)
        if match is None:
            continue
        number, root = match
        layer = case.layer_of(path)
        if not sorts()[number].copied or case.copied(layer):
            portions.setdefault((number, layer), Portion()).add(path, entries[path], root)
    for (number, layer), portion in portions.items():
        sort = sorts()[number]
        portion.settle(case.links)
        change = _OTHER_BASE if case.is_base(layer) else sort.change
        sure = _is_sure(sort, layer, case)
        yield portion.finding(sort.rule, layer, reason=f"contains {sort.what}", change=change, sure=sure)


def _is_sure(sort: Sort, layer: int, case: Case) -> bool:
    # Without the Dockerfile, an earlier stage may be where COPY took the files from.
    return rules()[sort.rule].sure and (not sort.copied or layer in case.made_by)


def _matcher(case: Case) -> Callable[[str, int], _Match | None]:
    """Return a function that matches a file, and remembers its directory, which contains many files."""
    table = _table()
    moved = cache_directories(case.unowned)
    numbers = {sort.what: number for number, sort in enumerate(table.sorts)}
    known: dict[str, _Match | None] = {
        directory: (numbers[_MOVED[cache]], directory) for directory, cache in moved.items() if cache in _MOVED
    }
    known.setdefault("", None)

    def match_of(path: str, size: int) -> _Match | None:
        directory = path.rpartition("/")[0]
        if directory not in known:
            _look_up(directory, known)
        match = known[directory]
        if match is None and size >= table.least:
            number = table.suffixes.get(path.rpartition(".")[2].lower())
            return None if number is None or size < table.sorts[number].least else (number, path)
        return match

    return match_of


def _look_up(directory: str, known: dict[str, _Match | None]) -> None:
    """Add the match of a directory and of those above it: the highest one that matches counts."""
    passed = []
    while directory not in known:
        passed.append(directory)
        directory = directory.rpartition("/")[0]
    match = known[directory]
    for each in reversed(passed):
        known[each] = match = match or _match_of_directory(each)


def _match_of_directory(directory: str) -> _Match | None:
    rooted = f"/{directory}"
    for names, number in _table().directories.get(rooted.rpartition("/")[2], ()):
        if rooted == names or (not names.startswith("/") and rooted.endswith(f"/{names}")):
            return number, directory
    return None


def sorts() -> Sequence[Sort]:
    """Return the sorts of files."""
    return _table().sorts


@lru_cache(maxsize=1)
def _table() -> _Table:
    sorts = tuple(Sort(**row) for row in table_beside(__file__, "paths.toml")["sorts"])
    directories: dict[str, list[tuple[str, int]]] = {}
    for number, sort in enumerate(sorts):
        for names in sort.directories.split():
            directories.setdefault(names.rpartition("/")[2], []).append((names, number))
    suffixes = {suffix: number for number, sort in enumerate(sorts) for suffix in sort.suffixes.split()}
    return _Table(sorts, directories, suffixes, min(sort.least for sort in sorts if sort.suffixes))
