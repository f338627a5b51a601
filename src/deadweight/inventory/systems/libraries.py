"""The native code of a whole system → the system libraries that distributions need, and what it contains several times.

A library exists if any file has its name (DT_SONAME or file name), in any directory. The search path of the loader is
ignored, because wheels extend it with RPATH.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from deadweight.model import Copies, Distribution, FileTree, Inventory, Linking, Need, Twins

_LOADERS = ("ld-linux", "ld-musl", "linux-vdso", "linux-gate")


def libraries_of(tree: FileTree, inventory: Inventory) -> tuple[tuple[Need, ...], tuple[Twins, ...]]:
    """Return the libraries that distributions need from the system, and those that several distributions bundle."""
    native = inventory.native
    # A file that cannot be read has no known needs, but may still be needed by its file name.
    linked = {path: linking or Linking() for path, linking in zip(native, tree.reader.linking(native), strict=True)}
    return _needs(linked, tree, inventory), _twins(linked, tree, inventory)


def _needs(linked: Mapping[str, Linking], tree: FileTree, inventory: Inventory) -> tuple[Need, ...]:
    owner = inventory.owner
    inside: set[str] = set()
    outside: dict[str, str] = {}
    for path, entry in tree.entries.items():
        if entry.kind == "symlink" and ".so" in path:
            name = path.rpartition("/")[2]
            if path in owner:
                inside.add(name)  # conda packages contain libssl.so.3 and libssl.so as links
            else:
                outside[name] = path
    for path, linking in sorted(linked.items()):
        names = {linking.soname, path.rpartition("/")[2]} - {""}
        if path in owner:
            inside |= names
        else:
            for name in names:  # "names - outside.keys()" would iterate over all of ``outside`` each time
                outside.setdefault(name, path)
    by: dict[str, set[str]] = defaultdict(set)
    for path, linking in linked.items():
        if path in owner:
            for name in linking.needed:
                if name not in inside and not name.startswith(_LOADERS):
                    by[name].add(inventory.distributions[owner[path]].key)
    needs = (
        Need(library=name, by=tuple(sorted(keys)), provider=inventory.package_of.get(path, path) if path else None)
        for name, keys in by.items()
        for path in [outside.get(name, "")]
    )
    return tuple(sorted(needs, key=lambda need: (need.provider is not None, -len(need.by), need.library)))


def copies_of(inventory: Inventory) -> tuple[Copies, ...]:
    """Return the distributions of which a system contains several copies of one version.

    The copies share their files if their sizes are 0: a file with several names counts for one of them.
    """
    copies: dict[tuple[str, str | None], list[Distribution]] = defaultdict(list)
    for distribution in inventory.distributions:
        copies[distribution.name, distribution.version].append(distribution)
    rows = (
        _copies(name, version, sorted(each, key=lambda copy: (-copy.sizes.apparent, copy.key)))
        for (name, version), each in copies.items()
        if len(each) > 1
    )
    return tuple(sorted((row for row in rows if row.extra), key=lambda row: (-row.extra, row.name, row.version or "")))


def _copies(name: str, version: str | None, copies: list[Distribution]) -> Copies:
    sizes = [copy.sizes.apparent for copy in copies]
    return Copies(
        name=name, version=version, keys=tuple(copy.key for copy in copies), size=sizes[0], extra=sum(sizes[1:])
    )


def _twins(linked: Mapping[str, Linking], tree: FileTree, inventory: Inventory) -> tuple[Twins, ...]:
    """Return equal builds in different distributions; several names of one file on a disk are not copies.

    Of several copies of a distribution, the first one counts, because ``copies_of`` counts the others.
    """
    builds: dict[tuple[str, int], dict[tuple[str, str | None], tuple[str, str]]] = defaultdict(dict)
    code = [path for path, linking in linked.items() if linking.build_id and path in inventory.owner]
    for path in sorted(code, key=lambda path: (inventory.owner[path], path)):
        if tree.entries[path].inode is None:
            distribution = inventory.distributions[inventory.owner[path]]
            locations = builds[linked[path].build_id, tree.entries[path].size]
            locations.setdefault((distribution.name, distribution.version), (distribution.key, path))
    twins = (
        Twins(
            library=_library(linked, min(path for _, path in locations.values())),
            size=size,
            locations=tuple(sorted(locations.values())),
        )
        for (_, size), locations in builds.items()
        if len(locations) > 1
    )
    return tuple(sorted(twins, key=lambda twin: (-twin.extra, twin.locations)))


def _library(linked: Mapping[str, Linking], path: str) -> str:
    return linked[path].soname or path.rpartition("/")[2]
