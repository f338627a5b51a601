"""The imports of files that a start loads, and their costs → the heavy ones that could happen later."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from deadweight.codescan.local_modules import LocalModules
from deadweight.startup.costs import Tree, typical_cost
from deadweight.startup.importtime import causes
from deadweight.startup.scopes import Single, Source

HEAVY_US = 20_000
HEAVY_SHARE = 0.05  # of the start


class Candidate(Struct, frozen=True, kw_only=True):
    """A heavy import that only one function uses.

    file:    relative to the application's directory
    single:  the statement
    modules: those that it imports and that a start loads, absolute
    cost_us: what importing them takes, wherever in the start that happens
    """

    file: str
    single: Single
    modules: tuple[str, ...]
    cost_us: int


def heavy_imports(
    sources: Mapping[str, Source], names: Mapping[str, str], times: Sequence[Tree], start_us: int
) -> tuple[Candidate, ...]:
    """Return the heavy imports that only one function uses, the most expensive first.

    sources:  file of the application → its facts
    names:    file of the application → the name under which a start loads it; other files do not matter
    times:    the imports of several runs
    start_us: what a start takes
    """
    loaded = {module.name for module in times[0]}
    found: list[Candidate] = []
    for file, name in names.items():
        package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
        around = {*causes(times[0], name), *_and_outer(name)}
        for single in sources[file].single if file in sources else ():
            modules = {absolute(module, package) for module in single.modules} & loaded - around
            wanted = {outer for module in modules for outer in _and_outer(module)} - around
            cost = typical_cost(times, wanted) if modules else 0
            if cost >= HEAVY_US or (cost and cost >= HEAVY_SHARE * start_us):
                found.append(Candidate(file=file, single=single, modules=tuple(sorted(modules)), cost_us=cost))
    return tuple(sorted(found, key=lambda each: (-each.cost_us, each.file, each.single)))


def absolute(module: str, package: str) -> str:
    """Return the absolute name of a module that is written in a package, "" if it leads out of it."""
    name = module.lstrip(".")
    level = len(module) - len(name)
    if not level:
        return module
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - level + 1]
    return ".".join((*kept, name) if name else kept) if kept else ""


def _and_outer(name: str) -> Iterator[str]:
    """Yield a dotted name and the packages that contain it."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def is_exposed(candidate: Candidate, others: Mapping[str, Source], modules: LocalModules) -> bool:
    """Return whether other files of the application may take a name that the statement binds from its module.

    others:  file → its facts; of all files that contain one of the names
    modules: of the application
    """
    stem = _stem(candidate.file)
    names = candidate.single.names
    quoted = re.compile(rf"(?:.*[.:])?{re.escape(stem)}[.:](?:{'|'.join(map(re.escape, names))})(?:\..*)?")
    return any(
        file != candidate.file
        and (
            any(map(quoted.fullmatch, source.strings))
            or _takes(source.imports, candidate, file, modules)
            or (not source.attributes.isdisjoint(names) and _sees(source, candidate, file, modules))
        )
        for file, source in others.items()
    )


def _takes(imports: Iterable[tuple[str, str]], candidate: Candidate, file: str, modules: LocalModules) -> bool:
    """Return whether a file imports one of the names, or everything, from the candidate's module."""
    wanted = {*candidate.single.names, "*"}
    return any(name in wanted and modules.file_of(module, file) == candidate.file for module, name in imports)


def _sees(source: Source, candidate: Candidate, file: str, modules: LocalModules) -> bool:
    """Return whether a file imports the candidate's module, or reads an attribute with its name."""
    return _stem(candidate.file) in source.attributes or any(
        candidate.file in _files(module, name, file, modules) for module, name in source.imports
    )


def _files(module: str, name: str, file: str, modules: LocalModules) -> Collection[str | None]:
    inner = f"{module}{'' if module.endswith('.') else '.'}{name}" if name else module
    return {modules.file_of(module, file), modules.file_of(inner, file)}


def _stem(file: str) -> str:
    """Return the last part of the name of a file's module."""
    return file.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
