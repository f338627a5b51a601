"""The distributions of an image → those that get layers of their own.

A layer is uploaded again if anything in it changes. Few distributions make most of an image, and they change less often
than the many light ones. So the heaviest get layers of their own; what comes only with one of them shares its layer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

MOST_LAYERS = 4
_SHARE = 0.8  # of all bytes; more would give layers to distributions that are not worth one
_LEAST_SHARE = 0.02
_LEAST_BYTES = 1_000_000

Cluster = tuple[str, ...]


def clusters(sizes: Mapping[str, int], retained_by: Callable[[str], Collection[str]]) -> tuple[Cluster, ...]:
    """Return the names in each heavy layer, the largest layer first, and in it what the others are needed by.

    sizes:       name → bytes
    retained_by: returns the names that are only needed by a distribution
    """
    candidates = _heaviest(sizes)
    retained = {name: {name, *retained_by(name)} for name in candidates}
    groups: dict[str, list[str]] = {}
    for name in candidates:
        # What retains another distribution also retains what that one retains, so the largest set is the outermost.
        holders = (other for other in candidates if name in retained[other])
        head = max(holders, key=lambda other: (len(retained[other]), sizes[other], other))
        groups.setdefault(head, []).append(name)
    ordered = [[head, *(name for name in names if name != head)] for head, names in groups.items()]
    return _few(ordered, sizes)


def _heaviest(sizes: Mapping[str, int]) -> list[str]:
    """Return the heaviest names that together have most of the bytes."""
    total, covered = sum(sizes.values()), 0
    least = max(_LEAST_BYTES, int(_LEAST_SHARE * total))
    chosen = []
    for name, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        if size < least or covered >= _SHARE * total:
            break
        chosen.append(name)
        covered += size
    return chosen


def _few(groups: list[list[str]], sizes: Mapping[str, int]) -> tuple[Cluster, ...]:
    """Return clusters, the largest first; the smallest ones share a layer so that there are few."""

    def weight(names: Collection[str]) -> int:
        return sum(sizes[name] for name in names)

    ordered = sorted(groups, key=lambda names: (-weight(names), names))
    own, shared = ordered[: MOST_LAYERS - 1], ordered[MOST_LAYERS - 1 :]
    rest = sorted((name for names in shared for name in names), key=lambda name: (-sizes[name], name))
    return tuple(map(tuple, sorted([*own, *([rest] if rest else [])], key=lambda names: (-weight(names), names))))
