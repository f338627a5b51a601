"""The wasted files of an image → the largest wasted paths, with the layer that ships and the one that hides each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from deadweight.formats.images.overlay import Hidden
from deadweight.model import WastedPath

_MOST = 10
_NEARLY_ALL = 0.9  # share of a directory's bytes in one of its entries; that entry is then named instead
_WORTH_NAMING = 0.1  # share of a directory's bytes


def wasted_paths(hidden_files: Iterable[Hidden]) -> list[WastedPath]:
    """Return the directories and files that are wasted, the largest first, without overlaps.

    Each build step (``rm -rf``, ``chown -R``) is represented by its likely argument, judged by the sizes.
    """
    steps: dict[tuple[int, int], list[Hidden]] = defaultdict(list)
    for hidden in hidden_files:
        steps[hidden.placed.layer, hidden.by].append(hidden)
    paths = [
        WastedPath(path=path, size=size, layer=layer, by=by)
        for (layer, by), files in steps.items()
        for path, size in _largest(files)
    ]
    paths.sort(key=lambda each: (-each.size, each.path, each.layer))
    return paths[:_MOST]


def _largest(files: list[Hidden]) -> Iterator[tuple[str, int]]:
    sizes, inside = _sums(files)
    directory = ""
    while directory in inside:
        largest = max(inside[directory], key=lambda path: (sizes[path], path))
        if sizes[largest] < _NEARLY_ALL * sizes[directory]:
            break
        directory = largest
    parts = [path for path in inside.get(directory, ()) if sizes[path] >= _WORTH_NAMING * sizes[directory]]
    yield from ((path, sizes[path]) for path in parts or [directory])


def _sums(files: list[Hidden]) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Return (path → bytes, for files and all directories above them; directory → paths in it)."""
    sizes: dict[str, int] = defaultdict(int)
    inside: dict[str, list[str]] = defaultdict(list)
    for hidden in files:
        sizes[hidden.path] += hidden.placed.size
    pending = list(sizes)
    for path in pending:  # grows during the loop
        directory = path.rpartition("/")[0]
        if directory not in inside and directory:
            pending.append(directory)
        inside[directory].append(path)
    for path in sorted(sizes.keys() | inside.keys() - {""}, key=lambda path: -path.count("/")):
        sizes[path.rpartition("/")[0]] += sizes[path]
    return sizes, inside
