"""Paths on this machine → paths in a build context, with symlinks resolved."""

from __future__ import annotations

import os

from deadweight.errors import BadInput


def path_in(context: str, path: str, subject: str, hint: str) -> str:
    """Return a path relative to a build context, POSIX; raises BadInput if it is outside.

    subject: what the message says about the path: "the Dockerfile would be"
    """
    relative = way_to(path, context)
    if relative.split(os.sep)[0] == os.pardir:
        raise BadInput(f"{subject} outside of the build context {context}", hint=hint)
    return relative.replace(os.sep, "/")


def way_to(path: str, directory: str) -> str:
    """Return a path relative to a directory."""
    return os.path.relpath(os.path.realpath(path), os.path.realpath(directory))


def is_same(path: str, other: str) -> bool:
    """Return whether two paths lead to the same directory."""
    return os.path.realpath(path) == os.path.realpath(other)
