"""The files of an image → findings by path: caches and lists, by the table ``paths.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.advice.rules import rules
from deadweight.inventory.caches import CONDA, UV, cache_directories
from deadweight.inventory.directories import Nearest, parent
from deadweight.model import ImageFinding
from deadweight.shipped import table_beside


class Sort(Struct, frozen=True):
    """Files that are recognized by their paths. ``paths.toml`` describes the fields."""

    rule: str
    what: str
    change: str
    pattern: str


def path_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each sort of files and each layer that contains some."""
    portions: dict[tuple[int, int], Portion] = {}
    files = case.overlay.files
    for path, number, root in _sorted(case):
        portions.setdefault((number, files[path].layer), Portion()).add(case.inventory.entries[path], root)
    for (number, layer), portion in portions.items():
        sort = sorts()[number]
        template = ImageFinding(
            rule=sort.rule, layer=layer, reason=f"contains {sort.what}", change=_change(sort, layer, case),
            sure=rules()[sort.rule].sure,
        )  # fmt: skip
        yield portion.finding(template, case.links)


def _change(sort: Sort, layer: int, case: Case) -> str:
    return "use a base image without them" if case.is_base(layer) else sort.change


def _sorted(case: Case) -> Iterator[tuple[str, int, str]]:
    """Yield (path, number of the sort, directory or file to list) of the files that nothing owns."""
    owner, packages = case.inventory.owner, case.packages
    # The caches of uv and conda can be in any directory.
    moved = cache_directories(case.inventory.entries)
    cache_of = Nearest(moved)
    number_of = {UV: _number("the cache of uv"), CONDA: _number("the package cache of conda")}
    match = _pattern().match
    for path in case.inventory.entries:
        if path in owner or path in packages:
            continue
        found = match(path)
        if found:
            yield path, int((found.lastgroup or "s0")[1:]), found[0].rstrip("/")
        elif moved and (cache := cache_of(parent(path))) is not None and moved[cache] in number_of:
            yield path, number_of[moved[cache]], cache


@lru_cache(maxsize=1)
def sorts() -> tuple[Sort, ...]:
    """Return the table."""
    return tuple(Sort(**row) for row in table_beside(__file__, "paths.toml")["sorts"])


def _number(what: str) -> int:
    return next(number for number, sort in enumerate(sorts()) if sort.what == what)


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<s{number}>{sort.pattern})" for number, sort in enumerate(sorts())))
