"""A target that asks for distributions → its requirements or its lock, read for a Python that it allows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import BadInput, NoInterpreter, WrongPython
from deadweight.formats.versions import shown
from deadweight.targets.types import Lock, Names, Project

if TYPE_CHECKING:
    from deadweight.formats.projects.pyproject import Choice
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.model import Lock as LockContent
    from deadweight.platforms.machine import Machine
    from deadweight.settings import Request, Settings
    from deadweight.targets.types import Target

T = TypeVar("T")


class Read(Struct, Generic[T], frozen=True):
    """What a target asks for.

    settings: those given, with the Python that it was read for
    note:     why that is not the Python that was asked for, as a sentence; else ""
    """

    content: T
    settings: Settings
    note: str = ""


def read_requirements_of(target: Target, settings: Settings, *, installing: bool = False) -> Read[RequirementsFile]:
    """Read a requirements file or a project.

    installing: whether that needs an interpreter here
    raises:     BadInput; NoInterpreter where only a Python that is not here would do
    """
    return _for_its_python(lambda request: read_as_it_is(target, request), settings, installing=installing)


def read_lock_of(target: Target, settings: Settings) -> Read[LockContent]:
    """Read a lock; raises BadInput."""
    from deadweight.sources.codebase.locks import lock_of

    return _for_its_python(lambda request: lock_of(target.location, machine_of(request), choice_of(request)), settings)


def extras_of(target: Project | Lock, settings: Settings) -> frozenset[str]:
    """Return the names of the extras of a project or a lock, normalized; raises BadInput."""
    packages = frozenset(settings.request.package)
    if isinstance(target, Project):
        from deadweight.sources.codebase.project_requirements import extras_of_project

        return extras_of_project(target.location, packages)
    from deadweight.formats.projects.pyproject import Choice
    from deadweight.sources.codebase.locks import lock_of

    choice = Choice(extras=None, groups=frozenset(), packages=packages)
    read = _for_its_python(lambda request: lock_of(target.location, machine_of(request), choice), settings)
    return frozenset(name for requirement in read.content.requirements or () for name in requirement.groups if name)


def _for_its_python(read: Callable[[Request], T], settings: Settings, *, installing: bool = False) -> Read[T]:
    """Read for the Python that was asked for, else for the nearest that the target is for."""
    try:
        return Read(read(settings.request), settings)
    except WrongPython as error:
        python = error.nearest
        # "3.13" stands for any of its patch versions
        requested = settings.request.python
        if python is None or (requested and not python.startswith(f"{requested}.")):
            raise
        if installing:
            python = _interpreter_for(error)
        other = settings.replacing(python=python)
        preferred = requested or ".".join(map(str, sys.version_info[:3]))
        required = shown(error.specifiers)
        note = f"measured for Python {python}, because {error.path} requires {required}, which excludes {preferred}"
        return Read(read(other.request), other, note)


def _interpreter_for(error: WrongPython) -> str:
    from deadweight.sources.install.interpreters import installed_python

    python = installed_python(error.specifiers)
    if python is None:
        raise NoInterpreter(
            f"{error.cause}, and no such Python is installed",
            hint=f"use --no-install, or install Python {error.nearest}",
        )
    return python


def machine_of(request: Request) -> Machine:
    """Return the machine that is measured for."""
    from deadweight.sources.resolve.uninstalled import machine_of as machine

    return machine(request.python, request.platform)


def read_as_it_is(target: Target, request: Request) -> RequirementsFile:
    """Read a requirements file or a project as it stands; raises BadInput, WrongPython."""
    if not isinstance(target, Project):
        from deadweight.sources.codebase.requirements import read_names, read_requirements

        return read_names(target.lines) if isinstance(target, Names) else read_requirements(target.location)
    from deadweight.sources.codebase.project_requirements import read_project

    choice = replace(choice_of(request), groups=_groups_of_project(request))
    return read_project(target.location, choice, lambda: machine_of(request).marker_values)


def _groups_of_project(request: Request) -> frozenset[str] | None:
    return None if request.all_groups else frozenset(request.group)


def choice_of(request: Request) -> Choice:
    """Return what of a lock is asked for; raises BadInput where options contradict each other."""
    from deadweight.formats.projects.pyproject import Choice

    if request.no_dev and request.all_groups:
        raise BadInput("--no-dev and --all-groups contradict each other", hint="use one of them")
    groups = frozenset(request.group)
    return Choice(
        extras=frozenset(request.extra),
        groups=groups if (groups and not request.all_groups) or request.no_dev else None,
        packages=frozenset(request.package),
    )
