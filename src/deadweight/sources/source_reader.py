"""Files of a source → what they name. Parsing holds CPython's lock, so many files are shared among processes.

A child is fed (folder that deadweight lies in, root, files) in marshal's format, and answers with plain tuples.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import subprocess
import sys
from itertools import chain
from typing import Any, NamedTuple

from deadweight.formats.source_files import read_file
from deadweight.model import Mention, Role, Skipped
from deadweight.sources.environment import DiskReader

File = tuple[str, int, Role]  # path, bytes, role

_LARGEST = 1 << 26  # bytes of one file
_WORTH_SHARING = 1 << 21  # bytes of Python; less is read sooner than another process has started
_MOST_PROCESSES = 8
_CHILD = "import sys; sys.path.append(sys.argv[1]); from deadweight.sources.source_reader import serve; serve()"


class Read(NamedTuple):
    """What files came to, and how many were read."""

    mentions: list[Mention]
    skipped: list[Skipped]
    files: int


def read_files(root: str, files: list[File]) -> Read:
    """Read ``files`` below ``root``, in other processes where they are many."""
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES) if sys.executable else 1
    if processes == 1 or sum(size for _, size, _ in files) < _WORTH_SHARING:
        return _read_here(root, files)
    # By size, so that each process has about as many bytes.
    by_size = sorted(files, key=lambda file: (-file[1], file[0]))
    shares = [by_size[n::processes] for n in range(processes)]
    parts: list[Read] = []
    with contextlib.ExitStack() as stack:
        children = []
        for share in shares:
            children.append(child := _start(root, share))
            stack.callback(_end, child)
        for share, child in zip(shares, children, strict=True):
            output, _ = child.communicate()
            # Where a child came to nothing, its share is read here.
            parts.append(_told(output) if child.returncode == 0 else _read_here(root, share))
    mentions, skipped, counts = zip(*parts, strict=True)
    return Read([*chain.from_iterable(mentions)], [*chain.from_iterable(skipped)], sum(counts))


def serve() -> None:
    """Read the files that the parent asks for, and answer it."""
    gc.disable()  # syntax trees are large and hold no cycles
    found = _read_here(*marshal.loads(sys.stdin.buffer.read()))  # noqa: S302  from our own parent
    skipped = [(each.name, each.reason, each.exit_code) for each in found.skipped]
    sys.stdout.buffer.write(marshal.dumps(([*map(tuple, found.mentions)], skipped, found.files), 2))


def _start(root: str, share: list[File]) -> subprocess.Popen[bytes]:
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-X", f"utf8={sys.flags.utf8_mode}", "-c", _CHILD, package],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(marshal.dumps((root, share), 2))
        child.stdin.close()
    child.stdin = None  # communicate() would flush it
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def _told(output: bytes) -> Read:
    told: tuple[list[Any], list[tuple[str, str, int]], int] = marshal.loads(output)  # noqa: S302  our own
    mentions, skipped, files = told
    return Read([*map(Mention._make, mentions)], [Skipped(*each) for each in skipped], files)


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
