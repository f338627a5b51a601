"""Files of a build context → their content. No symlink is followed, and nothing that would block is read."""

from __future__ import annotations

import os
import stat

from deadweight.errors import BadInput

_LARGEST = 1 << 24  # bytes of a .dockerignore, a Dockerfile or another text


def text_at(path: str) -> str | None:
    """Return the text of a file, None if it does not exist. Bytes that are not UTF-8 stay as they are.

    raises: BadInput if it cannot be read
    """
    try:
        data = _content(path, os.O_RDONLY | os.O_NONBLOCK, _LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    if data is None:
        raise BadInput(f"{path} is not a file")
    if len(data) > _LARGEST:
        raise BadInput(f"{path} is not read: larger than {_LARGEST >> 20} MiB")
    if b"\0" in data:
        raise BadInput(f"{path} is not a text: it contains null bytes")
    return data.decode("utf-8", "surrogateescape")


class ContextReader:
    """Reads files of a context by their paths; what cannot be read is empty."""

    def __init__(self, location: str) -> None:
        self._root = os.path.realpath(location)

    def head(self, path: str, most: int = _LARGEST) -> bytes:
        """Return the first bytes of a regular file, b"" if it cannot be read."""
        try:
            return _content(f"{self._root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, most) or b""
        except (OSError, ValueError):
            return b""

    def text(self, path: str) -> str:
        """Return the text of a file, "" if it cannot be read."""
        return self.head(path).decode("utf-8-sig", "surrogateescape")

    def is_file(self, path: str) -> bool:
        """Return whether a path is a regular file of the context."""
        try:
            return stat.S_ISREG(os.lstat(f"{self._root}/{path}").st_mode)
        except (OSError, ValueError):
            return False

    def exists(self, path: str) -> bool:
        """Return whether a path is in the context, whatever it is."""
        return "\0" not in path and os.path.lexists(f"{self._root}/{path}")


def _content(path: str, flags: int, most: int) -> bytes | None:
    """Return the first bytes of a file, None if it is no regular file, such as a FIFO or a directory."""
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)
