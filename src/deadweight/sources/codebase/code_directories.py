"""A directory → whether it contains an application's code. Every run imports this module, so it imports little."""

from __future__ import annotations

import os

INSTALLED = frozenset(("site-packages", "dist-packages", "__pypackages__"))


def holds_python(directory: str) -> bool:
    """Return whether a directory, or one directly in it, contains Python code; a home directory does not count."""
    if os.path.realpath(directory) in ("/", os.path.realpath(os.path.expanduser("~"))):
        return False
    if has_modules(directory):
        return True
    try:
        with os.scandir(directory) as listing:
            inner = [each.path for each in listing if each.is_dir(follow_symlinks=False) and each.name[0] != "."]
    except OSError:
        return False
    return any(has_modules(path) for path in inner if not is_environment(path))


def is_environment(directory: str) -> bool:
    """Return whether a directory is an environment, or a directory for installed distributions."""
    return os.path.lexists(os.path.join(directory, "pyvenv.cfg")) or os.path.basename(directory) in INSTALLED


def has_modules(directory: str) -> bool:
    """Return whether a directory directly contains Python code."""
    try:
        with os.scandir(directory) as listing:
            return any(item.name.endswith((".py", ".ipynb")) for item in listing)
    except OSError:
        return False
