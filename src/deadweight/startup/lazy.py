"""The imports of files that a start loads, and their costs → the heavy ones that could happen later."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from deadweight.codescan.local_modules import LocalModules
from deadweight.startup.attribution import Owner
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
    loads:   the modules with the packages that contain them, without what a start loads before the file
    cost_us: what importing them takes, wherever in the start that happens
    """

    file: str
    single: Single
    modules: tuple[str, ...]
    loads: frozenset[str] = frozenset()
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
            loads = frozenset(outer for module in modules for outer in _and_outer(module)) - around
            cost = typical_cost(times, loads) if modules else 0
            if cost >= HEAVY_US or (cost and cost >= HEAVY_SHARE * start_us):
                imported = tuple(sorted(modules))
                found.append(Candidate(file=file, single=single, modules=imported, loads=loads, cost_us=cost))
    return tuple(sorted(found, key=lambda each: (-each.cost_us, each.file, each.single)))


def grouped(candidates: Iterable[Candidate], owner: Mapping[str, Owner]) -> tuple[tuple[Candidate, ...], ...]:
    """Return the candidates, those that import the same distribution together, the most expensive first.

    One of them alone saves nothing, since the other still loads the distribution. Modules of the application and of the
    standard library are the same only if they have the same name.
    """
    groups: list[tuple[frozenset[str | Owner], tuple[Candidate, ...]]] = []
    for each in candidates:
        outer = {module.rpartition(".")[0] for module in each.modules}
        parts = frozenset(_part(module, owner) for module in each.modules if module not in outer)
        alike = [group for group in groups if group[0] & parts]
        members = (each, *(candidate for _, group in alike for candidate in group))
        groups = [group for group in groups if group not in alike]
        groups.append((parts.union(*(found for found, _ in alike)), members))
    ordered = (tuple(sorted(group, key=lambda each: (each.file, each.single))) for _, group in groups)
    return tuple(sorted(ordered, key=lambda group: (-max(each.cost_us for each in group), group[0].file)))


def _part(module: str, owner: Mapping[str, Owner]) -> str | Owner:
    found = owner.get(module)
    return found if found and found.kind == "distribution" else module


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
