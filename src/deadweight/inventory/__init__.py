"""FileTree → Inventory: each byte in exactly one row. Pure, and the same for a disk, an image and a wheel.

discover.py      finds metadata                      claims.py     reads it
ownership.py     assigns files to distributions      kinds.py      gives each path its kind
modules.py       lists import names and programs     largest.py    names the largest files
environments.py  identifies the Python               prefixes.py   groups directories into environments
archives.py      adds facts on measured archives     systems/      covers images and other whole systems
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from deadweight.formats.binaries.native import is_native, may_be_native
from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.distributions.record import below
from deadweight.inventory.claims import Claim
from deadweight.inventory.discover import Discovered, discover
from deadweight.inventory.environments import environments_of, ranked
from deadweight.inventory.kinds import kind_of, native_kind
from deadweight.inventory.largest import Contents
from deadweight.inventory.modules import import_names, programs
from deadweight.inventory.ownership import assign_owners
from deadweight.inventory.prefixes import is_below, prefix_of, sees_system, venv_settings
from deadweight.model import Conflict, Distribution, Entry, FileTree, Inventory, Metadata, Sizes, Skipped
from deadweight.wording import listed


def take_inventory(tree: FileTree) -> Inventory:
    """Assign every byte of ``tree`` to exactly one distribution, or leave it unowned.

    The apparent bytes of the distributions and the unowned bytes sum to those of all files and symlinks, each inode
    once (``du -b`` without directories).
    """
    discovered = discover(tree)
    claims = _with_conda(discovered)
    first = _assign_prefixes(claims, tree) if tree.whole else None
    apart: dict[str, list[Claim]] = {
        prefix: [] for prefix in ranked([claim.prefix for claim in claims], tree.start.search, first) or [""]
    }
    for claim in sorted(claims, key=lambda c: (c.metadata.name, c.rank, c.metadata.version or "")):
        apart[claim.prefix].append(claim)
    claims = [claim for those in apart.values() for claim in those]
    packages, unread, disputes = _system_packages(claims, tree) if tree.whole else ([], [], [])
    owned = assign_owners(tree.entries.keys(), claims, packages if tree.whole else tree.claims())
    native = _native_files(tree)
    contents = [Contents() for _ in claims]
    sizes, unowned, total = _sum(tree.entries, owned.owner, native, contents)
    keys = _keys(claims)
    modules = import_names(claims, tree.entries)
    distributions = tuple(_distribution(*each) for each in zip(keys, claims, sizes, modules, contents, strict=True))
    return Inventory(
        environments=environments_of(apart, tree, native),
        distributions=distributions,
        unowned=unowned,
        total=total,
        conflicts=(
            *disputes,
            *owned.conflicts,
            *_escapes(claims),
            *(c for those in apart.values() for c in _duplicates(those)),
        ),
        skipped=(*tree.skipped, *discovered.skipped, *unread),
        packages=tuple(packages),
        native=tuple(native),
        owner=owned.owner,
        shared=owned.shared,
        entries=tree.entries,
        warnings=(*_warnings(claims, owned.listless), *_left_out(tree)),
    )


def _system_packages(
    claims: list[Claim], tree: FileTree
) -> tuple[list[tuple[str, tuple[str, ...]]], list[Skipped], list[Conflict]]:
    """Return the system's packages, what could not be read of them, and the files that a claim disputes with them."""
    from deadweight.inventory.systems.packages import keep_packages_files, system_packages

    packages, unread = system_packages(tree)
    return packages, unread, list(keep_packages_files(claims, packages))


