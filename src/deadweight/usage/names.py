"""Import names → the projects that provide them, by measured files, by a table, or by the projects' names."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.shipped import table_beside

By = Literal["files", "table", "name"]
Match = tuple[str, By]  # project, how it was found
_MOST_PARTS = 12  # of a dotted path; deeper than that nothing of a distribution's lies


class Modules:
    """Which projects provide which modules, for one set of projects."""

    def __init__(self, provides: Mapping[str, Collection[str]], projects: Collection[str]) -> None:
        self._found: dict[str, tuple[Match, ...]] = {}
        measured = {project for names in provides.values() for project in names}
        left = sorted(set(projects) - measured)
        told = [project for project in left if project in _table()]
        named = [project for project in left if project not in _table()]
        self._add({name: set(owners) for name, owners in provides.items()}, "files")
        self._add(_by_module(told, lambda project: _table()[project]), "table")
        self._add(_by_module(named, _spellings), "name")
        self._add(_by_module(named, _without_affixes), "name")
        self._below = self._namespaces()

    def _add(self, modules: Mapping[str, set[str]], by: By) -> None:
        """Add modules that nothing better knows."""
        new = {module.lower(): tuple((project, by) for project in sorted(names)) for module, names in modules.items()}
        self._found = {**new, **self._found}

    def _namespaces(self) -> Mapping[str, tuple[Match, ...]]:
        """Return namespace → what lies below it: of modules that files tell, and of well-known ones."""
        shared = frozenset(_tables()["namespaces"]["names"].split())
        found: dict[str, list[Match]] = defaultdict(list)
        for module, matches in sorted(self._found.items()):
            parts = module.split(".")[:_MOST_PARTS]
            if parts[0] in shared or matches[0][1] == "files":
                for length in range(1, len(parts)):
                    found[".".join(parts[:length])] += matches
        return {module: tuple(dict.fromkeys(matches)) for module, matches in found.items()}

    def find(self, dotted: str) -> tuple[Match, ...]:
        """Return the projects that provide a module: those of its longest dotted prefix that any is known for.

        Of a namespace (``from google.cloud import storage`` tells no more) that is all that lie below it.
        """
        parts = dotted.lower().split(".")[:_MOST_PARTS]
        for length in range(len(parts), 0, -1):
            if found := self._found.get(".".join(parts[:length])):
                return found
        return self._below.get(".".join(parts), ())


def builds_of_one(projects: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return project → the others that are builds of the same library; what stands alone is left out.

    A half of its own (psycopg-c beside psycopg) is no other build.
    """
    flavours = [behind for behind in _tables()["flavours"]["behind"].split() if behind not in _HALVES]
    found: dict[str, list[str]] = defaultdict(list)
    for project in sorted(set(projects)):
        stem = min((project.removesuffix(behind) for behind in flavours), key=len)
        found[stem].append(project)
    builds = [names for stem, names in found.items() if len(names) > 1 and stem not in _WITH_HALVES]
    return {name: tuple(other for other in names if other != name) for names in builds for name in names}


_HALVES = frozenset(("-c", "-nightly", "-ng"))
_WITH_HALVES = frozenset(("psycopg", "mlflow"))  # psycopg-binary is a half of psycopg, not a build of it


def could_bring(module: str) -> tuple[str, ...]:
    """Return the projects that the table has for a module, the likeliest first; of builds of one thing the plain one.

    What the table lacks has no project here: a name that is merely spelled like the module may be anybody's.
    """
    parts = module.lower().split(".")[:_MOST_PARTS]
    prefixes = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((_reversed()[prefix] for prefix in prefixes if prefix in _reversed()), ())


def spelled_like(module: str) -> tuple[str, ...]:
    """Return the names that a project of a module could have by convention: anybody may have registered them."""
    name = normalize(module.partition(".")[0].lower())
    affixes = _tables()["affixes"]
    names = [name, *(word + name for word in affixes["before"].split()), *(name + w for w in affixes["behind"].split())]
    return tuple(each for each in names if is_name(each))


@lru_cache(maxsize=1)
def _reversed() -> Mapping[str, tuple[str, ...]]:
    """Return module in lower case → the projects that the table has for it."""
    found: dict[str, set[str]] = defaultdict(set)
    for project, modules in _table().items():
        stems = (project.removesuffix(behind) for behind in _tables()["flavours"]["behind"].split())
        stem = min(stems, key=len)
        for module in modules:
            found[module.lower()].add(stem)
    shortest = {module: sorted(projects, key=lambda p: (len(p), p)) for module, projects in found.items()}
    usual = {module: [project] for module, project in _tables()["usual"].items()}
    return {module: tuple(projects) for module, projects in {**shortest, **usual}.items()}


def _by_module(projects: Iterable[str], modules_of: Callable[[str], Iterable[str]]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for project in projects:
        for module in modules_of(project):
            found[module].add(project)
    return found


def _spellings(project: str) -> Iterator[str]:
    """Yield what a project of that name is imported as: each dash an underscore, or a dot from some dash on."""
    for start, name in _plain_names(project):
        parts = name.split("-")[:_MOST_PARTS]
        for length in range(len(parts), 0, -1):
            yield start + ".".join(["_".join(parts[:length]), *parts[length:]])
            yield start + ".".join([*parts[:length], "_".join(parts[length:])]).rstrip(".")


def _plain_names(project: str) -> Iterator[tuple[str, str]]:
    """Yield (what its modules start with, the rest of the name), for a project of a family or a flavour too."""
    yield "", project
    for start, module in _tables()["families"].items():
        if project.startswith(start):
            yield module, project.removeprefix(start)
    for behind in _tables()["flavours"]["behind"].split():
        if project.endswith(behind):
            yield "", project.removesuffix(behind)


def _without_affixes(project: str) -> Iterator[str]:
    """Yield the name less one of the words that modules often do without: ``python-x``, ``x-client``.

    What is then left may be the standard library's: urllib3 is no urllib.
    """
    affixes = _tables()["affixes"]
    short = [project.removeprefix(word) for word in affixes["before"].split() if project.startswith(word)]
    short += [project.removesuffix(word) for word in affixes["behind"].split() if project.endswith(word)]
    modules = (name.replace("-", "_").strip("_") for name in short)
    return (module for module in modules if len(module) > 1 and module not in sys.stdlib_module_names)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, tuple[str, ...]]:
    return {project: tuple(modules.split()) for project, modules in _tables()["modules"].items()}


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return table_beside(__file__, "import_names.toml")
