"""The system packages of an image → findings: compilers and headers in the final image."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.model import ImageFinding
from deadweight.shipped import table_beside
from deadweight.wording import listed

_RULE = "DW501"
_MOST_NAMED = 4
_LARGEST_WHEEL = 1 << 16  # bytes of a file WHEEL
# pip tags what it builds for this machine alone; archives on an index are tagged manylinux or musllinux.
_BUILT = re.compile(rb"^Tag:[^\n]*-linux_\w+", re.MULTILINE)


_WORD = re.compile(r"[\w.+-]+")


class _Tools(NamedTuple):
    """See ``packages.toml``."""

    names: frozenset[str]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    never: tuple[str, ...]
    compilers: frozenset[str]


def package_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each layer with packages that only building software needs."""
    portions: dict[int, Portion] = defaultdict(Portion)
    needed = {need.provider for need in case.needs}
    for name, paths in case.inventory.packages:
        if is_build_tool(name) and name not in needed:
            for path in paths:
                portions[case.layer_of(path)].add(path, case.inventory.entries[path], name, name)
    if not portions:
        return
    built = built_here(case)
    compiled_later = sorted(_tools().compilers & {each.name for each in case.inventory.distributions})
    for layer, portion in portions.items():
        portion.settle(case.links)
        change = _change(portion.names, layer, case)
        if compiled_later:
            change += (
                f"; check first that nothing calls a compiler at run time, as {listed(compiled_later, _MOST_NAMED)} may"
            )
        yield portion.finding(_RULE, layer, reason=_reason(built), change=change, sure=not compiled_later)


def built_here(case: Case) -> tuple[str, ...]:
    """Return the names of the distributions that were built for this machine, not taken from an index as wheels."""
    return tuple(
        each.name
        for each in case.inventory.distributions
        if each.sizes.native
        and f"{each.metadata_path}/METADATA" not in case.inventory.package_of
        and _BUILT.search(_wheel(each.metadata_path, case))
    )


def _wheel(metadata_path: str, case: Case) -> bytes:
    with suppress(OSError):
        return case.reader.read(f"{metadata_path}/WHEEL", _LARGEST_WHEEL)
    return b""


def _reason(built: Sequence[str]) -> str:
    if not built:
        return "contains compilers or headers, and no distribution was built here"
    were = "was" if len(built) == 1 else "were"
    return f"contains compilers or headers, with which {listed(built, _MOST_NAMED)} {were} built"


def _change(names: Sequence[str], layer: int, case: Case) -> str:
    if case.is_base(layer):
        return "use a base image without compilers, such as the slim variant of the same image"
    # The packages that the command names bring the others.
    words = set(_WORD.findall(case.command(layer)))
    build_tools = listed([name for name in names if name in words] or names, _MOST_NAMED)
    change = f"install {build_tools} in an earlier stage that builds wheels, or remove them in the same RUN"
    kept = _kept(layer, case)
    return f"{change}; keep {kept}" if kept else change


def _kept(layer: int, case: Case) -> str:
    """Return the packages of a layer whose libraries distributions need, with these distributions."""
    users: dict[str, set[str]] = defaultdict(set)
    for need in case.needs:
        if need.provider:
            users[need.provider] |= set(need.by)
    here = [name for name, paths in case.inventory.packages if name in users and case.layer_of(paths[0]) == layer]
    return listed([f"{name} for {listed(sorted(users[name]), 2)}" for name in sorted(here)], _MOST_NAMED)


def is_build_tool(package: str) -> bool:
    """Return whether a system package is needed only to build software, by its name."""
    tools = _tools()
    matches = package in tools.names or package.startswith(tools.starts) or package.endswith(tools.ends)
    return matches and not package.endswith(tools.never)


@lru_cache(maxsize=1)
def _tools() -> _Tools:
    table = {key: tuple(text.split()) for key, text in table_beside(__file__, "packages.toml").items()}
    names, compilers = frozenset(table["names"]), frozenset(table["compilers"])
    return _Tools(names, table["starts"], table["ends"], table["never"], compilers)
