"""The wasted files of an image → the largest wasted paths, with the layer that ships and the one that hides each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from deadweight.formats.images.overlay import Hidden
from deadweight.model import WastedPath

_MOST = 10
_NEARLY_ALL = 0.9  # share of a directory's bytes in one of its entries; that entry is then named instead
_WORTH_NAMING = 0.1  # share of a directory's bytes


def wasted_paths(hidden_files: Iterable[Hidden]) -> list[WastedPath]:
    """Return the directories and files that are wasted, the largest first, without overlaps.

    Each build step (``rm -rf``, ``chown -R``) is represented by its likely argument, judged by the sizes.
    """
    steps: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path, placed, by in hidden_files:
        steps[placed.layer, by][path] += placed.size
    paths = [
        WastedPath(path=path, size=size, layer=layer, by=by)
        for (layer, by), files in steps.items()
        for path, size in _largest(files)
    ]
    paths.sort(key=lambda each: (-each.size, each.path, each.layer))
    return paths[:_MOST]


def largest_paths(files: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the largest directories and files, without overlaps, and their bytes.

    files: path → bytes
    """
    return sorted(_largest(files), key=lambda each: (-each[1], each[0]))[:_MOST]


def _largest(files: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    sizes, inside = _sums(files)
    directory = ""
    while directory in inside:
        largest = max(inside[directory], key=lambda path: (sizes[path], path))
        if sizes[largest] < _NEARLY_ALL * sizes[directory]:
            break
        directory = largest
    parts = [path for path in inside.get(directory, ()) if sizes[path] >= _WORTH_NAMING * sizes[directory]]
    yield from ((path, sizes[path]) for path in parts or [directory])


def _sums(files: Mapping[str, int]) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Return (path → bytes, for files and all directories above them; directory → paths in it)."""
    sizes: dict[str, int] = defaultdict(int, files)
    inside: dict[str, list[str]] = defaultdict(list)
    pending = list(sizes)
    for path in pending:  # grows during the loop
        directory = path.rpartition("/")[0]
        if directory not in inside and directory:
            pending.append(directory)
        inside[directory].append(path)
    for path in sorted(sizes.keys() | inside.keys() - {""}, key=lambda path: -path.count("/")):
        sizes[path.rpartition("/")[0]] += sizes[path]
    return sizes, inside
