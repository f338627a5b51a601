"""OSError → our exceptions, which separate what is wrong with this machine from what is wrong with the input."""

from __future__ import annotations

import errno
import os
import tempfile

from deadweight.errors import BadInput, DeadweightError, FetchFailed, SystemFailed
from deadweight.sources.system.scratch import SCRATCH_PREFIX

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FAILED = {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.EUCLEAN}
_LIMITS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOLCK}


def explained(error: OSError) -> DeadweightError:
    """Return what failed: the disk, a limit of the system, the temporary directory, a connection, or else the input."""
    path = error.filename if isinstance(error.filename, str) else ""
    cause = f"{path}: {error.strerror}" if path and error.strerror else error.strerror or str(error)
    if error.errno in _FULL:
        return SystemFailed(cause, hint="free some space, or use another disk for TMPDIR, the cache or the output")
    if error.errno in _FAILED:
        return SystemFailed(cause, hint="check the disk, or the connection to a network file system")
    if error.errno in _LIMITS:
        return SystemFailed(cause, hint="use fewer processes with --jobs, or raise the limits of the system")
    if isinstance(error, (ConnectionError, TimeoutError)):
        return FetchFailed(cause)
    if _is_temporary(path) or _has_no_temporary(error):
        return SystemFailed(f"cannot write temporary files: {cause}", hint="set TMPDIR to a directory that is writable")
    return BadInput(cause)


def _is_temporary(path: str) -> bool:
    """Return whether a path is the temporary directory, a file that tempfile makes in it, or in a scratch directory."""
    directory, name = os.path.split(path)
    made = directory == tempfile.tempdir and name.startswith(tempfile.gettempprefix())
    return bool(path) and (path == tempfile.tempdir or made or f"/{SCRATCH_PREFIX}" in path)


def _has_no_temporary(error: OSError) -> bool:
    return error.errno == errno.ENOENT and "No usable temporary directory" in str(error)
