"""The tree of a whole system and its inventory → its contents besides distributions, in rows and areas."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from deadweight.inventory.caches import cache_directories
from deadweight.inventory.systems.classification import (
    BASE_IMAGE,
    CACHES,
    MODEL_AREA,
    PYTHON,
    PYTHON_STATIC,
    PYTHON_TESTS,
    SYSTEM,
    Classifier,
    directory_of,
)
from deadweight.inventory.systems.located import below_root
from deadweight.model import Area, Content, FileTree, Inventory, Part, PartKind, SystemPackage

_LARGEST = 5
_HUB_MODEL = re.compile(r"(?:^|/)(?:models|datasets)--([^/]+)/")
_LIBRARY = re.compile(r"(?:.*?/)?(?:lib|lib64|include)/(?:python|pypy)\d[^/]*(?=/)")


class Contents(NamedTuple):
    """The files that no distribution owns, in rows and in fewer areas; both are sorted by size."""

    rows: tuple[Content, ...]
    areas: tuple[Area, ...]


def contents_of(tree: FileTree, inventory: Inventory, is_base: Callable[[str], bool] | None) -> Contents:
    """Return the unowned files; the bytes of the rows sum to ``inventory.unowned``, and so do those of the areas.

    is_base: returns whether a path is from the base image; None if that is unknown
    """
    package_of = inventory.package_of
    caches, directory = cache_directories(tree.entries), below_root(tree.start.directory)
    classify = Classifier(package_of, caches, is_base, directory)
    files: dict[str, int] = defaultdict(int)
    directories: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    parts: dict[str, dict[tuple[PartKind, str], int]] = defaultdict(lambda: defaultdict(int))
    for path, size in _unowned(tree, inventory.owner):
        row, area = classify(path, size)
        files[row] += 1
        directories[row][directory_of(path, 2)] += size
        parts[area][_part(path, row, area, package_of)] += size
    rows = (
        Content(name=row, size=sum(directories[row].values()), files=count, largest=tuple(_largest(directories[row])))
        for row, count in files.items()
    )
    areas = (Area(name=area, size=sum(sizes.values()), largest=largest_parts(sizes)) for area, sizes in parts.items())
    return Contents(
        rows=tuple(sorted(rows, key=lambda row: (-row.size, row.name))),
        areas=tuple(sorted(areas, key=lambda area: (-area.size, area.name))),
    )


def _part(path: str, row: str, area: str, package_of: Mapping[str, str]) -> tuple[PartKind, str]:
    """Return the part of an area that a file belongs to."""
    if area in (BASE_IMAGE, SYSTEM) and path in package_of:
        return "system package", package_of[path]
    if row in (PYTHON_TESTS, PYTHON_STATIC):
        return "contents", row
    if area == PYTHON and (library := _LIBRARY.match(path)):
        return "path", library[0]
    if area == MODEL_AREA and (model := _HUB_MODEL.search(path)):
        return "model", model[1].replace("--", "/")
    return "path", directory_of(path, 3 if area in (CACHES, MODEL_AREA) else 2)


def largest_parts(sizes: Mapping[tuple[PartKind, str], int]) -> tuple[Part, ...]:
    """Return the largest parts, the largest first."""
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Part(kind=kind, name=name, size=size) for (kind, name), size in ordered[:_LARGEST] if size)


def _unowned(tree: FileTree, owner: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield (path, bytes) of the unowned files; of several names of one file, the first gets the bytes.

    If one of the names is owned, the others get none.
    """
    linked: list[str] = []
    for path, entry in tree.entries.items():
        if entry.inode is not None:
            linked.append(path)
        elif path not in owner:
            yield path, entry.size
    counted = {tree.entries[path].inode for path in linked if path in owner}
    for path in sorted(path for path in linked if path not in owner):
        entry = tree.entries[path]
        yield path, 0 if entry.inode in counted else entry.size
        counted.add(entry.inode)


def _largest(directories: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    ordered = sorted(directories.items(), key=lambda item: (-item[1], item[0]))
    return islice(((directory, size) for directory, size in ordered if size), _LARGEST)


def packages_of(tree: FileTree, inventory: Inventory) -> tuple[SystemPackage, ...]:
    """Return the system packages with the bytes of their files, the largest first; no file counts twice."""
    counted: set[object] = set()
    packages: list[SystemPackage] = []
    for name, paths in inventory.packages:
        files = {tree.entries[path].inode or path: tree.entries[path].size for path in paths}
        packages.append(SystemPackage(name=name, size=sum(size for each, size in files.items() if each not in counted)))
        counted.update(files)  # "|=" with the keys of a dict would copy the set
    return tuple(sorted(packages, key=lambda package: (-package.size, package.name)))
