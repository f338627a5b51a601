"""The files of an image → findings by path: caches, and what COPY brings by accident; by the table ``paths.toml``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.advice.rules import rules
from deadweight.inventory.caches import CONDA, UV, cache_directories
from deadweight.inventory.directories import Nearest, parent
from deadweight.model import ImageFinding
from deadweight.shipped import table_beside

_OTHER_BASE = "use a base image without them"


class Sort(Struct, frozen=True):
    """Files that are recognized by their paths. ``paths.toml`` describes the fields."""

    rule: str
    what: str
    change: str
    pattern: str
    copied: bool = False
    least: int = 0


_Match = tuple[int, str]  # number of the sort, file or directory to list


def path_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each sort of files and each layer that contains some."""
    portions: dict[tuple[int, int], Portion] = {}
    entries = case.inventory.entries
    directory_match, file_match = _of_directories(case), _of_files()
    for path in case.unowned:
        match = directory_match(parent(path)) or file_match(path, entries[path].size)
        if match is None:
            continue
        number, root = match
        layer = case.layer_of(path)
        if not sorts()[number].copied or case.copied(layer):
            portions.setdefault((number, layer), Portion()).add(entries[path], root)
    for (number, layer), portion in portions.items():
        sort = sorts()[number]
        portion.settle(case.links)
        change = _OTHER_BASE if case.is_base(layer) else sort.change
        sure = _is_sure(sort, layer, case)
        yield portion.finding(sort.rule, layer, reason=f"contains {sort.what}", change=change, sure=sure)


def _is_sure(sort: Sort, layer: int, case: Case) -> bool:
    # Without the Dockerfile, an earlier stage may be where COPY took the files from.
    return rules()[sort.rule].sure and (not sort.copied or layer in case.made_by)


def _of_directories(case: Case) -> Callable[[str], _Match | None]:
    """Return a function that matches a directory, and remembers it: a directory contains many files."""
    # The caches of uv and conda can be anywhere.
    moved = cache_directories(case.inventory.entries)
    cache_of = Nearest(moved)
    number_of = {UV: _number("the cache of uv"), CONDA: _number("the package cache of conda")}
    known: dict[str, _Match | None] = {}
    match = _pattern(directories=True).match

    def match_of(directory: str) -> _Match | None:
        if directory not in known:
            known[directory] = _match(match(f"{directory}/"))
            cache = cache_of(directory) if moved and known[directory] is None else None
            if cache is not None and moved[cache] in number_of:
                known[directory] = number_of[moved[cache]], cache
        return known[directory]

    return match_of


def _of_files() -> Callable[[str, int], _Match | None]:
    least = min(sort.least for sort in sorts() if not _is_of_directories(sort))
    match = _pattern(directories=False).match
    return lambda path, size: _match(match(path)) if size >= least else None


def _match(match: re.Match[str] | None) -> _Match | None:
    return (int((match.lastgroup or "s0")[1:]), match[0].rstrip("/")) if match else None


@lru_cache(maxsize=1)
def sorts() -> Sequence[Sort]:
    """Return the table."""
    return tuple(Sort(**row) for row in table_beside(__file__, "paths.toml")["sorts"])


def _number(what: str) -> int:
    return next(number for number, sort in enumerate(sorts()) if sort.what == what)


def _is_of_directories(sort: Sort) -> bool:
    return sort.pattern.endswith("/")


@lru_cache(maxsize=2)
def _pattern(*, directories: bool) -> re.Pattern[str]:
    numbered = [(number, sort) for number, sort in enumerate(sorts()) if _is_of_directories(sort) is directories]
    return re.compile("|".join(f"(?P<s{number}>{sort.pattern})" for number, sort in numbered))
