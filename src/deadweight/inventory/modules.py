"""The paths that distributions own → the import names and the programs of each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Sequence

from deadweight.inventory.claims import Claim

_MODULE = re.compile(r"([A-Za-z_]\w*)(?:\.(?:cpython|abi3|cp3|pypy)[\w.-]*)?\.(?:py|so|pyd)\Z")
_PROGRAM = re.compile(r"(?:^|/)(?:bin|Scripts)/([^/]+)\Z")
_SUFFIXES = (".exe", ".py", ".bat", ".cmd", "-script.py")
_MOST_MODULES = 1000  # of one distribution that are listed; if it has more, their directories are listed
# Namespace packages that many projects share, each with its own ``__init__.py`` (pkg_resources, pkgutil).
_NAMESPACES = frozenset(
    "airflow.providers azure azure.mgmt backports collective google google.cloud jaraco keyrings logilab mpl_toolkits"
    " opentelemetry oslo paste plone products repoze ros ruamel sphinxcontrib zope z3c zc".split()
)


def import_names(claims: Sequence[Claim], existing: Container[str]) -> list[tuple[str, ...]]:
    """Return the import packages and modules of each claim, sorted; for a namespace package, the names below it.

    They come from Import-Name (PEP 794), else from the files, else from ``top_level.txt``.

    existing: the paths that exist; other paths in a RECORD cannot be imported
    """
    shared = _shared_namespaces(claims)
    return [_names(claim, shared, existing) for claim in claims]


def programs(claim: Claim) -> tuple[str, ...]:
    """Return the names of the programs that a claim installs, sorted, with and without suffix."""
    # If only a site-packages directory is measured, the programs are outside of it.
    paths = (path for path in (*claim.paths, *claim.escaped) if "bin/" in path or "Scripts/" in path)
    names = {match[1] for path in paths if (match := _PROGRAM.search(path))}
    return tuple(sorted({_without_suffix(name) for name in names}.union(names, claim.metadata.commands)))


def _without_suffix(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)


def _names(claim: Claim, shared: Collection[str], existing: Container[str]) -> tuple[str, ...]:
    if claim.conda:
        return ()
    if claim.metadata.import_names:
        return tuple(sorted(set(claim.metadata.import_names)))
    base = claim.egg or claim.directory
    start = len(base) + 1 if base else 0
    site = f"{base}/"
    packages: set[str] = set()
    namespaces: set[str] = set()
    modules: set[str] = set()
    inner: list[str] = []
    for path in claim.paths:
        if (start and not path.startswith(site)) or (path not in existing and f"{path}c" not in existing):
            continue  # a script, data, or a path that does not exist
        if path.endswith("/__init__.py"):
            directory = path[start:-12]
            is_namespace = directory.replace("/", ".") in _NAMESPACES or path[:-12] in shared
            (namespaces if is_namespace else packages).add(directory)
        elif path.endswith((".py", ".so", ".pyd")):
            if path.find("/", start) < 0:
                match = _MODULE.match(path, start)
                if match and match.group(1) != "__init__":
                    modules.add(match.group(1))
            else:
                inner.append(path[start:])
    kept = _outermost(package for package in packages if _importable(package))
    modules.update(directory.replace("/", ".") for directory in kept)
    modules.update(_bounded(_inner_modules(inner, kept)))
    if not modules:
        modules.update(directory.replace("/", ".") for directory in namespaces)
    return tuple(sorted(modules or (n for n in claim.top_level if n.isidentifier())))


def _shared_namespaces(claims: Iterable[Claim]) -> set[str]:
    """Return the package directories in several claims of which each claim has different parts.

    Builds of one project, such as opencv-python and opencv-python-headless, have the same parts instead.
    """
    claimed_by: dict[str, set[int]] = defaultdict(set)
    for number, claim in enumerate(claims):
        for path in claim.paths:
            if path.endswith("/__init__.py"):
                claimed_by[path[:-12]].add(number)
    candidates = {directory for directory, numbers in claimed_by.items() if len(numbers) > 1}
    if not candidates:
        return set()
    children: dict[str, list[set[str]]] = defaultdict(list)
    for claim in claims:
        for directory, names in _children(claim, candidates).items():
            children[directory].append(names)
    return {
        directory
        for directory, parts in children.items()
        if len(parts) > 1 and sum(map(len, parts)) == len(set().union(*parts))
    }


def _children(claim: Claim, directories: Collection[str]) -> dict[str, set[str]]:
    """Return directory → the names that a claim has directly in it, without ``__init__.py``."""
    children: dict[str, set[str]] = defaultdict(set)
    seen: set[str] = set()
    for path in claim.paths:
        directory, _, name = path.rpartition("/")
        if directory in directories:
            children[directory].add(name)
        while directory and directory not in seen:  # many files share a directory, which is followed up once
            seen.add(directory)
            directory, _, name = directory.rpartition("/")
            if directory in directories:
                children[directory].add(name)
    for names in children.values():
        names -= {"__init__.py", "__pycache__"}
    return {directory: names for directory, names in children.items() if names}


def _inner_modules(paths: Iterable[str], packages: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (dotted directory, module) for modules in directories without an ``__init__.py`` (PEP 420)."""
    dotted: dict[str, str] = {}  # directory → its dotted name, "" if its modules do not count
    for path in paths:
        directory, _, name = path.rpartition("/")
        if directory not in dotted:
            counts = _importable(directory) and not _is_below(directory, packages)
            dotted[directory] = directory.replace("/", ".") if counts else ""
        if dotted[directory] and (match := _MODULE.match(name)):
            yield dotted[directory], match[1]


def _bounded(modules: Iterable[tuple[str, str]]) -> set[str]:
    unique = set(modules)
    if len(unique) > _MOST_MODULES:
        directories = {directory for directory, _ in unique}
        return (
            directories
            if len(directories) <= _MOST_MODULES
            else {directory.partition(".")[0] for directory in directories}
        )
    return {directory if name == "__init__" else f"{directory}.{name}" for directory, name in unique}


def _is_below(directory: str, packages: Collection[str]) -> bool:
    parts = directory.split("/")
    return any("/".join(parts[:length]) in packages for length in range(1, len(parts) + 1))


def _importable(directory: str) -> bool:
    return all(part.isidentifier() for part in directory.split("/"))


def _outermost(directories: Iterable[str]) -> set[str]:
    kept: set[str] = set()
    for directory in sorted(directories, key=len):
        parts = directory.split("/")
        if not any("/".join(parts[:n]) in kept for n in range(1, len(parts))):
            kept.add(directory)
    return kept
