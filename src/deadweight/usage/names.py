"""Import names → the projects that provide them, by measured files, a table or the names of projects."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.shipped import table_beside

By = Literal["files", "table", "name"]
Match = tuple[str, By]  # project, how it was matched
_MOST_PARTS = 12  # of a dotted path; distributions have no deeper modules


class Modules:
    """The modules that a set of projects provides."""

    def __init__(self, provides: Mapping[str, Collection[str]], projects: Collection[str]) -> None:
        self._known: dict[str, tuple[Match, ...]] = {}
        measured = {project for names in provides.values() for project in names}
        left = sorted(set(projects) - measured)
        listed = [project for project in left if project in _table()]
        named = [project for project in left if project not in _table()]
        self._add({name: set(owners) for name, owners in provides.items()}, "files")
        self._add(_by_module(listed, lambda project: _table()[project]), "table")
        self._add(_by_module(named, _spellings), "name")
        self._add(_by_module(named, _without_affixes), "name")
        self._below = self._namespaces()

    def _add(self, modules: Mapping[str, set[str]], by: By) -> None:
        """Add modules that are not known from a better source."""
        new = {module.lower(): tuple((project, by) for project in sorted(names)) for module, names in modules.items()}
        self._known = {**new, **self._known}

    def _namespaces(self) -> Mapping[str, tuple[Match, ...]]:
        """Return namespace → the projects below it, for measured modules and for well-known namespaces."""
        shared = frozenset(_tables()["namespaces"]["names"].split())
        below: dict[str, list[Match]] = defaultdict(list)
        for module, matches in sorted(self._known.items()):
            parts = module.split(".")[:_MOST_PARTS]
            if parts[0] in shared or matches[0][1] == "files":
                for length in range(1, len(parts)):
                    below[".".join(parts[:length])] += matches
        return {module: tuple(dict.fromkeys(matches)) for module, matches in below.items()}

    def find(self, dotted: str) -> tuple[Match, ...]:
        """Return the projects that provide a module, by its longest known dotted prefix.

        For a namespace, these are all projects below it: ``from google.cloud import storage`` does not tell more.
        """
        parts = dotted.lower().split(".")[:_MOST_PARTS]
        for length in range(len(parts), 0, -1):
            if matches := self._known.get(".".join(parts[:length])):
                return matches
        return self._below.get(".".join(parts), ())


def builds_of_one(projects: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return project → the other builds of the same library; projects without one are left out.

    An accelerator that complements a project (psycopg-c and psycopg) is not another build of it.
    """
    flavours = [behind for behind in _tables()["flavours"]["behind"].split() if behind not in _HALVES]
    by_stem: dict[str, list[str]] = defaultdict(list)
    for project in sorted(set(projects)):
        stem = min((project.removesuffix(behind) for behind in flavours), key=len)
        by_stem[stem].append(project)
    builds = [names for stem, names in by_stem.items() if len(names) > 1 and stem not in _WITH_HALVES]
    return {name: tuple(other for other in names if other != name) for names in builds for name in names}


_HALVES = frozenset(("-c", "-nightly", "-ng"))
_WITH_HALVES = frozenset(("psycopg", "mlflow"))  # psycopg-binary complements psycopg


def projects_listed_for(module: str) -> tuple[str, ...]:
    """Return the projects that the table lists for a module, the likeliest first; of several builds, the plain one.

    The table is the only source: anyone may have registered a project that is merely named like the module.
    """
    parts = module.lower().split(".")[:_MOST_PARTS]
    prefixes = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((_reversed()[prefix] for prefix in prefixes if prefix in _reversed()), ())


def spelled_like(module: str) -> tuple[str, ...]:
    """Return the names that a project could have by convention. Anyone may have registered them."""
    name = normalize(module.partition(".")[0].lower())
    affixes = _tables()["affixes"]
    names = [name, *(word + name for word in affixes["before"].split()), *(name + w for w in affixes["behind"].split())]
    return tuple(each for each in names if is_name(each))


@lru_cache(maxsize=1)
def _reversed() -> Mapping[str, tuple[str, ...]]:
    """Return lower-case module → its projects in the table."""
    by_module: dict[str, set[str]] = defaultdict(set)
    for project, modules in _table().items():
        stems = (project.removesuffix(behind) for behind in _tables()["flavours"]["behind"].split())
        stem = min(stems, key=len)
        for module in modules:
            by_module[module.lower()].add(stem)
    shortest = {module: sorted(projects, key=lambda p: (len(p), p)) for module, projects in by_module.items()}
    usual = {module: [project] for module, project in _tables()["usual"].items()}
    return {module: tuple(projects) for module, projects in {**shortest, **usual}.items()}


def _by_module(projects: Iterable[str], modules_of: Callable[[str], Iterable[str]]) -> Mapping[str, set[str]]:
    by_module: dict[str, set[str]] = defaultdict(set)
    for project in projects:
        for module in modules_of(project):
            by_module[module].add(project)
    return by_module


def _spellings(project: str) -> Iterator[str]:
    """Yield possible import names of a project: each dash is an underscore, or a dot up to or from some dash."""
    for start, name in _plain_names(project):
        parts = name.split("-")[:_MOST_PARTS]
        for length in range(len(parts), 0, -1):
            yield start + ".".join(["_".join(parts[:length]), *parts[length:]])
            yield start + ".".join([*parts[:length], "_".join(parts[length:])]).rstrip(".")


def _plain_names(project: str) -> Iterator[tuple[str, str]]:
    """Yield (module prefix, rest of the name), also for the families and flavours of projects."""
    yield "", project
    for start, module in _tables()["families"].items():
        if project.startswith(start):
            yield module, project.removeprefix(start)
    for behind in _tables()["flavours"]["behind"].split():
        if project.endswith(behind):
            yield "", project.removesuffix(behind)


def _without_affixes(project: str) -> Iterator[str]:
    """Yield the name without a prefix or suffix that modules often omit: ``python-x``, ``x-client``.

    The rest may name a module of the standard library, which is excluded: urllib3 is not urllib.
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
