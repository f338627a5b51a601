"""Files of an application → their mentions. Parsing holds the GIL, so many files are split among processes."""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple

from deadweight.codescan.files import read_file
from deadweight.model import Mention, Role, Skipped
from deadweight.sources.disk.environment import DiskReader
from deadweight.sources.system import workers
from deadweight.sources.system.processors import processors

File = tuple[str, int, Role]  # path, bytes, role

_LARGEST = 1 << 26  # bytes of one file
_WORTH_SHARING = 1 << 21  # bytes of Python; for less, starting a process takes longer


class Read(NamedTuple):
    """The mentions in files, and the number of files."""

    mentions: list[Mention]
    skipped: list[Skipped]
    files: int


def read_files(root: str, files: list[File]) -> Read:
    """Read ``files`` below ``root``, with several processes if they are large."""
    processes = processors()
    if processes == 1 or sum(size for _, size, _ in files) < _WORTH_SHARING:
        return _read(root, files)
    # By size, so that each process has about as many bytes.
    by_size = sorted(files, key=lambda file: (-file[1], file[0]))
    shares = [(root, by_size[n::processes]) for n in range(processes)]
    mentions, skipped, counts = zip(*workers.each(read_share, shares), strict=True)
    return Read(
        [Mention(*each) for each in chain.from_iterable(mentions)],
        [Skipped(*each) for each in chain.from_iterable(skipped)],
        sum(counts),
    )


def read_share(root: str, files: list[File]) -> tuple[list[Any], list[Any], int]:
    """Return the result of a child, as tuples."""
    result = _read(root, files)
    skipped = [(each.name, each.reason, each.exit_code) for each in result.skipped]
    return [*map(tuple, result.mentions)], skipped, result.files


def _read(root: str, files: list[File]) -> Read:
    reader = DiskReader(root)
    mentions: list[Mention] = []
    skipped: list[Skipped] = []
    read = 0
    for path, size, role in files:
        # A file without a suffix may be a script, with a shebang line.
        plain = "." not in path.rpartition("/")[2]
        try:
            if size > _LARGEST:
                skipped.append(Skipped(path, f"larger than {_LARGEST >> 20} MiB", 4))
                continue
            if plain and size > 1 << 20:
                continue
            result = read_file(reader.read(path, _LARGEST), path, role)
        except OSError as error:
            skipped.append(Skipped(path, error.strerror or str(error), 4))
            continue
        mentions += result.mentions
        skipped += result.skipped
        read += 1
    return Read(mentions, skipped, read)
