"""The output of ``-X importtime`` → the imports in their order, and as a tree.

The output comes from code that we do not know: whatever does not look like a line of ``-X importtime`` is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from deadweight.startup.values import Imported

_LINE = re.compile(rb"import time:[ ]+(\d{1,12}) \|[ ]+(\d{1,12}) \| ((?:  ){0,500})(\S.*)")
_MOST_MODULES = 200_000
_LONGEST = 300  # characters of a name


class Module(NamedTuple):
    """One import in a tree.

    cost:   without the imports that it caused
    total:  with them
    parent: the index of the import that caused it; -1 for none
    """

    name: str
    cost: int
    total: int
    parent: int


def imported(output: bytes) -> tuple[Imported, ...]:
    """Return the imports in the output, in its order, with their cumulative microseconds."""
    found: list[Imported] = []
    for line in output.split(b"\n"):
        match = _LINE.match(line.rstrip(b"\r"))
        if match and len(found) < _MOST_MODULES:
            found.append(Imported(match[4].decode("utf-8", "replace")[:_LONGEST], len(match[3]) // 2, int(match[2])))
    return tuple(found)


def tree(imports: Iterable[Imported]) -> tuple[Module, ...]:
    """Return the imports in the same order, each with the import that caused it, which comes later.

    An own cost can be negative: memory can be freed, and imports in several threads disturb each other's times.
    """
    listed = list(imports)
    parents = [-1] * len(listed)
    inner = [0] * len(listed)  # what the imports that each caused took
    waiting: list[int] = []  # imports whose cause has not come yet
    for at, each in enumerate(listed):
        while waiting and listed[waiting[-1]].depth > each.depth:
            child = waiting.pop()
            parents[child] = at
            inner[at] += listed[child].cost
        waiting.append(at)
    return tuple(Module(each.name, each.cost - inner[at], each.cost, parents[at]) for at, each in enumerate(listed))


def of_interpreter(modules: Sequence[Module]) -> frozenset[str]:
    """Return the modules that any interpreter imports first, before ``site``, which processes ``.pth`` files."""
    site = next((at for at, module in enumerate(modules) if module.name == "site" and module.parent < 0), 0)
    names: set[str] = set()
    outer = [False] * site
    for at in range(site - 1, -1, -1):
        parent = modules[at].parent
        outer[at] = parent < 0 or (parent < site and outer[parent])
        if outer[at]:
            names.add(modules[at].name)
    return frozenset(names)


def causes(modules: Sequence[Module], name: str) -> Iterator[str]:
    """Yield the modules whose imports caused that of ``name``, the nearest first."""
    at = next((at for at, module in enumerate(modules) if module.name == name), -1)
    while at >= 0 and (at := modules[at].parent) >= 0:
        yield modules[at].name


def total_of(modules: Sequence[Module], names: Collection[str]) -> int:
    """Return the cost of importing some modules, with all that their imports caused; nothing counts twice."""
    within = [False] * len(modules)  # whether an import is one of them, or was caused by one
    total = 0
    for at in range(len(modules) - 1, -1, -1):  # causes come first in this direction
        module = modules[at]
        outer = module.parent >= 0 and within[module.parent]
        within[at] = outer or module.name in names
        total += module.total if within[at] and not outer else 0
    return total