def _assign_prefixes(claims: list[Claim], tree: FileTree) -> str | None:
    """Set the prefix of each claim; return the prefix of the environment in which the system's program runs."""
    # Only whole systems need these, and an environment is measured in less time than it takes to import them.
    from deadweight.inventory.systems.scripts import commands_of
    from deadweight.inventory.systems.started import first_prefix, joined_directories, system_prefix, user_prefix

    for claim in claims:
        claim.prefix = prefix_of(claim.directory)
    prefixes = [claim.prefix for claim in claims]
    commands = commands_of(tree)
    first = first_prefix(tree, commands, set(prefixes))
    base = first if first is not None else next(iter(ranked(prefixes, tree.start.search)), None)
    if base is not None:
        # Directories that PYTHONPATH and the like add to a Python are part of its environment. So are the site-packages
        # of the system, if a venv imports from them.
        joined, user, system = joined_directories(tree, commands), user_prefix(tree, base), system_prefix(tree, base)
        for claim in claims:
            if claim.directory in joined or claim.prefix == user:
                claim.prefix, claim.rank = base, -1
            elif claim.prefix == system:
                claim.prefix, claim.rank = base, 1
    return base


def _with_conda(discovered: Discovered) -> list[Claim]:
    """Join conda's records to the distributions whose metadata they list; other records become their own rows."""
    metadata_files = ("/METADATA", "/PKG-INFO")
    owner = {path: claim for claim in discovered.claims for path in claim.paths if path.endswith(metadata_files)}
    claims = list(discovered.claims)
    for path, package in discovered.conda:
        directory = path.partition("conda-meta/")[0]
        joined_paths = {file: _inside(directory.rstrip("/"), file) for file in package.files}
        paths = [path, *(file for file in joined_paths.values() if file is not None)]
        claim = next((owner[p] for p in paths if p in owner), None)
        if claim is None:
            metadata = Metadata(name=normalize(package.name), version=package.version, requires=tuple(package.depends))
            claim = Claim(directory=directory.rstrip("/"), metadata=metadata, installer="conda", conda=True)
            claims.append(claim)
        else:
            claim.metadata = replace(claim.metadata, requires=(*claim.metadata.requires, *package.depends))
        claim.paths += paths
        claim.escaped += (file for file, joined in joined_paths.items() if joined is None)
        claim.recorded, claim.requested = True, claim.requested or package.requested
    return claims


def _inside(prefix: str, path: str) -> str | None:
    """Return a path that is relative to a prefix as a path of the tree; None if it leaves the prefix."""
    joined = below(prefix, path)
    return joined if joined is not None and is_below(joined, prefix) else None


def _native_files(tree: FileTree) -> dict[str, bytes]:
    """Return path → first bytes of the files that are native code, identified by magic number."""
    candidates = [p for p, entry in tree.entries.items() if entry[3] == "file" and may_be_native(p, entry[0])]
    heads = zip(candidates, tree.reader.heads(candidates), strict=True)
    return {path: head for path, head in heads if is_native(head)}


def _sum(
    entries: Mapping[str, Entry], owner: Mapping[str, int], native: Mapping[str, bytes], contents: list[Contents]
) -> tuple[list[Sizes], Sizes, Sizes]:
    """Return the sizes of each row, of the unowned files, and of all files.

    contents: one for each row, to which its files are added
    """
    rows = len(contents)
    kinds: list[dict[str, int]] = [defaultdict(int) for _ in range(rows + 1)]
    files, disk = [0] * (rows + 1), [0] * (rows + 1)
    first: dict[tuple[int, int], tuple[int, str, Entry]] = {}
    unallocated = 0
    row_of, kind = owner.get, kind_of
    for path, entry in entries.items():
        row = row_of(path, rows)
        files[row] += 1
        size, allocated, inode, _ = entry
        if inode is not None:
            # If an inode has several names, the row of the first owner in order gets its bytes.
            if inode not in first or (row, path) < first[inode][:2]:
                first[inode] = (row, path, entry)
            continue
        if allocated is None:
            unallocated += 1
        else:
            disk[row] += allocated
        kinds[row][native_kind(path) if path in native else kind(path)] += size
        if row < rows:
            contents[row].add(path, size)
    for row, path, (size, allocated, _, _) in first.values():
        disk[row] += allocated or 0
        kinds[row][native_kind(path) if path in native else kind(path)] += size
        if row < rows:
            contents[row].add(path, size)
    sizes = [
        Sizes(
            files=files[row],
            apparent=sum(kinds[row].values()),
            disk=None if unallocated else disk[row],
            kinds=dict(kinds[row]),
        )
        for row in range(rows + 1)
    ]
    return sizes[:-1], sizes[-1], add_up(sizes)


