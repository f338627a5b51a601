"""A build context → its Dockerfiles, and the ignore file that Docker uses."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from deadweight.buildcontext.candidates import Candidate
from deadweight.buildcontext.context import BuildContext
from deadweight.buildcontext.kinds import KINDS
from deadweight.buildcontext.patterns import Pattern, read_patterns
from deadweight.errors import BadInput
from deadweight.sources.buildcontext.reading import text_at
from deadweight.sources.codebase.dockerfiles import is_dockerfile

_IGNORE = ".dockerignore"


class Named(NamedTuple):
    """The files that decide about a build context.

    dockerfiles: paths, relative to the working directory
    ignore_file: the path of the ignore file, likewise
    own_path:    the same, relative to the context; "" if it is outside
    text:        its text, None if it does not exist
    patterns:    in it
    warnings:    about other ignore files
    """

    dockerfiles: tuple[str, ...]
    ignore_file: str
    own_path: str
    text: str | None
    patterns: tuple[Pattern, ...]
    warnings: tuple[str, ...]


def name_files(context: BuildContext, candidates: Sequence[Candidate], dockerfile: str) -> Named:
    """Return the Dockerfiles of a context and its ignore file.

    A file named after a Dockerfile, beside it, takes precedence over ``.dockerignore``. That one is for all others.

    dockerfile: the one of the build; "" for all, of which ``Dockerfile`` is the one of the build
    raises:     BadInput if one of them cannot be read
    """
    if dockerfile and not os.path.isfile(dockerfile):
        raise BadInput(f"{dockerfile}: no such file", hint="give the path of a Dockerfile with -f")
    found = sorted(_dockerfiles(context, candidates))
    chosen = dockerfile or _joined(context, "Dockerfile")
    own = f"{chosen}{_IGNORE}"
    if os.path.lexists(own):
        path, dockerfiles = own, [chosen]
    else:
        path, dockerfiles = (
            _joined(context, _IGNORE),
            list(dict.fromkeys([*filter(None, [dockerfile]), *found])),
        )
    text = text_at(path)
    return Named(
        tuple(each for each in dockerfiles if os.path.isfile(each)),
        path,
        _in_context(context, path),
        text,
        read_patterns(text or "", path),
        tuple(_others(context, path, dockerfiles)),
    )


def _joined(context: BuildContext, path: str) -> str:
    return os.path.normpath(os.path.join(context.location, path))


def new_file(named: Named) -> list[Candidate]:
    """Return the ignore file as a candidate, if it is still to be written into the context."""
    kind = next((kind for kind in KINDS if named.own_path in kind.files and kind.top), None)
    if named.text is not None or kind is None or "/" in named.own_path:
        return []
    return [Candidate(named.own_path, kind, kind.files.match(named.own_path), 0, is_directory=False)]


def _in_context(context: BuildContext, path: str) -> str:
    relative = os.path.relpath(os.path.realpath(os.path.dirname(path) or "."), os.path.realpath(context.location))
    inside = os.path.normpath(os.path.join(relative, os.path.basename(path)))
    return "" if inside.startswith("..") else inside


def _dockerfiles(context: BuildContext, candidates: Sequence[Candidate]) -> Iterator[str]:
    """Yield the Dockerfiles anywhere in a context, except in directories such as environments."""
    inside = {each.path for each in candidates if each.is_directory}
    excluded: set[str] = set()
    for directory in context.directories:
        path = directory.path
        if path in inside or path.rpartition("/")[0] in excluded:
            excluded.add(path)
            continue
        for name in directory.names.split("/"):
            if is_dockerfile(name) and not name.endswith((_IGNORE, ".md", ".py", "~")):
                yield _joined(context, directory.path_of(name))


def _others(context: BuildContext, path: str, dockerfiles: Sequence[str]) -> Iterator[str]:
    for each in dockerfiles:
        own = f"{each}{_IGNORE}"
        if own != path and os.path.lexists(own):
            yield f"{each} has its own ignore file, {os.path.basename(own)}; use -f {each} for that one"
    podman = _joined(context, ".containerignore")
    if os.path.lexists(podman):
        yield f"{podman} exists, which podman and buildah use in place of {os.path.basename(path)}"
