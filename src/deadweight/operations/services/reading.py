"""FILE… → the services: their names, their requirements, and the directories of their code."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.formats.builds import Wishes
from deadweight.formats.composites import composed
from deadweight.formats.requirement_changes import swapped, unpinned
from deadweight.formats.requirements import RequirementsFile
from deadweight.operations.application import application_directory
from deadweight.operations.measuring.reading import read_requirements_of
from deadweight.planning.sharing.layout import BASE, ML
from deadweight.settings import Settings
from deadweight.sources.codebase.dockerfiles import is_dockerfile, read_dockerfile
from deadweight.targets import parse_target
from deadweight.targets.types import File, Lock, Project, Requirements, Target

_SUFFIX = re.compile(r"\.(?:txt|in|toml|dockerfile|containerfile)\Z", re.IGNORECASE)
_GENERIC = re.compile(
    r"(?:(?:docker|container)file|pyproject|requirements?|reqs?)(?:[._-](?:prod(?:uction)?|base|main|lock(?:ed)?))?\Z",
    re.IGNORECASE,
)
_AROUND = re.compile(r"\A(?:requirements?|reqs?|(?:docker|container)file)[._-]|[._-](?:requirements?|reqs?)\Z", re.I)
_DIRECTORIES = ("requirements", "reqs", "docker", "deploy", "build")
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(rf"(?:{BASE}|{ML}(?:-\d+)?|(?:.*-)?constraints)\Z", re.IGNORECASE)


class Service(Struct, frozen=True, kw_only=True):
    """One service.

    target:   the file, as the user gave it
    file:     its requirements
    settings: with the Python that it was read for
    code:     the directory of its code; "" for none
    notes:    sentences for the user
    """

    name: str
    target: File
    file: RequirementsFile
    settings: Settings
    code: str = ""
    notes: tuple[str, ...] = ()


def read_services(
    paths: Sequence[str], settings: Settings, sources: Collection[str], wishes: Wishes
) -> tuple[Service, ...]:
    """Read the requirements of services.

    paths:   requirements files, projects or Dockerfiles; a directory means the project in it
    sources: directories of code: ``NAME=DIR`` for one service, ``DIR`` for all others
    raises:  BadInput and its kinds
    """
    files = [file_of(path) for path in paths]
    names = names_of([file.location for file in files])
    code = _directories(sources, names)
    every = []
    for name, file in zip(names, files, strict=True):
        directory = code.get(name, code.get("", ""))
        own = settings.replacing(source=directory) if directory else settings
        requirements, read, notes = _read(file, own)
        requirements = unpinned(swapped(requirements, wishes.swaps), wishes.indexes())
        every.append(
            Service(
                name=name,
                target=file,
                file=requirements,
                settings=read.replacing(no_install=True),
                code=_code_of(file, requirements, own),
                notes=notes,
            )
        )
    return tuple(every)


def file_of(path: str) -> File:
    """Return the file of a service; raises BadInput for a target that is none."""
    if os.path.isfile(path) and is_dockerfile(path):
        return Requirements(path)
    target: Target = parse_target(path)
    if isinstance(target, Lock):
        beside = next((each for each in target.beside if not isinstance(parse_target(each), Lock)), None)
        if beside is None or not os.path.isdir(path):
            raise BadInput(
                f"{path} is a lock file, whose versions are chosen already",
                hint="use the requirements file or the pyproject.toml that it was made from",
            )
        target = parse_target(beside)
    if not isinstance(target, (Requirements, Project)) or target.location == "-":
        raise BadInput(
            f"{path} is not the file of a service", hint="use a requirements file, a project or a Dockerfile"
        )
    return target


def names_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Return a name for each service, from its file or the directory of its file; each name once."""
    taken: set[str] = set()
    names = []
    for path in paths:
        name = _name_of(path)
        name = unique = f"{name}-service" if _RESERVED.match(name) else name
        number = 1
        while unique.lower() in taken:
            number += 1
            unique = f"{name}-{number}"
        taken.add(unique.lower())
        names.append(unique)
    return tuple(names)


def _name_of(path: str) -> str:
    directory, base = os.path.split(os.path.abspath(path))
    stem = _SUFFIX.sub("", base)
    name = "" if _GENERIC.match(stem) else _AROUND.sub("", stem)
    while not name and os.path.dirname(directory) != directory:
        directory, parent = os.path.split(directory)
        name = "" if parent.lower() in _DIRECTORIES else parent
    # The name is also that of a file.
    return _UNFIT.sub("-", name).strip(".-")[:80] or "service"


def _directories(sources: Iterable[str], names: Collection[str]) -> Mapping[str, str]:
    """Return service → directory of its code, "" for all others; raises BadInput."""
    found: dict[str, str] = {}
    for each in sources:
        name, equals, directory = each.partition("=")
        if not equals or (name not in names and os.path.isdir(each)):
            name, directory = "", each
        elif name not in names:
            raise BadInput(f"--source {each}: unknown service {name!r}", hint=f"available: {', '.join(names)}")
        if not os.path.isdir(directory):
            raise BadInput(f"--source {each}: {directory or repr('')} is not a directory")
        found[name] = directory
    return found


def _read(file: File, settings: Settings) -> tuple[RequirementsFile, Settings, tuple[str, ...]]:
    """Return the requirements of a service, its settings, and notes."""
    if not is_dockerfile(file.location):
        read = read_requirements_of(file, settings)
        return read.content, read.settings, tuple(filter(None, (read.note, *read.content.notes)))
    contents = read_dockerfile(file.location)
    targets = [*map(Requirements, contents.files), *map(Project, contents.projects)]
    included = []
    notes = list(contents.notes)
    for target in targets:
        read = read_requirements_of(target, settings)
        settings = read.settings
        notes += filter(None, (read.note, *read.content.notes))
        included.append(read.content)
    return composed(file.location, included, contents.lines), settings, tuple(notes)


def _code_of(file: File, requirements: RequirementsFile, settings: Settings) -> str:
    """Return the directory of the code: that of the file or, for a Dockerfile elsewhere, of what it installs."""
    candidates = [file, *(Requirements(each.path) for each in requirements.included.values())]
    of_dockerfile = candidates if is_dockerfile(file.location) else candidates[:1]
    return next(filter(None, (application_directory(each, settings) for each in of_dockerfile)), "")
