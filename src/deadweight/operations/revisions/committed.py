"""``REV:PATH`` → a target in the session's scratch directory: what git has of PATH at a revision."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.errors import DeadweightError
from deadweight.operations.revisions.hiding import Hiding, hiding_of
from deadweight.targets import TargetLike, is_scheme, parse_target
from deadweight.targets.types import Target

if TYPE_CHECKING:
    from deadweight.operations.session import Session


class Committed(Struct, frozen=True):
    """A copy of what git has at a revision.

    code: the directory of the working tree that corresponds to that of the file, if it contains Python code; else ""
    """

    target: Target
    hiding: Hiding
    code: str


def committed(given: TargetLike, session: Session) -> Committed | None:
    """Copy what ``REV:PATH`` means; None for what is not of that form, or if git has no such revision.

    A file of that name comes first, and so does a scheme: ``docker:IMAGE``, ``env:DIR``.
    raises: BadInput if the revision has no such file
    """
    if not isinstance(given, str) or ":" not in given or os.path.lexists(given):
        return None
    name, _, path = given.partition(":")
    if is_scheme(name) or path.startswith("//"):
        return None
    from deadweight.sources.codebase.git import find_revision

    revision = find_revision(name)
    if revision is None:
        return None
    from deadweight.sources.codebase.committed import export

    inside = revision.path_of(path)
    directory = _new_directory(session)
    hiding = hiding_of(directory, revision.prefix, name)
    session.observe = hiding.in_progress(session.observe)
    try:
        export(revision, inside, directory)
        target = parse_target(os.path.join(directory, inside) if inside else directory)
    except DeadweightError as error:
        hiding.in_error(error)
        raise
    return Committed(target, hiding, _code_at(path, target))


def _new_directory(session: Session) -> str:
    """Return a directory for a copy. No other is beside it, since what is there is shown as beside the repository."""
    import tempfile

    directory = os.path.join(tempfile.mkdtemp(prefix="git-", dir=session.scratch.path), "copy")
    os.mkdir(directory)
    return directory


def _code_at(path: str, target: Target) -> str:
    from deadweight.sources.codebase.code_directories import holds_python

    is_directory = os.path.basename(target.location) != os.path.basename(path)
    directory = (path if is_directory else os.path.dirname(path)) or "."
    return directory if os.path.isdir(directory) and holds_python(directory) else ""
