"""Claims and paths → the owner of each path; the first match wins.

1. a list of files: RECORD, ``installed-files.txt``, conda's, dpkg's
2. bytecode belongs to the owner of its source file
3. without a list of files: the directory or module with the distribution's name
4. a file below a directory that only one distribution owns
5. none of these: unowned
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from deadweight.formats.distributions.metadata import normalize
from deadweight.inventory.claims import Claim
from deadweight.inventory.directories import Nearest
from deadweight.model import Conflict
from deadweight.wording import listed

_SEVERAL = -1


class Owned(NamedTuple):
    """The owners of paths.

    owner:     path → index of the claim that owns it; unowned paths are left out
    conflicts: paths that two claims list
    shared:    these paths
    listless:  indexes of the claims without a list of files, neither their own nor that of a system package
    """

    owner: dict[str, int]
    conflicts: list[Conflict]
    shared: frozenset[str]
    listless: frozenset[int]


def assign_owners(
    paths: Collection[str], claims: Sequence[Claim], system: Iterable[tuple[str, tuple[str, ...]]]
) -> Owned:
    """Return the owner of each path."""
    owner: dict[str, int] = {}
    absent: dict[str, int] = {}  # listed source files that do not exist, but may have bytecode
    contested: dict[tuple[int, int], list[str]] = defaultdict(list)
    for index, claim in enumerate(claims):
        for path in claim.paths:
            if path not in paths:
                if path.endswith(".py"):
                    absent.setdefault(path, index)
            elif owner.setdefault(path, index) != index:
                contested[owner[path], index].append(path)
    unrecorded = {index for index, claim in enumerate(claims) if not claim.recorded}
    if unrecorded:
        unrecorded -= _by_system_lists(paths, owner, {claims[i].paths[0]: i for i in unrecorded}, system)
    left = _bytecode([path for path in paths if path not in owner], owner, absent)
    if unrecorded and left:
        left = _bytecode(_by_name(left, owner, claims, unrecorded), owner, absent)
    _by_directory(left, owner, {claim.directory for claim in claims})
    conflicts = [_conflict(claims, pair, disputed) for pair, disputed in sorted(contested.items())]
    shared = frozenset(path for paths in contested.values() for path in paths)
    return Owned(owner, conflicts, shared, frozenset(unrecorded))


def complete(owner: dict[str, int], left: list[str], sites: set[str]) -> None:
    """Add the paths of ``left`` whose owner follows from others: bytecode, and directories with one owner."""
    _by_directory(_bytecode(left, owner, {}), owner, sites)


def _by_system_lists(
    paths: Collection[str],
    owner: dict[str, int],
    marks: Mapping[str, int],
    system: Iterable[tuple[str, tuple[str, ...]]],
) -> set[int]:
    """Assign the files of a system package to the distribution whose metadata it contains; return these claims."""
    served: set[int] = set()
    for _, recorded in system:
        index = next((marks[path] for path in recorded if path in marks), None)
        if index is not None:
            served.add(index)
            for path in recorded:
                if path in paths:
                    owner.setdefault(path, index)
    return served


def _bytecode(left: list[str], owner: dict[str, int], absent: Mapping[str, int]) -> list[str]:
    """Assign ``x/__pycache__/m.cpython-311.pyc`` to the owner of ``x/m.py`` (PEP 3147); return the remaining paths.

    absent: path → owner of source files that do not exist; some images keep only bytecode (``compileall -b``)
    """
    still = []
    for path in left:
        if path.endswith(".pyc"):
            directory, _, name = path.rpartition("/")
            base = directory.removesuffix("__pycache__")
            # The name of a module has no dot, so the first one ends it. Bytecode next to its source has a legacy name.
            source = f"{base}{name.partition('.')[0]}.py" if base != directory else f"{path[:-1]}"
            index = owner.get(source, absent.get(source))
            if index is not None:
                owner[path] = index
                continue
        still.append(path)
    return still


def _by_name(left: list[str], owner: dict[str, int], claims: Sequence[Claim], unrecorded: set[int]) -> list[str]:
    """Assign the directory or module with a distribution's name to it if it has no list of files."""
    named: dict[str, int] = {}
    for index in sorted(unrecorded):
        claim = claims[index]
        names = claim.top_level or (claim.metadata.name.replace("-", "_"), claim.metadata.name)
        for name in names:
            named.setdefault(posixpath.join(claim.directory, name.replace(".", "/")).lower(), index)
    named_directory = Nearest(named)
    still = []
    for path in left:
        directory, _, name = path.lower().rpartition("/")
        module = f"{directory}/{name.partition('.')[0]}" if directory else name.partition(".")[0]
        match = module if module in named else named_directory(directory)
        if match is None:
            still.append(path)
        else:
            owner[path] = named[match]
    return still


def _by_directory(left: list[str], owner: dict[str, int], sites: set[str]) -> None:
    """Assign the files below a directory that only one distribution owns to that distribution.

    This applies only inside site directories: a distribution does not own ``bin/`` because its script is the only one.
    """
    site_of = Nearest(sites)
    left = [path for path in left if site_of(path.rpartition("/")[0]) is not None]
    if not left:
        return
    owners: dict[str, int] = {}
    for path, index in owner.items():
        directory = path.rpartition("/")[0]
        # If a directory already has this owner, or several, so do the directories above it.
        while directory and directory not in sites and owners.get(directory) not in (index, _SEVERAL):
            owners[directory] = _SEVERAL if directory in owners else index
            directory = directory.rpartition("/")[0]
    nearest = Nearest({*owners, *sites})
    for path in left:
        above = nearest(path.rpartition("/")[0])
        if above is not None and above not in sites and owners[above] != _SEVERAL:
            owner[path] = owners[above]


def _conflict(claims: Sequence[Claim], pair: tuple[int, int], paths: list[str]) -> Conflict:
    first, second = (claims[index].metadata for index in pair)
    same = normalize(first.name) == normalize(second.name)
    names = tuple(f"{m.name} {m.version}" if same else m.name for m in (first, second))
    return Conflict(
        kind="path",
        names=names,
        reason=f"{names[0]} and {names[1]} both claim {listed(paths, 1)}; counted for {names[0]}",
    )
