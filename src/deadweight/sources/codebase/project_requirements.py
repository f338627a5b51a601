"""A project's pyproject.toml, with its workspace → an equivalent requirements file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property

from msgspec.structs import replace

from deadweight.errors import BadInput, WrongPython
from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.locks.marking import Markers
from deadweight.formats.projects.project_sources import Rules, option_lines
from deadweight.formats.projects.pyproject import Choice, Project, requirement
from deadweight.formats.projects.pyproject_lines import lines_of
from deadweight.formats.projects.workspaces import DirectRequirement, Workspace
from deadweight.formats.requirements import RequirementsFile, logical_lines, pep508
from deadweight.formats.tables import Malformed
from deadweight.formats.versions import OtherPython
from deadweight.model import Requirement
from deadweight.sources.codebase.projects import open_workspace
from deadweight.sources.codebase.requirements import read_requirements, text_of
from deadweight.sources.net.urls import shown
from deadweight.targets.directories import project_files


def read_project(
    path: str, choice: Choice, values: Callable[[], Mapping[str, str]], *, any_python: bool = False
) -> RequirementsFile:
    """Read a project's ``pyproject.toml`` as a requirements file: dependencies, requested extras and groups.

    choice:     an empty set of groups means none, None means all
    values:     returns the PEP 508 marker variables of the measured machine
    any_python: whether to accept a Python that the project does not support
    raises:     BadInput, WrongPython
    """
    workspace = open_workspace(path, text_of, read_requirements)
    try:
        workspace = workspace.choosing(choice.packages)
        markers = _LazyMarkers(values)
        if not any_python:
            for project in workspace.projects:
                markers.check_python(project)
        requested = workspace.requirements(choice, markers.hold)
    except OtherPython as error:
        raise WrongPython(path, error.reason, error.specifiers, error.nearest) from error
    except Malformed as error:
        raise BadInput(f"{path}: {error.reason}", hint=error.hint) from error
    notes = (
        f"ignored settings: {', '.join(workspace.rules.unread)}" if workspace.rules.unread else "",
        _pin_note(requested),
        "" if requested else _empty_note(path, workspace),
    )
    return replace(_as_file(path, workspace.rules, requested), notes=tuple(filter(None, notes)))


def extras_of_project(path: str, packages: frozenset[str]) -> frozenset[str]:
    """Return the names of the extras of a project, or of members of its workspace, normalized; raises BadInput."""
    try:
        workspace = open_workspace(path, text_of, read_requirements).choosing(packages)
    except Malformed as error:
        raise BadInput(f"{path}: {error.reason}", hint=error.hint) from error
    return frozenset(extra for project in workspace.projects for extra in project.extras)


def _pin_note(requested: tuple[DirectRequirement, ...]) -> str:
    """Return a sentence about the requirements that are pinned to an index, "" for none."""
    pinned = sorted(
        {f"{normalize(requirement(each.line).name)} from {shown(each.index)}" for each in requested if each.index}
    )
    return f"pinned by the project: {', '.join(pinned)}; splits record this only in comments" if pinned else ""


def _empty_note(path: str, workspace: Workspace) -> str:
    """Return a sentence for a project without dependencies, with the groups, extras and files that it has."""
    groups = sorted({name for project in workspace.projects for name in project.groups})
    extras = sorted({name for project in workspace.projects for name in project.extras})
    siblings = (os.path.basename(each) for each in project_files(os.path.dirname(path) or "."))
    beside = [name for name in siblings if name != os.path.basename(path)]
    further = [
        f"groups: {', '.join(groups)} (--group NAME, --all-groups)" if groups else "",
        f"extras: {', '.join(extras)} (--extra NAME)" if extras else "",
        f"other files: {', '.join(beside)}" if beside else "",
    ]
    return "; ".join([f"{path} has no dependencies of its own", *filter(None, further)])


class _LazyMarkers:
    """Evaluates markers; the machine is determined only if a marker depends on it."""

    def __init__(self, values: Callable[[], Mapping[str, str]]) -> None:
        self._values = values

    @cached_property
    def _markers(self) -> Markers:
        return Markers(self._values())

    def hold(self, marker: str) -> bool:
        return self._markers.hold(marker)

    def check_python(self, project: Project) -> None:
        if project.python:
            self._markers.check_python(*project.python)


def _as_file(path: str, rules: Rules, requested: tuple[DirectRequirement, ...]) -> RequirementsFile:
    """Return an equivalent requirements file: options for the indexes, then the requirements."""
    options = [f"{line}\n" for line in option_lines(rules)]
    texts = [f"{each.line}{f'  # from the index {shown(each.index)}' * bool(each.index)}\n" for each in requested]
    lines = logical_lines("".join([*options, *texts]), path)
    requirements: dict[int, Requirement] = {}
    numbers = lines_of(text_of(path))
    written: dict[int, int] = {}
    for line, each in zip(lines[len(options) :], requested, strict=True):
        if each.line in numbers:
            written[line.number] = numbers[each.line]
        parsed = pep508(line, path)
        if parsed is not None:
            requirements[line.number] = replace(parsed, groups=each.groups, index=each.index)
    return RequirementsFile(
        path=path, lines=tuple(lines), requirements=requirements, included={}, written=written, rules=rules
    )
