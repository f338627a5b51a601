"""A directory on this machine → FileTree. It only lists and reads, and follows no symlink out of the directory."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any, TypeVar

from deadweight.errors import BadInput
from deadweight.formats.binaries.debug import debug_bytes
from deadweight.formats.binaries.elf import linking
from deadweight.formats.binaries.native import HEAD_BYTES
from deadweight.formats.distributions.metadata import python_of_pyvenv_cfg
from deadweight.formats.os_packages.lists import dpkg_list
from deadweight.model import Entry, FileTree, Linking, Skipped
from deadweight.sources.disk.collector import collect
from deadweight.sources.disk.mounts import holds_files, mounted_below
from deadweight.sources.images.windows import Stored
from deadweight.sources.system.processors import processors
from deadweight.sources.system.workers import Worker

_PROCESSES = 2
_WORTH_SHARING = 64  # directories; for fewer, starting a process takes longer
_READ_LIMIT = 1 << 26  # 64 MiB; real metadata is far smaller
T = TypeVar("T")
_PYTHON_IN_PATH = re.compile(r"/(?:python|pypy)(\d+\.\d+)(?:/|$)")


class Listing:
    """The listing of a tree, by several processes if it is large; ``finish`` waits for it.

    whole:  whether the prefix is the root of a whole system; its mounts are then excluded
    raises: BadInput if the directory itself cannot be listed
    """

    def __init__(self, prefix: str, *, whole: bool = False) -> None:
        self._prefix, self._root, self._whole = prefix, os.path.realpath(prefix), whole
        self._mounts = mounted_below(self._root) if whole else {}
        try:
            os.scandir(prefix).close()
        except OSError as error:
            raise BadInput(f"cannot list {prefix}: {error.strerror}") from error
        processes = _PROCESSES if processors() > 1 else 0
        self._top = collect(self._root, [""], tuple(self._mounts), _WORTH_SHARING if processes else None)
        left = self._top[-1]
        # Environments are flat: nearly all files are in the directories of site-packages, so distribute these in turn.
        shares = [left[n::processes] for n in range(processes)] if left else []
        self._workers = [Worker(collect, [(self._root, share, tuple(self._mounts))]) for share in shares]

    def finish(self) -> FileTree:
        """Return the tree; paths that could not be listed are in ``skipped``."""
        entries: dict[str, Entry] = {}
        skipped: list[Skipped] = []
        for paths, sizes, blocks, inodes, others, failed, _ in (self._top, *self._listed_apart()):
            disk = map((512).__mul__, blocks)
            # Up to a million entries: the constructor of tuple takes a third of the time.
            made = map(tuple.__new__, repeat(Entry), zip(sizes, disk, inodes, repeat("file"), strict=False))
            entries.update(zip(paths, made, strict=True))
            for path, size, count, inode, kind in others:
                entries[path] = Entry(size, count * 512, inode, kind)
            skipped += (Skipped(directory, reason, 4) for directory, reason in failed)
        for path, kind in self._mounts.items():
            if holds_files(kind):
                skipped.append(Skipped(path, f"not measured: a mounted file system ({kind})"))
        root = self._root
        return FileTree(
            location=self._prefix,
            entries=entries,
            reader=DiskReader(root),
            skipped=tuple(sorted(skipped)),
            claims=lambda: _dpkg_claims(root),
            python=None if self._whole else _python_of(root),
            whole=self._whole,
        )

    def _listed_apart(self) -> Iterator[Any]:
        for worker in self._workers:
            with worker:
                yield from worker.results()


class DiskReader:
    """Reads regular files below one directory."""

    def __init__(self, root: str) -> None:
        self._root = root

    def read(self, path: str, limit: int = _READ_LIMIT) -> bytes:
        """Return the first ``limit`` bytes; raises OSError, also for anything but a regular file."""
        descriptor = self._open(path)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(f"{path} is not a regular file")
            chunks: list[bytes] = []
            while limit > 0 and (chunk := os.read(descriptor, min(limit, 1 << 20))):
                chunks.append(chunk)
                limit -= len(chunk)
            return b"".join(chunks)
        finally:
            os.close(descriptor)

    def heads(self, paths: Iterable[str]) -> Iterator[bytes]:
        """Yield the first 64 bytes of each file, in order; none if it cannot be read."""
        for path in paths:
            try:
                descriptor = self._open(path)
                try:
                    yield os.read(descriptor, HEAD_BYTES)
                finally:
                    os.close(descriptor)
            except OSError:
                yield b""

    def linking(self, paths: Iterable[str]) -> Iterator[Linking | None]:
        """Yield the libraries that each file of native code needs, in order."""
        return self._read_each(paths, linking)

    def debug_symbols(self, paths: Iterable[str]) -> Iterator[int | None]:
        """Yield the bytes of debug symbols of each file, in order; None if it is not an ELF file."""
        return self._read_each(paths, debug_bytes)

    def target(self, path: str) -> str | None:
        """Return the target of a symlink, relative to its directory if it is below the root."""
        try:
            target = os.readlink(f"{self._root}/{path}")
        except OSError:
            return None
        if target.startswith(f"{self._root.rstrip('/')}/"):
            return os.path.relpath(target, os.path.dirname(f"{self._root}/{path}"))
        return target

    def _read_each(self, paths: Iterable[str], read: Callable[[Stored], T | None]) -> Iterator[T | None]:
        for path in paths:
            try:
                descriptor = self._open(path)
            except OSError:
                yield None
                continue
            try:
                yield read(Stored(descriptor, 0, os.fstat(descriptor).st_size))
            except OSError:
                yield None
            finally:
                os.close(descriptor)

    def _open(self, path: str) -> int:
        # O_NONBLOCK: a fifo that replaced the file must not block
        return os.open(f"{self._root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _python_of(root: str) -> str | None:
    """Return the version of the Python that a directory belongs to, from its parent directories."""
    directory = root
    for _ in range(5):
        try:
            return python_of_pyvenv_cfg(DiskReader(directory).read("pyvenv.cfg", 1 << 16))
        except OSError:
            directory = os.path.dirname(directory)
    match = _PYTHON_IN_PATH.search(root)
    return match.group(1) if match else None


def _dpkg_claims(root: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (package, its paths relative to ``root``) for the Debian packages that own files below it."""
    lists, prefix = _dpkg_directory(root)
    try:
        names = sorted(name for name in os.listdir(lists) if name.endswith(".list")) if lists else []
    except OSError:
        return
    for name in names:
        try:
            paths = dpkg_list(DiskReader(lists).read(name))
        except OSError:
            continue
        inside = tuple(path[len(prefix) :] for path in paths if path.startswith(prefix))
        if inside:
            yield name.removesuffix(".list").partition(":")[0], inside


def _dpkg_directory(root: str) -> tuple[str, str]:
    """Return (the directory of dpkg's lists, the prefix of paths below ``root`` in them); empty without dpkg."""
    base = root
    while True:
        lists = f"{base.rstrip('/')}/var/lib/dpkg/info"
        if os.path.isdir(lists):
            return lists, root[len(base.rstrip("/")) :].rstrip("/") + "/"
        if base in ("/", ""):
            return "", ""
        base = os.path.dirname(base)
