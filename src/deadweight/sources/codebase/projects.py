"""A pyproject.toml on the disk, with the workspace that it belongs to → projects.

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
from deadweight.targets.folders import project_files

_MOST_MEMBERS = 1000
_MOST_ABOVE = 40  # folders


def open_workspace(path: str, text: Callable[[str], str], read: Callable[[str], RequirementsFile]) -> Workspace:
    """Return the project that a pyproject.toml is of, with its workspace.

    text:   reads a file
    read:   reads a requirements file, with all that it includes
    raises: BadInput
    """
    folder = os.path.dirname(os.path.abspath(path))
    project = _project(path, folder, text, read)
    root_folder = _workspace_above(folder, text)
    if not root_folder:
        members = {project.name: project} if project.name else {}
        return Workspace(projects=(project,), root=project, members=members, near=_near([project], text, read))
    root = (
        project
        if root_folder == folder
        else _project(os.path.join(root_folder, "pyproject.toml"), root_folder, text, read)
    )
    others = [member for member in _members(root_folder, text) if member not in (folder, root_folder)]
    found = [project, root, *(_project(os.path.join(at, "pyproject.toml"), at, text, read) for at in others)]
    members = {each.name: each for each in found if each.name}
    # uv: the root of a workspace that is no project itself is synchronized with all members
    all_members = () if project.name else tuple(members[name] for name in sorted(members))
    near = _near(found, text, read)
    return Workspace(projects=(project, *all_members), root=root, members=members, near=near)


def _near(
    projects: list[Project], text: Callable[[str], str], read: Callable[[str], RequirementsFile]
) -> dict[str, Project]:
    """Return file URL → project, of the folders that projects take dependencies from, and those that these do."""
    found: dict[str, Project] = {}
    waiting = list(projects)
    while waiting and len(found) < _MOST_MEMBERS:
        sources = [source for several in waiting.pop().sources.values() for source in several]
        for place in {source.reference for source in sources if source.reference.startswith("file://")} - found.keys():
            folder = unquote(place.removeprefix("file://"))
            path = os.path.join(folder, "pyproject.toml")
            if os.path.isfile(path):
                with contextlib.suppress(BadInput):  # then its requirements are guessed as those of an sdist are
                    found[place] = _project(path, folder, text, read)
                    waiting.append(found[place])
    return found


def _project(path: str, folder: str, text: Callable[[str], str], read: Callable[[str], RequirementsFile]) -> Project:
    shown = os.path.relpath(path) if path.startswith(os.getcwd() + os.sep) else path
    try:
        found = read_project(text(path).encode(), folder)
    except Malformed as error:
        others = [os.path.basename(each) for each in project_files(folder) if not each.endswith("pyproject.toml")]
        hint = f"measure {' or '.join(others)}, which lies beside it" if others and error.hint else error.hint
        raise BadInput(f"{shown}: {error.reason}", hint=hint) from error
    return _with_files(found, folder, read) if found.files else found


def _with_files(project: Project, folder: str, read: Callable[[str], RequirementsFile]) -> Project:
    """Return a project with the lines of the requirements files that its build backend reads."""
    lines = {
        extra: tuple(line for name in names for line in _lines(read(os.path.join(folder, name))))
        for extra, names in project.files.items()
    }
    extras = {**project.extras, **{extra: found for extra, found in lines.items() if extra}}
    return replace(project, dependencies=(*project.dependencies, *lines.get("", ())), extras=extras)


def _lines(file: RequirementsFile) -> Iterator[str]:
    for each in file.with_included():
        for line in each.lines:
            if line.number in each.wanted:
                if each.wanted[line.number].name is None or line.kind == "editable":
                    raise BadInput(f"{each.path}, line {line.number}: a project's dependency needs a name: {line.body}")
                yield without_options(line)


def _workspace_above(folder: str, text: Callable[[str], str]) -> str:
    """Return the folder, this one or one above, whose workspace a project belongs to; "" for none."""
    above = folder
    for _ in range(_MOST_ABOVE):
        uv = _uv_table(above, text)
        if "workspace" in uv.values:
            return above if above == folder or folder in set(_members(above, text)) else ""
        if above == os.path.dirname(above):
            return ""
        above = os.path.dirname(above)
    return ""


def _uv_table(folder: str, text: Callable[[str], str]) -> Table:
    """Return ``[tool.uv]`` of the pyproject.toml in a folder; an empty one where none can be read."""
    path = os.path.join(folder, "pyproject.toml")
    if not os.path.isfile(path):
        return Table("", {})
    try:
        return parse_toml(text(path).encode()).table("tool").table("uv")
    except (Malformed, BadInput):
        return Table("", {})  # a file of somebody else's, above the project


def _members(root: str, text: Callable[[str], str]) -> list[str]:
    """Return the folders of a workspace's members."""
    workspace = _uv_table(root, text).table("workspace")
    try:
        included, excluded = workspace.texts("members"), workspace.texts("exclude")
    except Malformed as error:
        raise BadInput(f"{os.path.join(root, 'pyproject.toml')}: {error.reason}") from error
    left_out = {folder for pattern in excluded for folder in _matching(root, pattern)}
    found = {folder for pattern in included for folder in _matching(root, pattern)}
    return sorted(each for each in found - left_out if os.path.isfile(os.path.join(each, "pyproject.toml")))


def _matching(root: str, pattern: str) -> Iterator[str]:
    if os.path.isabs(pattern) or "\0" in pattern:
        raise BadInput(f"{os.path.join(root, 'pyproject.toml')}: no pattern of members: {outline(pattern)}")
    found = glob.iglob(pattern, root_dir=root, recursive=True)
    for number, each in enumerate(islice(found, _MOST_MEMBERS * 10 + 1)):
        if number == _MOST_MEMBERS * 10:
            raise BadInput(f"{root}: too many folders match the workspace's {outline(pattern)}")
        path = os.path.normpath(os.path.join(root, each))
        if os.path.isdir(path):
            yield path