def add_up(sizes: Iterable[Sizes]) -> Sizes:
    """Return the sum of sizes of disjoint files; if one disk size is unknown, the sum is unknown."""
    parts = list(sizes)
    kinds: Counter[str] = Counter()
    for part in parts:
        kinds.update(part.kinds)
    disks = [part.disk for part in parts]
    return Sizes(
        files=sum(part.files for part in parts),
        apparent=sum(part.apparent for part in parts),
        disk=None if None in disks else sum(disk for disk in disks if disk is not None),
        kinds=dict(kinds),
    )


def _keys(claims: list[Claim]) -> list[str]:
    """Return a unique key for each claim: the name; for further copies, the name with its version or environment."""
    keys: dict[str, None] = {}
    home: dict[str, str] = {}
    copies: Counter[str] = Counter()
    for claim in claims:
        name, version = claim.metadata.name, claim.metadata.version
        if home.setdefault(name, claim.prefix) != claim.prefix:
            name = f"{name}@{claim.prefix}"
        key = copy = name if name not in keys else f"{name}=={version}"
        while key in keys:
            copies[copy] += 1
            key = f"{copy} ({copies[copy] + 1})"
        keys[key] = None
    return list(keys)


def _distribution(key: str, claim: Claim, sizes: Sizes, modules: tuple[str, ...], contents: Contents) -> Distribution:
    files, directories = contents.largest(claim.directory)
    return Distribution(
        key=key,
        metadata=claim.metadata,
        sizes=sizes,
        import_names=modules,
        programs=programs(claim),
        requested=claim.requested,
        installer=claim.installer,
        url=claim.url,
        editable=claim.editable,
        prefix=claim.prefix,
        metadata_path=claim.metadata_path,
        largest_files=files,
        largest_directories=directories,
    )


def _escapes(claims: list[Claim]) -> Iterable[Conflict]:
    escaped = [(claim, path) for claim in claims for path in claim.escaped]
    if escaped and all(claim.directory == "" for claim, _ in escaped):
        # If a site-packages directory is measured, scripts and data are outside of it as intended: one line for all.
        names = tuple(dict.fromkeys(claim.metadata.name for claim, _ in escaped))
        yield Conflict(
            kind="escape",
            names=names,
            reason=f"{len(escaped)} recorded files are outside of this directory ({escaped[0][1]}, …) and are not"
            " counted; measure the environment's prefix to include them",
        )
        return
    for claim in claims:
        if claim.escaped:
            name = claim.metadata.name
            yield Conflict(
                kind="escape",
                names=(name,),
                reason=f"{name} records {listed(claim.escaped, 1)} outside of the prefix, which is not counted",
            )


def _duplicates(claims: list[Claim]) -> Iterable[Conflict]:
    versions: dict[str, list[str]] = defaultdict(list)
    for claim in claims:
        versions[claim.metadata.name].append(claim.metadata.version or "unknown")
    for name, copies in versions.items():
        if len(copies) > 1:
            yield Conflict(
                kind="duplicate", names=(name,), reason=f"{name} is installed {len(copies)} times: {', '.join(copies)}"
            )


def _left_out(tree: FileTree) -> Iterable[str]:
    """Warn if a measured environment also imports from outside of it."""
    settings = None if tree.whole else venv_settings(tree, "")
    if settings is not None and sees_system(settings):
        home = settings.get("home") or "its base Python"
        yield f"the environment also imports packages of {home} (include-system-site-packages), which are not counted"


def _warnings(claims: list[Claim], listless: Collection[int]) -> Iterable[str]:
    for index, claim in enumerate(claims):
        name = claim.metadata.name
        if claim.editable:
            location = f" at {claim.url}" if claim.url else ""
            yield f"{name} is editable: its source{location} is outside of the environment and is not counted"
        elif index in listless:
            yield f"{name} has no RECORD; its size is that of the directory or module with its name"
