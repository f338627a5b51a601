"""Starts of an application → what they took, and who provides the modules that they imported."""

from __future__ import annotations

import os
from typing import Literal

from msgspec import Struct

from deadweight.model import Inventory
from deadweight.progress import Observer, Progress
from deadweight.sources.startup.starting import Starter, start
from deadweight.startup.attribution import APPLICATION, Owner, Places, owners, with_failed
from deadweight.startup.costs import Tree
from deadweight.startup.importtime import imported, of_interpreter, tree
from deadweight.startup.values import Launch

_MODES: tuple[Literal["bare", "plain", "times", "memory"], ...] = ("bare", "plain", "times", "memory")


class Bench(Struct, frozen=True, kw_only=True):
    """What to start, and how often.

    directory: of the application, without symlinks
    python:    paths of its Python files, relative to the directory
    """

    starter: Starter
    directory: str
    python: frozenset[str]
    runs: int
    observe: Observer


class Observed(Struct, frozen=True, kw_only=True):
    """What the starts took.

    bare, plain:   starts of the interpreter alone, and of the application
    times, memory: the imports of other starts; the latter are empty if the system does not tell resident memory
    timed_us:      what the starts of ``times`` took
    owner:         module → who provides it, without the modules of the interpreter itself
    loaded:        the modules of the last of these starts, without imports that failed
    names:         file of the application → the module that it is imported as
    """

    bare: tuple[Launch, ...]
    plain: tuple[Launch, ...]
    times: tuple[Tree, ...]
    timed_us: tuple[int, ...]
    memory: tuple[Tree, ...]
    owner: dict[str, Owner]
    loaded: frozenset[str]
    names: dict[str, str]


def observed(bench: Bench, inventory: Inventory, environment: str) -> Observed:
    """Start the application in each mode by turns, so that what else the machine does affects all modes alike.

    environment: its directory
    raises:      StartFailed
    """
    start(bench.starter, bench.directory, "times")  # reads files into memory and writes bytecode
    launches: dict[str, list[Launch]] = {mode: [] for mode in _MODES}
    for run in range(bench.runs):
        bench.observe(Progress("running", bench.starter.entry.module, done=run, total=bench.runs))
        for mode in _MODES:
            launches[mode].append(start(bench.starter, bench.directory, mode))
    times = tuple(tree(imported(launch.output)) for launch in launches["times"])
    memory = tuple(tree(launch.memory) for launch in launches["memory"] if launch.memory)
    last = launches["times"][-1]
    places = Places(environment=os.path.realpath(environment), application=bench.directory, library=last.library)
    names = {module.name for each in (*times, *memory) for module in each}
    own = frozenset().union(*map(of_interpreter, times))
    owner = with_failed(owners(names - own, last.origins, inventory, places), last.origins, (*times, *memory))
    return Observed(
        bare=tuple(launches["bare"]),
        plain=tuple(launches["plain"]),
        times=times,
        timed_us=tuple(launch.wall_us for launch in launches["times"]),
        memory=memory if len(memory) == bench.runs else (),
        owner=owner,
        loaded=frozenset(last.origins),
        names=_names(owner, last, bench.directory),
    )


def _names(owner: dict[str, Owner], launch: Launch, directory: str) -> dict[str, str]:
    """Return file of the application → its module; a file that is imported under two names has the first one."""
    names: dict[str, str] = {}
    for name, path in launch.origins.items():
        if owner.get(name) == APPLICATION and path.startswith(f"{directory}{os.sep}"):
            names.setdefault(path[len(directory) + 1 :], name)
    return names
