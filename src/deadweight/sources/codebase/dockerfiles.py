"""A Dockerfile → the files in its build context that it installs. It is read and never run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from deadweight.codescan.dockerfiles.stages import Installed, read_instructions
from deadweight.errors import BadInput
from deadweight.sources.codebase.requirements import text_of

_NAMES = re.compile(r"(?:(?:Docker|Container)file(?:[._-].+)?|.+\.(?:docker|container)file)\Z", re.IGNORECASE)


class DockerfileContents(NamedTuple):
    """What a Dockerfile installs.

    files:    paths of requirements files
    projects: paths of pyproject.toml files
    lines:    (number, text) of requirements and options in the Dockerfile itself; paths in them are absolute
    notes:    sentences about what was not read
    """

    files: tuple[str, ...]
    projects: tuple[str, ...]
    lines: tuple[tuple[int, str], ...]
    notes: tuple[str, ...]


def is_dockerfile(path: str) -> bool:
    """Return whether a file is a Dockerfile, by its name: Dockerfile.ai, ai.Dockerfile, Containerfile."""
    return bool(_NAMES.match(os.path.basename(path)))


def read_dockerfile(path: str) -> DockerfileContents:
    """Read a Dockerfile.

    Its build context is the directory of the Dockerfile or, if it copies more files from there, the working directory.
    raises: BadInput if it cannot be read or installs nothing that can be read
    """
    installed, unread = read_instructions(text_of(path, "a Dockerfile"))
    context = max((os.path.dirname(path) or ".", "."), key=lambda each: _hits(installed, each))
    files: list[str] = []
    projects: list[str] = []
    lines: list[tuple[int, str]] = []
    notes = [f"{path}, line {line}: {reason}" for line, reason in unread]
    for each in installed:
        if each.kind in ("name", "option"):
            lines.append((each.line, each.value))
            continue
        found = _located(each.paths, context)
        if found is None:
            notes.append(f"{path}, line {each.line}: {_missing(each)}")
        elif each.kind == "constraint":
            lines.append((each.line, f"-c {os.path.abspath(found)}"))
        else:
            (files if each.kind == "file" else projects).append(found)
    if not files and not projects and not any(not text.startswith("-") for _, text in lines):
        reasons = "; ".join(notes) or "no instruction runs pip or uv"
        raise BadInput(f"{path} installs no requirements that can be read: {reasons}", hint="use the requirements file")
    return DockerfileContents(
        files=tuple(dict.fromkeys(files)),
        projects=tuple(dict.fromkeys(projects)),
        lines=tuple(dict.fromkeys(lines)),
        notes=tuple(dict.fromkeys(notes)),
    )


def _hits(installed: Iterable[Installed], context: str) -> int:
    return sum(_located(each.paths, context) is not None for each in installed)


def _located(paths: Iterable[str], context: str) -> str | None:
    """Return the first of some paths that is a file in the build context."""
    return next((path for path in _inside(paths, context) if os.path.isfile(path)), None)


def _inside(paths: Iterable[str], context: str) -> Iterator[str]:
    root = os.path.realpath(context)
    for path in paths:
        joined = os.path.normpath(os.path.join(context, path))
        # Docker copies nothing from outside of the build context, also not through symlinks.
        if not path.startswith(("..", "/")) and os.path.realpath(joined).startswith(os.path.join(root, "")):
            yield joined


def _missing(each: Installed) -> str:
    if not each.paths:
        return f"{each.value} is not copied from the build context"
    if each.kind == "project":
        return f"{each.value} has no pyproject.toml in the build context"
    return f"{each.value} is not in the build context"
