"""A pyproject.toml on the disk → its project and workspace.

source: https://docs.astral.sh/uv/concepts/projects/workspaces/
"""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Callable, Iterator
from itertools import islice
from urllib.parse import unquote

from msgspec.structs import replace

from deadweight.errors import BadInput
from deadweight.formats.projects.pyproject import Project, read_project
from deadweight.formats.projects.workspaces import Workspace
from deadweight.formats.requirements import RequirementsFile, without_options
from deadweight.formats.tables import Malformed, Table, outline, parse_toml
from deadweight.targets.directories import project_files

_MOST_MEMBERS = 1000
_MOST_PARENTS = 40  # directories


def open_workspace(path: str, text: Callable[[str], str], read: Callable[[str], RequirementsFile]) -> Workspace:
    """Return the project of a pyproject.toml, with its workspace.

    text:   reads a file
    read:   reads a requirements file with its included files
    raises: BadInput
    """
    directory = os.path.dirname(os.path.abspath(path))
    project = _project(path, directory, text, read)
    root_directory = _workspace_above(directory, text)
    if not root_directory:
        members = {project.name: project} if project.name else {}
        return Workspace(projects=(project,), root=project, members=members, near=_near([project], text, read))
    root = (
        project
        if root_directory == directory
        else _project(os.path.join(root_directory, "pyproject.toml"), root_directory, text, read)
    )
    others = [member for member in _members(root_directory, text) if member not in (directory, root_directory)]
    projects = [project, root, *(_project(os.path.join(at, "pyproject.toml"), at, text, read) for at in others)]
    members = {each.name: each for each in projects if each.name}
    # As in uv: a workspace root without a project means all members.
    all_members = () if project.name else tuple(members[name] for name in sorted(members))
    near = _near(projects, text, read)
    return Workspace(projects=(project, *all_members), root=root, members=members, near=near)


def _near(
    projects: list[Project], text: Callable[[str], str], read: Callable[[str], RequirementsFile]
) -> dict[str, Project]:
    """Return file URL → project, for the local directories that projects depend on, transitively."""
    near: dict[str, Project] = {}
    waiting = list(projects)
    while waiting and len(near) < _MOST_MEMBERS:
        sources = [source for several in waiting.pop().sources.values() for source in several]
        urls = {source.reference for source in sources if source.reference.startswith("file://")}
        for url in urls - near.keys():
            directory = unquote(url.removeprefix("file://"))
            path = os.path.join(directory, "pyproject.toml")
            if os.path.isfile(path):
                with contextlib.suppress(BadInput):  # then its requirements are estimated as for an sdist
                    near[url] = _project(path, directory, text, read)
                    waiting.append(near[url])
    return near


def _project(path: str, directory: str, text: Callable[[str], str], read: Callable[[str], RequirementsFile]) -> Project:
    shown = os.path.relpath(path) if path.startswith(os.getcwd() + os.sep) else path
    try:
        project = read_project(text(path).encode(), directory)
    except Malformed as error:
        others = [os.path.basename(each) for each in project_files(directory) if not each.endswith("pyproject.toml")]
        hint = f"measure {' or '.join(others)} in the same directory" if others and error.hint else error.hint
        raise BadInput(f"{shown}: {error.reason}", hint=hint) from error
    return _with_files(project, directory, read) if project.files else project


def _with_files(project: Project, directory: str, read: Callable[[str], RequirementsFile]) -> Project:
    """Return a project with the requirements from files that its build backend reads."""
    lines = {
        extra: tuple(line for name in names for line in _lines(read(os.path.join(directory, name))))
        for extra, names in project.files.items()
    }
    extras = {**project.extras, **{extra: requirements for extra, requirements in lines.items() if extra}}
    return replace(project, dependencies=(*project.dependencies, *lines.get("", ())), extras=extras)


def _lines(file: RequirementsFile) -> Iterator[str]:
    for each in file.with_included():
        for line in each.lines:
            if line.number in each.requirements:
                if each.requirements[line.number].name is None or line.kind == "editable":
                    raise BadInput(
                        f"{each.path}, line {line.number}: dependencies of a project need a name: {line.body}"
                    )
                yield without_options(line)


def _workspace_above(directory: str, text: Callable[[str], str]) -> str:
    """Return the root directory of the workspace that a project belongs to; "" for none."""
    parent = directory
    for _ in range(_MOST_PARENTS):
        uv = _uv_table(parent, text)
        if "workspace" in uv.values:
            return parent if parent == directory or directory in set(_members(parent, text)) else ""
        if parent == os.path.dirname(parent):
            return ""
        parent = os.path.dirname(parent)
    return ""


def _uv_table(directory: str, text: Callable[[str], str]) -> Table:
    """Return ``[tool.uv]`` of the pyproject.toml in a directory; an empty table if it cannot be read."""
    path = os.path.join(directory, "pyproject.toml")
    if not os.path.isfile(path):
        return Table("", {})
    try:
        return parse_toml(text(path).encode()).table("tool").table("uv")
    except (Malformed, BadInput):
        return Table("", {})  # a foreign file in a parent directory


def _members(root: str, text: Callable[[str], str]) -> list[str]:
    """Return the directories of a workspace's members."""
    workspace = _uv_table(root, text).table("workspace")
    try:
        included, excluded = workspace.texts("members"), workspace.texts("exclude")
    except Malformed as error:
        raise BadInput(f"{os.path.join(root, 'pyproject.toml')}: {error.reason}") from error
    members = {directory for pattern in included for directory in _matching(root, pattern)}
    members -= {directory for pattern in excluded for directory in _matching(root, pattern)}
    return sorted(each for each in members if os.path.isfile(os.path.join(each, "pyproject.toml")))


def _matching(root: str, pattern: str) -> Iterator[str]:
    if os.path.isabs(pattern) or "\0" in pattern:
        raise BadInput(f"{os.path.join(root, 'pyproject.toml')}: invalid workspace member pattern: {outline(pattern)}")
    matches = glob.iglob(pattern, root_dir=root, recursive=True)
    for number, each in enumerate(islice(matches, _MOST_MEMBERS * 10 + 1)):
        if number == _MOST_MEMBERS * 10:
            raise BadInput(f"{root}: too many directories match the workspace pattern {outline(pattern)}")
        path = os.path.normpath(os.path.join(root, each))
        if os.path.isdir(path):
            yield path
