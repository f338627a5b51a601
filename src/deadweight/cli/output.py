"""Where results go: stdout, or files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Mapping

from deadweight.errors import BadInput, WouldOverwrite


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


def say(text: str) -> None:
    """Write to stderr what is no result: errors and hints, with nothing in them that a terminal would obey."""
    import click

    from deadweight.report.units import plain

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
            raise BadInput(f"{folder}: no such folder", hint="make it first")
        if os.path.isdir(path):
            raise BadInput(f"{path} is a folder")
        if os.path.lexists(path) and not force:
            raise WouldOverwrite(path)


def _write(path: str, text: str, *, force: bool) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    descriptor, scratch = tempfile.mkstemp(prefix=".deadweight-", dir=folder)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(scratch, 0o666 & ~_umask())
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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
