"""A directory → its listing. Each directory is listed once. No symlink is followed, since Docker sends the link."""

from __future__ import annotations

import os
import stat
from array import array

from deadweight.buildcontext.context import BuildContext, Directory
from deadweight.errors import BadInput
from deadweight.model import Skipped
from deadweight.progress import Observer, Progress

_REPORTED = 20_000  # files between two reports of the progress


def scan_context(location: str, observe: Observer) -> BuildContext:
    """Return what a directory contains; what cannot be listed is in ``skipped``.

    raises: BadInput if the directory itself cannot be listed
    """
    root = os.path.realpath(location)
    try:
        os.scandir(root).close()
    except OSError as error:
        raise BadInput(f"cannot list {location}: {error.strerror}") from error
    return _Scan(location, root, observe).run()


class _Scan:
    def __init__(self, location: str, root: str, observe: Observer) -> None:
        self._location, self._root, self._observe = location, root, observe
        self._directories: list[Directory] = []
        self._skipped: list[Skipped] = []
        self._inodes: dict[tuple[int, int], int] = {}
        self._files = 0

    def run(self) -> BuildContext:
        pending = [("", -1)]
        while pending:
            path, above = pending.pop()
            try:
                scanned = os.scandir(f"{self._root}/{path}")
            except OSError as error:
                self._skipped.append(Skipped(path, error.strerror or str(error), 4))
                continue
            with scanned:
                directory = self._listed(scanned, path, above)
            number = len(self._directories)
            self._directories.append(directory)
            pending += [(directory.path_of(name), number) for name in reversed(directory.inner)]
        return BuildContext(self._location, tuple(self._directories), tuple(self._skipped))

    def _listed(self, scanned: os._ScandirIterator[str], path: str, above: int) -> Directory:
        names: list[str] = []
        inner: list[str] = []
        sizes = array("q")
        links: dict[str, int] = {}
        for item in scanned:
            try:
                if item.is_dir(follow_symlinks=False):
                    inner.append(item.name)
                    continue
                status = item.stat(follow_symlinks=False)
            except OSError:  # it was removed meanwhile
                continue
            if stat.S_ISSOCK(status.st_mode):
                continue  # no archive can contain it
            names.append(item.name)
            # Of a device, the size means nothing.
            sizes.append(status.st_size if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode) else 0)
            if status.st_nlink > 1:
                links[item.name] = self._inodes.setdefault((status.st_dev, status.st_ino), len(self._inodes))
        before, self._files = self._files, self._files + len(names)
        if before // _REPORTED != self._files // _REPORTED:
            self._observe(Progress("reading", f"{self._location} ({self._files:,} files)"))
        inner.sort()
        return Directory(path, above, "/".join(names), sizes, links, tuple(inner))
