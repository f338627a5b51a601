"""Files of a source → what they name. Parsing holds CPython's lock, so many files are shared among processes."""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple

from deadweight.codescan.source_files import read_file
from deadweight.model import Mention, Role, Skipped
from deadweight.sources.disk.environment import DiskReader
from deadweight.sources.system import children
from deadweight.sources.system.processors import processors

File = tuple[str, int, Role]  # path, bytes, role

_LARGEST = 1 << 26  # bytes of one file
_WORTH_SHARING = 1 << 21  # bytes of Python; less is read sooner than another process has started


class Read(NamedTuple):
    """What files came to, and how many were read."""

    mentions: list[Mention]
    skipped: list[Skipped]
    files: int


def read_files(root: str, files: list[File]) -> Read:
    """Read ``files`` below ``root``, in other processes where they are many."""
    processes = processors()
    if processes == 1 or sum(size for _, size, _ in files) < _WORTH_SHARING:
        return _read_here(root, files)
    # By size, so that each process has about as many bytes.
    by_size = sorted(files, key=lambda file: (-file[1], file[0]))
    shares = [(root, by_size[n::processes]) for n in range(processes)]
    mentions, skipped, counts = zip(*children.each(read_share, shares), strict=True)
    return Read(
        [Mention(*each) for each in chain.from_iterable(mentions)],
        [Skipped(*each) for each in chain.from_iterable(skipped)],
        sum(counts),
    )


def read_share(root: str, files: list[File]) -> tuple[list[Any], list[Any], int]:
    """Return what a child answers: the same as tuples."""
    found = _read_here(root, files)
    skipped = [(each.name, each.reason, each.exit_code) for each in found.skipped]
    return [*map(tuple, found.mentions)], skipped, found.files


def _read_here(root: str, files: list[File]) -> Read:
    reader = DiskReader(root)
    mentions: list[Mention] = []
    skipped: list[Skipped] = []
    read = 0
    for path, size, role in files:
        # A name without a suffix is a script's, if its first line says so.
        plain = "." not in path.rpartition("/")[2]
        try:
            if size > _LARGEST:
                skipped.append(Skipped(path, f"over {_LARGEST >> 20} MiB", 4))
                continue
            if plain and size > 1 << 20:
                continue
            found = read_file(reader.read(path, _LARGEST), path, role)
        except OSError as error:
            skipped.append(Skipped(path, error.strerror or str(error), 4))
            continue
        mentions += found.mentions
        skipped += found.skipped
        read += 1
    return Read(mentions, skipped, read)
