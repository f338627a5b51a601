"""The distributions of an image → those that get layers of their own.

A layer is uploaded again if anything in it changes. Few distributions make most of an image, and they change less often
than the many light ones. So the heaviest get layers of their own; what comes only with one of them shares its layer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

MOST_LAYERS = 4
_SHARE = 0.8  # of all bytes; more would give layers to distributions that are not worth one
_LEAST_SHARE = 0.02
_LEAST_BYTES, _CERTAINLY_HEAVY = 5_000_000, 10_000_000

Cluster = tuple[str, ...]


def clusters(sizes: Mapping[str, int], retained_by: Callable[[str], Collection[str]]) -> tuple[Cluster, ...]:
    """Return the names in each heavy layer, the largest layer first, and in it what the others are needed by.

    sizes:       name → bytes
    retained_by: returns the names that are only needed by a distribution
    """
    total, covered = sum(sizes.values()), 0
    chosen: list[Cluster] = []
    for cluster, size in _weighed(_candidates(sizes, total), sizes, retained_by):
        if len(chosen) == MOST_LAYERS or covered >= _SHARE * total:
            break
        chosen.append(cluster)
        covered += size
    return tuple(chosen)


def _candidates(sizes: Mapping[str, int], total: int) -> list[str]:
    """Return the names that a heavy layer may have, the largest first."""
    least = max(_LEAST_BYTES, min(_CERTAINLY_HEAVY, int(_LEAST_SHARE * total)))
    return sorted((name for name, size in sizes.items() if size >= least), key=lambda name: (-sizes[name], name))


def _weighed(
    candidates: Iterable[str], sizes: Mapping[str, int], retained_by: Callable[[str], Collection[str]]
) -> list[tuple[Cluster, int]]:
    """Return clusters with their bytes, the largest first."""
    retained = {name: {name, *retained_by(name)} for name in candidates}
    groups: dict[str, list[str]] = {}
    for name in retained:
        # What retains another distribution also retains what that one retains, so the largest set is the outermost.
        holders = (other for other in retained if name in retained[other])
        head = max(holders, key=lambda other: (len(retained[other]), sizes[other], other))
        groups.setdefault(head, []).append(name)
    every = [
        ((head, *(name for name in names if name != head)), sum(sizes[name] for name in names))
        for head, names in groups.items()
    ]
    return sorted(every, key=lambda item: (-item[1], item[0]))
