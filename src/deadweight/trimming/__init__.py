"""Inventory → what the environment could do without: for each kind its files and bytes. Pure.

kinds.py  the table of kinds, trim.toml        paths.py  the kind of a path, and what is never removed
imports.py  which modules in directories of tests a module imports
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from deadweight.model import Application, Inventory
from deadweight.trimming.kinds import KINDS, SYMBOLS, Kind
from deadweight.trimming.paths import Paths

__all__ = ["KINDS", "Facts", "Kind", "Trimmable", "apparent_bytes", "facts_of", "trimmable"]


class Facts(Struct, frozen=True, kw_only=True):
    """What is known in addition to the paths.

    imported: dotted names of modules that the application, or code that stays, imports
    opened:   paths that were opened while importing; bytecode apart, they stay
    foreign:  paths that no RECORD lists, although their directory belongs to a distribution; bytecode apart, they stay
    symbols:  path of native code → bytes of debug symbols; None if no native code was read
    """

    imported: Collection[str] = ()
    opened: Collection[str] = ()
    foreign: Collection[str] = ()
    symbols: Mapping[str, int] | None = None


class Trimmable(Struct, frozen=True, kw_only=True):
    """What of one kind could be removed.

    files:          paths of the files to remove
    stripped:       paths of native code to strip; empty if no native code was read
    apparent_bytes: of both, each inode once; None if it is unknown how much stripping would free
    """

    kind: Kind
    files: tuple[str, ...] = ()
    stripped: tuple[str, ...] = ()
    apparent_bytes: int | None = 0


def facts_of(application: Application | None) -> Facts:
    """Return what the code of an application says about the files that it needs.

    Tests count, too: an image may contain them, and they run against the same environment.
    """
    mentions = application.mentions if application else ()
    return Facts(imported=frozenset(each.name for each in mentions if each.kind in ("import", "string")))


def trimmable(inventory: Inventory, facts: Facts | None = None) -> tuple[Trimmable, ...]:
    """Return what could be removed, one value for each of ``KINDS``, in their order.

    It works on any inventory: of an environment, of an image, or of wheels that are not installed. Only files of
    distributions with a RECORD are considered. Licences, ``py.typed``, metadata, symlinks, and files that several
    distributions or a system package own are never part of it.
    """
    facts = facts or Facts()
    found: dict[str, list[str]] = defaultdict(list)
    paths = Paths(inventory, imported=facts.imported, opened=facts.opened)
    stay = {*facts.foreign, *facts.opened}
    for path in inventory.owner:
        kind = paths.kind_of(path)
        # No RECORD lists bytecode that Python wrote itself; it goes with its source.
        if kind and (path not in stay or paths.is_bytecode(path)):
            found[kind].append(path)
    gone = {path for files in found.values() for path in files}
    return tuple(_of_kind(kind, tuple(sorted(found[kind.name])), gone, inventory, facts) for kind in KINDS)


def _of_kind(kind: Kind, files: tuple[str, ...], gone: set[str], inventory: Inventory, facts: Facts) -> Trimmable:
    size = apparent_bytes(files, inventory)
    if kind.name != SYMBOLS:
        return Trimmable(kind=kind, files=files, apparent_bytes=size)
    paths = Paths(inventory)
    foreign = set(facts.foreign)
    left = [p for p in inventory.native if p not in gone and p not in foreign and paths.may_go(p)]
    if facts.symbols is None:
        # Only ELF files are stripped; what their sections contain is unknown.
        platform = inventory.environment.platform or "linux"
        unknown = bool(left) and platform.startswith("linux")
        return Trimmable(kind=kind, files=files, apparent_bytes=None if unknown else size)
    stripped = tuple(sorted(path for path in left if facts.symbols.get(path)))
    return Trimmable(
        kind=kind, files=files, stripped=stripped, apparent_bytes=size + sum(facts.symbols[path] for path in stripped)
    )


def apparent_bytes(files: Iterable[str], inventory: Inventory) -> int:
    """Return the apparent bytes of files, each inode once."""
    entries = [inventory.entries[path] for path in files]
    linked = {entry.inode: entry.size for entry in entries if entry.inode is not None}
    return sum(entry.size for entry in entries if entry.inode is None) + sum(linked.values())
