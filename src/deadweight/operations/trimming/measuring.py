"""An environment, and its code → what of it could be removed. It only reads files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.record import record_paths
from deadweight.inventory.prefixes import installed_path
from deadweight.model import Application, Distribution, Inventory
from deadweight.sources.disk.environment import DiskReader
from deadweight.sources.trim.removing import seen
from deadweight.trimming import Facts, Trimmable, facts_of, trimmable
from deadweight.trimming.imports import imported_tests
from deadweight.trimming.paths import Paths

_LARGEST_MODULE = 1 << 22  # bytes that are searched for imports


class Measured(Struct, frozen=True, kw_only=True):
    """An environment, and what is known about its files.

    root:     its real path
    possible: what could be removed, as far as reading files tells
    recorded: path → its line in RECORD and the index of the distribution that lists it
    seen:     path → its status, of all files that could be removed, and of all RECORDs
    """

    root: str
    inventory: Inventory
    facts: Facts
    possible: tuple[Trimmable, ...]
    recorded: Mapping[str, tuple[str, int]]
    seen: Mapping[str, os.stat_result]

    def parts(self, opened: Iterable[str]) -> tuple[Trimmable, ...]:
        """Return what could be removed, given the paths that were opened while importing."""
        return trimmable(self.inventory, replace(self.facts, opened=frozenset(opened)))


def measure(root: str, application: Application | None) -> Measured:
    """Measure an environment.

    application: code that must keep working
    raises:      BadInput if the environment cannot be listed
    """
    from deadweight.operations.measuring.installing import take_inventory_of

    inventory, reader = take_inventory_of(root), DiskReader(root)
    recorded = _recorded(inventory, reader)
    foreign = frozenset(path for path in inventory.owner if path not in recorded)
    symbols = zip(inventory.native, reader.debug_symbols(inventory.native), strict=True)
    known = {path: size for path, size in symbols if size}
    facts = replace(facts_of(application), foreign=foreign, symbols=known)
    facts = with_imports(inventory, facts, reader)
    possible = trimmable(inventory, facts)
    paths = {path for part in possible for path in (*part.files, *part.stripped)}
    paths.update(record_of(inventory.distributions[index]) for index in {inventory.owner[path] for path in paths})
    return Measured(
        root=root, inventory=inventory, facts=facts, possible=possible, recorded=recorded, seen=seen(root, paths)
    )


def _recorded(inventory: Inventory, reader: DiskReader) -> dict[str, tuple[str, int]]:
    recorded = {}
    for index, distribution in enumerate(inventory.distributions):
        path = record_of(distribution)
        if path in inventory.entries:
            for line in record_paths(reader.read(path)):
                installed = installed_path(site_of(distribution), line)
                if installed is not None:
                    recorded[installed] = (line, index)
    return recorded


def record_of(distribution: Distribution) -> str:
    """Return the path of the RECORD of a distribution, whether it exists or not."""
    return f"{distribution.metadata_path}/RECORD"


def site_of(distribution: Distribution) -> str:
    """Return the site directory of a distribution."""
    return distribution.metadata_path.rpartition("/")[0]


def with_imports(inventory: Inventory, facts: Facts, reader: DiskReader) -> Facts:
    """Add the modules in directories of tests that are imported from outside of these directories.

    A directory that stays for this reason may import others, so this goes on until it finds no more.
    """
    sites = {site_of(distribution) for distribution in inventory.distributions}
    modules = {path for path in inventory.entries if path.endswith(".py")}
    imported = set(facts.imported)
    read: set[str] = set()
    while True:
        paths = Paths(inventory, imported=imported)
        left = {path for path in modules if path not in read and not paths.is_test(path)}
        if not left:
            return replace(facts, imported=frozenset(imported))
        for path in left:
            imported |= _imports_of(path, sites, reader)
        read |= left


def _imports_of(path: str, sites: Iterable[str], reader: DiskReader) -> set[str]:
    try:
        text = reader.read(path, _LARGEST_MODULE)
    except OSError:
        return set()
    directory = path.rpartition("/")[0]
    site = max((site for site in sites if f"{path}/".startswith(f"{site}/" if site else "")), key=len, default="")
    return imported_tests(text, directory[len(site) :].strip("/").replace("/", "."))
