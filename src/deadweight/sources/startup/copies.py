"""An application's directory → a copy of it, in which files can be changed.

Python and other small files are copied. Large files and directories that hold no code of the application, such as its
virtual environment, are linked instead: what reads them finds them, and a copy takes little time and space.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection

_LARGEST = 1 << 20  # bytes of a file that is copied, unless it is Python
_MOST_FILES = 20_000  # further ones are linked


def copy_application(directory: str, copy: str, python: Collection[str]) -> None:
    """Copy an application into a new directory.

    directory: without symlinks
    python:    paths of its Python files, relative to it; directories without any are linked
    raises:    OSError
    """
    with_code = {""}
    for path in python:
        while path := path.rpartition("/")[0]:
            with_code.add(path)
    left = _MOST_FILES
    pending = [""]
    os.mkdir(copy)
    while pending:
        inner = pending.pop()
        with os.scandir(os.path.join(directory, inner)) as listing:
            items = sorted(listing, key=lambda item: item.name)
        for item in items:
            path = f"{inner}/{item.name}".lstrip("/")
            target = os.path.join(copy, path)
            if item.is_symlink():
                # A link that leads out of the directory would lead elsewhere from the copy.
                shown = os.readlink(item.path)
                inside = _is_below(os.path.normpath(os.path.join(directory, inner, shown)), directory)
                os.symlink(shown if inside and not os.path.isabs(shown) else os.path.realpath(item.path), target)
            elif item.is_dir(follow_symlinks=False):
                if path in with_code:
                    os.mkdir(target)
                    pending.append(path)
                else:
                    os.symlink(item.path, target)
            elif item.is_file(follow_symlinks=False):
                left -= 1
                small = left > 0 and item.stat(follow_symlinks=False).st_size <= _LARGEST
                if path in python or small:
                    with contextlib.suppress(PermissionError):
                        shutil.copy2(item.path, target)
                else:
                    os.symlink(item.path, target)


def write_into(copy: str, path: str, data: bytes) -> None:
    """Replace a file of a copy; raises OSError."""
    target = os.path.join(copy, path)
    os.unlink(target)  # it may be read-only
    with open(target, "wb") as file:
        file.write(data)


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(f"{directory}{os.sep}")
