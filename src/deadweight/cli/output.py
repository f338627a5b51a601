"""Where results go: stdout, or files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Mapping
from typing import TextIO

from deadweight.errors import BadInput, WouldOverwrite
from deadweight.interrupts import uninterrupted


def open_streams() -> None:
    """Have the numbers 0, 1 and 2 stand for something, so that no file of ours gets one where a shell closed it.

    What is written to a closed stdout still fails; what is written to a closed stderr is lost.
    """
    for descriptor, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # which gets the lowest number that is free
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def emit(text: str, path: str | None, *, force: bool) -> None:
    """Write a report to stdout, or to ``path``."""
    if path is not None:
        write_files({path: text}, force=force)
        return
    encoding = sys.stdout.encoding or "ascii"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has had enough, as in ``| head``. What is left in the buffer must not be tried again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        raise BadInput("stdout is closed", hint="use -o FILE to write the report to a file") from error


def say(text: str) -> None:
    """Write errors and hints to stderr, with nothing in them that a terminal would obey, and no passwords."""
    import click

    from deadweight.untrusted import plain

    with contextlib.suppress(OSError):
        click.echo("\n".join(plain(line) for line in text.splitlines()), err=True)


def write_files(texts: Mapping[str, str], *, force: bool) -> None:
    """Write files, each atomically, and none before it is clear that all may be written."""
    may_write(*texts, force=force)
    for path, text in texts.items():
        _write(path, text, force=force)


def may_write(*paths: str | None, force: bool) -> None:
    """Return if files may be written: asked before minutes of work, not only after. None is stdout.

    raises: WouldOverwrite where one is there and ``force`` is not given; BadInput where a folder is missing
    """
    for path in filter(None, paths):
        folder = os.path.dirname(path) or "."
        if not os.path.isdir(folder):
            raise BadInput(f"{folder}: no such directory", hint="create it first")
        if os.path.isdir(path):
            raise BadInput(f"{path} is a directory")
        if os.path.lexists(path) and not force and not _is_stream(path):
            raise WouldOverwrite(path)


def _is_stream(path: str) -> bool:
    """Say whether a path leads to a device, a FIFO or the like, where nothing is lost by writing.

    What /dev/stdout and /dev/fd/3 lead to is open already: a file that replaced it would not be the one that is open.
    """
    try:
        found = os.stat(path)
    except OSError:
        return False
    return not stat.S_ISREG(found.st_mode) or os.path.abspath(path).startswith(("/dev/", "/proc/"))


def _write(path: str, text: str, *, force: bool) -> None:
    """Write a file; where something is there, in its place: what a symlink leads to is replaced, and it stays."""
    if _is_stream(path):
        with contextlib.suppress(BrokenPipeError), _text_file(path) as stream:
            stream.write(text)
        return
    with uninterrupted():
        _replace(os.path.realpath(path) if force else os.path.abspath(path), text, force=force)


def _replace(path: str, text: str, *, force: bool) -> None:
    import tempfile  # which imports random, shutil and others: a report to stdout needs none of them

    descriptor, scratch = tempfile.mkstemp(prefix=".deadweight-", dir=os.path.dirname(path))
    try:
        with _text_file(descriptor) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(scratch, _mode_of(path))
        if force:
            os.replace(scratch, path)
        else:
            # Unlike a rename, a link fails where somebody made the file in the meantime.
            try:
                os.link(scratch, path)
            except FileExistsError as error:
                raise WouldOverwrite(path) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(scratch)


def _text_file(file: str | int) -> TextIO:
    # Paths in it, as of a split's ``-r`` lines, keep the bytes that are no UTF-8.
    return open(file, "w", encoding="utf-8", errors="surrogateescape", newline="")


def _mode_of(path: str) -> int:
    """Return the permissions of a file that is there, else those of a new one."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
