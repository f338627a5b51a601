"""The native code of a whole system → what distributions need from outside of them, and what is there twice.

A library counts as there by its own name (DT_SONAME) or its file's, wherever it lies: where to look for it is the
loader's business, and wheels lead it to their own with RPATH.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from deadweight.model import FileTree, Inventory, Linking, Need, Twins

_LOADERS = ("ld-linux", "ld-musl", "linux-vdso", "linux-gate")


def libraries_of(tree: FileTree, inventory: Inventory) -> tuple[tuple[Need, ...], tuple[Twins, ...]]:
    """Return what native code of distributions needs of the system, and the libraries that several of them carry."""
    native = inventory.native
    # What cannot be read needs nothing that is known, but others find it by its file's name all the same.
    linked = {path: found or Linking() for path, found in zip(native, tree.reader.linking(native), strict=True)}
    return _needs(linked, tree, inventory), _twins(linked, tree, inventory)


def _needs(linked: Mapping[str, Linking], tree: FileTree, inventory: Inventory) -> tuple[Need, ...]:
    owner = inventory.owner
    inside: set[str] = set()
    outside: dict[str, str] = {}
    for path, entry in tree.entries.items():
        if entry.kind == "symlink" and ".so" in path:
            name = path.rpartition("/")[2]
            if path in owner:
                inside.add(name)  # conda's packages have libssl.so.3 and libssl.so as links
            else:
                outside[name] = path
    for path, found in sorted(linked.items()):
        names = {found.soname, path.rpartition("/")[2]} - {""}
        if path in owner:
            inside |= names
        else:
            for name in names:  # "names - outside.keys()" would go through all that are outside, each time
                outside.setdefault(name, path)
    by: dict[str, set[str]] = defaultdict(set)
    for path, found in linked.items():
        if path in owner:
            for name in found.needed:
                if name not in inside and not name.startswith(_LOADERS):
                    by[name].add(inventory.distributions[owner[path]].key)
    package = {path: name for name, paths in inventory.packages for path in paths}
    needs = (
        Need(library=name, by=tuple(sorted(keys)), provider=package.get(place, place) if place else None)
        for name, keys in by.items()
        for place in [outside.get(name, "")]
    )
    return tuple(sorted(needs, key=lambda need: (need.provider is not None, -len(need.by), need.library)))


def _twins(linked: Mapping[str, Linking], tree: FileTree, inventory: Inventory) -> tuple[Twins, ...]:
    """Find equal builds in different distributions; several names of one file on a disk are no copies."""
    copies: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    for path, found in sorted(linked.items()):
        if found.build_id and path in inventory.owner and tree.entries[path].inode is None:
            key = inventory.distributions[inventory.owner[path]].key
            copies[found.build_id, tree.entries[path].size].setdefault(key, path)
    twins = (
        Twins(library=_library(linked, min(places.values())), size=size, places=tuple(sorted(places.items())))
        for (_, size), places in copies.items()
        if len(places) > 1
    )
    return tuple(sorted(twins, key=lambda twin: (-twin.extra, twin.places)))


def _library(linked: Mapping[str, Linking], path: str) -> str:
    return linked[path].soname or path.rpartition("/")[2]
