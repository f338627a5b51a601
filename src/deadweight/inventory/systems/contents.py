"""The tree of a whole system and its inventory → its contents besides distributions, each byte in one row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from deadweight.inventory.caches import CONDA, OTHERS, UV, cache_directories
from deadweight.inventory.directories import Nearest, parent
from deadweight.model import Content, FileTree, Inventory, SystemPackage

_LARGEST = 5
SYSTEM, PYTHON, BYTECODE, BASE, REST = (
    "system packages", "Python", "unowned bytecode", "other files of the base image", "other files",
)  # fmt: skip

# The first pattern that matches a path determines its row. Files of system packages are classified before.
_BY_PATH = (
    ("pip's cache", (r"(?:^|/)\.cache/pip/",)),
    (UV, (r"(?:^|/)\.cache/uv/",)),
    ("poetry's cache", (r"(?:^|/)\.cache/pypoetry/",)),
    (CONDA, (r"(?:^|/)[^/]*(?:conda|forge|mamba)\d*/pkgs/",)),
    (OTHERS, (r"(?:^|/)\.cache/(?:pdm|virtualenv|pre-commit|hatch|pipx)/",)),
    ("downloaded models", (r"(?:^|/)\.cache/(?:huggingface|torch|whisper|clip)/",)),
    ("package manager caches and lists", (
        r"^var/cache/(?:apt|apk|dnf|yum|debconf|ldconfig)/", r"^var/lib/(?:apt/lists|dpkg|rpm)/",
        r"^(?:usr/)?lib/(?:apk/db|sysimage/rpm)/",
    )),
    (PYTHON, (
        r"(?:^|/)(?:lib|lib64|include)/(?:python|pypy)\d[^/]*/(?!(?:site|dist)-packages/)", r"(?:^|/)pyvenv\.cfg$",
        r"(?:^|/)bin/(?:python|pypy|pydoc|idle|2to3)[\d.]*(?:-config)?$", r"(?:^|/)lib(?:64)?/libpython[^/]*$",
    )),
    (BYTECODE, (r"\.pyc$",)),
)  # fmt: skip


def contents_of(tree: FileTree, inventory: Inventory, is_base: Callable[[str], bool] | None) -> tuple[Content, ...]:
    """Return the unowned files in rows, the largest first; their bytes sum to ``inventory.unowned``.

    is_base: returns whether a path is from the base image; None if that is unknown
    """
    system = {path for _, paths in inventory.packages for path in paths}
    sort_of = _sorter(system, is_base, cache_directories(tree.entries))
    sizes: dict[str, int] = defaultdict(int)
    files: dict[str, int] = defaultdict(int)
    directories: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path, size in _unowned(tree, inventory.owner):
        sort = sort_of(path)
        files[sort] += 1
        sizes[sort] += size
        directories[sort]["/".join(path.split("/")[:2] if path.count("/") > 1 else path.split("/")[:1])] += size
    contents = (
        Content(name=sort, size=sizes[sort], files=count, largest=tuple(_largest(directories[sort])))
        for sort, count in files.items()
    )
    return tuple(sorted(contents, key=lambda content: (-content.size, content.name)))


def _sorter(system: set[str], is_base: Callable[[str], bool] | None, caches: Mapping[str, str]) -> Callable[[str], str]:
    cache_of = Nearest(caches)
    anything = re.compile("|".join(f"(?P<s{n}>{'|'.join(patterns)})" for n, (_, patterns) in enumerate(_BY_PATH)))

    def sort_of(path: str) -> str:
        if path in system:
            return SYSTEM
        cache = cache_of(parent(path)) if caches else None
        if cache is not None:
            return caches[cache]
        match = anything.search(path)
        if match:
            return _BY_PATH[int((match.lastgroup or "s0")[1:])][0]
        return BASE if is_base is not None and is_base(path) else REST

    return sort_of


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
