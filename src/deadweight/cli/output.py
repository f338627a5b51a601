"""Results → stdout, or files that are written atomically."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from collections.abc import Mapping
from typing import NamedTuple, TextIO

from deadweight.errors import BadInput, WouldOverwrite
from deadweight.interrupts import uninterrupted

_OPEN_FILE = re.compile(r"/dev/(?:stdout|stderr|fd/\d+)\Z|/proc/[^/]+/fd/\d+\Z")


def open_streams() -> None:
    """Open the descriptors 0, 1 and 2 if a shell closed them, so that none of our files gets their numbers.

    Writing to a closed stdout still fails. Messages to a closed stderr are lost.
    """
    for descriptor, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # gets the lowest free number
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
        # The reader closed the pipe, as in ``| head``. The rest of the buffer must not be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        raise BadInput("stdout is closed", hint="use -o FILE to write the report to a file") from error


def say(text: str) -> None:
    """Print errors and hints to stderr, without control characters and passwords."""
    import click

    from deadweight.untrusted import plain

    with contextlib.suppress(OSError):
        click.echo("\n".join(plain(line) for line in text.splitlines()), err=True)


class Destination(NamedTuple):
    """Where a command writes its result, and in which format.

    path:  file, None for stdout
    force: whether an existing file is overwritten
    """

    form: str
    path: str | None
    force: bool

    def write(self, text: str) -> None:
        """Write the result."""
        emit(text, self.path, force=self.force)


def write_files(texts: Mapping[str, str], *, force: bool) -> None:
    """Write files atomically, after checking that all of them may be written."""
    may_write(*texts, force=force)
    for path, text in texts.items():
        _write(path, text, force=force)


def may_write(*paths: str | None, force: bool) -> None:
    """Check that files may be written, before minutes of work. None is stdout.

    raises: WouldOverwrite if a file exists, without ``force``; BadInput if a directory is missing or read-only
    """
    for path in filter(None, paths):
        directory = os.path.dirname(path) or "."
        if not os.path.isdir(directory):
            raise BadInput(f"{directory}: no such directory", hint="create the directory first")
        if os.path.isdir(path):
            raise BadInput(f"{path} is a directory")
        if _is_stream(path):
            continue
        if os.path.lexists(path) and not force:
            raise WouldOverwrite(path)
        _check_writable(os.path.dirname(os.path.realpath(path)) if force else directory)


def may_write_below(directory: str, *names: str, force: bool) -> None:
    """Check that files may be written into a directory, which is created if it is missing: see ``may_write``.

    names: of the files that are known already
    """
    if os.path.lexists(directory or "."):
        _check_writable(directory or ".")
        may_write(*(os.path.join(directory, name) for name in names), force=force)
        return
    parent = os.path.abspath(directory)
    while not os.path.lexists(parent):
        parent = os.path.dirname(parent)
    _check_writable(parent)


def _check_writable(directory: str) -> None:
    if not os.path.isdir(directory):
        raise BadInput(f"{directory} is not a directory", hint="choose another directory")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise BadInput(f"{directory}: you may not write to this directory", hint="choose another directory")


def _is_stream(path: str) -> bool:
    """Return whether a path is a device, a FIFO or similar, so that writing overwrites nothing.

    /dev/stdout and /dev/fd/3 refer to open files, which must be written, not replaced by a new file.
    """
    try:
        status = os.stat(path)
    except OSError:
        return False
    return not stat.S_ISREG(status.st_mode) or bool(_OPEN_FILE.match(os.path.abspath(path)))


def _write(path: str, text: str, *, force: bool) -> None:
    """Write a file. An existing file is replaced; the target of a symlink is replaced, and the link stays."""
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
            # Unlike a rename, a link fails if the file was created in the meantime.
            try:
                os.link(scratch, path)
            except FileExistsError as error:
                raise WouldOverwrite(path) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(scratch)


def _text_file(file: str | int) -> TextIO:
    # Paths in the text, such as in ``-r`` lines of a split, keep bytes that are not UTF-8.
    return open(file, "w", encoding="utf-8", errors="surrogateescape", newline="")


def _mode_of(path: str) -> int:
    """Return the permissions of an existing file, else those of a new one."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
