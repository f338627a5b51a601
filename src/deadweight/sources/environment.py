"""A folder on this machine's disk → FileTree. Lists and reads; runs nothing, follows no symlink, stays below."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator

from deadweight.errors import BadInput
from deadweight.formats.metadata import parse_pyvenv_cfg
from deadweight.formats.native import HEAD_BYTES
from deadweight.formats.record import dpkg_list
from deadweight.model import Entry, FileTree, Skipped

_READ_LIMIT = 1 << 26  # 64 MiB; no metadata that is honest comes near
_IN_A_PATH = re.compile(r"/(?:python|pypy)(\d+\.\d+)(?:/|$)")


def read_environment(prefix: str) -> FileTree:
    """List every file and symlink below ``prefix`` with its size.

    raises: BadInput where the folder itself cannot be listed; what cannot be listed below it is ``skipped``
    """
    entries: dict[str, Entry] = {}
    skipped: list[Skipped] = []
    try:
        os.scandir(prefix).close()
    except OSError as error:
        raise BadInput(f"cannot list {prefix}: {error.strerror}") from error
    for folder, reason in _walk(os.path.abspath(prefix), entries):
        skipped.append(Skipped(folder, reason))
    root = os.path.realpath(prefix)
    return FileTree(
        location=prefix,
        entries=entries,
        reader=DiskReader(root),
        skipped=tuple(skipped),
        claims=lambda: _dpkg_claims(root),
        python=_python_of(root),
    )


def _walk(root: str, entries: dict[str, Entry]) -> Iterator[tuple[str, str]]:
    """Fill ``entries``; yield (path, reason) of what could not be looked at."""
    # An Entry is made for each of maybe a million files: through tuple's own constructor, at a third of the cost.
    make, scandir = tuple.__new__, os.scandir
    symlink, regular, kind_of = stat.S_IFLNK, stat.S_IFREG, stat.S_IFMT
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            # By file descriptor, so that each lstat looks up one name and not the whole path.
            descriptor = os.open(f"{root}/{folder}", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            yield folder.rstrip("/"), error.strerror or str(error)
            continue
        try:
            with scandir(descriptor) as found:
                for item in found:
                    path = folder + item.name
                    if item.is_dir(follow_symlinks=False):
                        pending.append(path + "/")
                        continue
                    seen = item.stat(follow_symlinks=False)
                    mode = kind_of(seen.st_mode)
                    entries[path] = make(
                        Entry,
                        (
                            seen.st_size,
                            seen.st_blocks * 512,
                            (seen.st_dev, seen.st_ino) if seen.st_nlink > 1 else None,
                            "file" if mode == regular else "symlink" if mode == symlink else "other",
                        ),
                    )
        except OSError as error:
            yield folder.rstrip("/"), error.strerror or str(error)
        finally:
            os.close(descriptor)


class DiskReader:
    """Reads regular files below one folder."""

    def __init__(self, root: str) -> None:
        self._root = root

    def read(self, path: str, limit: int = _READ_LIMIT) -> bytes:
        """Return the first ``limit`` bytes; raises OSError, also for a symlink or a file that is none."""
        descriptor = self._open(path)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(f"{path} is no regular file")
            chunks: list[bytes] = []
            while limit > 0 and (chunk := os.read(descriptor, min(limit, 1 << 20))):
                chunks.append(chunk)
                limit -= len(chunk)
            return b"".join(chunks)
        finally:
            os.close(descriptor)

    def heads(self, paths: Iterable[str]) -> Iterator[bytes]:
        """Yield each file's first 64 bytes, in order; empty where it cannot be read."""
        for path in paths:
            try:
                descriptor = self._open(path)
                try:
                    yield os.read(descriptor, HEAD_BYTES)
                finally:
                    os.close(descriptor)
            except OSError:
                yield b""

    def _open(self, path: str) -> int:
        # O_NONBLOCK: a fifo that took a file's place must not hold us
        return os.open(f"{self._root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _python_of(root: str) -> str | None:
    """Return the version of the Python that a folder belongs to, from what lies above it."""
    folder = root
    for _ in range(5):
        try:
            with open(f"{folder}/pyvenv.cfg", "rb") as file:
                found = parse_pyvenv_cfg(file.read(1 << 16))
        except OSError:
            folder = os.path.dirname(folder)
            continue
        version = found.get("version") or found.get("version_info") or ""
        match = re.match(r"\d+\.\d+(\.\d+)?", version)
        return match.group() if match else None
    match = _IN_A_PATH.search(root)
    return match.group(1) if match else None


def _dpkg_claims(root: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (package, its paths relative to ``root``) of Debian's packages that own files below it."""
    lists, prefix = _dpkg_folder(root)
    try:
        names = sorted(name for name in os.listdir(lists) if name.endswith(".list")) if lists else []
    except OSError:
        return
    for name in names:
        with open(f"{lists}/{name}", "rb") as file:
            paths = dpkg_list(file.read(_READ_LIMIT))
        inside = tuple(path[len(prefix) :] for path in paths if path.startswith(prefix))
        if inside:
            yield name.removesuffix(".list").partition(":")[0], inside


def _dpkg_folder(root: str) -> tuple[str, str]:
    """Return (dpkg's folder of lists, the prefix that paths in ``root`` have in them); empty if there is none."""
    base = root
    while True:
        lists = f"{base.rstrip('/')}/var/lib/dpkg/info"
        if os.path.isdir(lists):
            return lists, root[len(base.rstrip("/")) :].rstrip("/") + "/"
        if base in ("/", ""):
            return "", ""
        base = os.path.dirname(base)
