"""What later layers of an image hide → the paths that weigh most of it, with the layers on both sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from deadweight.formats.images.overlay import Hidden
from deadweight.model import WastedPath

_MOST = 10
_NEARLY_ALL = 0.9  # of a folder's bytes in one thing in it: that is what was removed
_WORTH_NAMING = 0.1


def wasted_paths(vain: Iterable[Hidden]) -> list[WastedPath]:
    """Return the folders and files that are shipped in vain, the heaviest first; none lies in another one.

    One step (``rm -rf``, ``chown -R``) is told by what it was given, as far as the sizes show it.
    """
    steps: dict[tuple[int, int], list[Hidden]] = defaultdict(list)
    for hidden in vain:
        steps[hidden.placed.layer, hidden.by].append(hidden)
    found = [
        WastedPath(path=path, size=size, layer=layer, by=by)
        for (layer, by), those in steps.items()
        for path, size in _heaviest(those)
    ]
    found.sort(key=lambda each: (-each.size, each.path, each.layer))
    return found[:_MOST]


def _heaviest(those: list[Hidden]) -> Iterator[tuple[str, int]]:
    sizes, inside = _sums(those)
    folder = ""
    while folder in inside:
        heaviest = max(inside[folder], key=lambda path: (sizes[path], path))
        if sizes[heaviest] < _NEARLY_ALL * sizes[folder]:
            break
        folder = heaviest
    parts = [path for path in inside.get(folder, ()) if sizes[path] >= _WORTH_NAMING * sizes[folder]]
    yield from ((path, sizes[path]) for path in parts or [folder])


def _sums(those: list[Hidden]) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Return path → bytes of the files and of all folders above them, and folder → what is in it."""
    sizes: dict[str, int] = defaultdict(int)
    inside: dict[str, list[str]] = defaultdict(list)
    for hidden in those:
        sizes[hidden.path] += hidden.placed.size
    pending = list(sizes)
    for path in pending:  # which grows by the folders
        folder = path.rpartition("/")[0]
        if folder not in inside and folder:
            pending.append(folder)
        inside[folder].append(path)
    for path in sorted(sizes.keys() | inside.keys() - {""}, key=lambda path: -path.count("/")):
        sizes[path.rpartition("/")[0]] += sizes[path]
    return sizes, inside
