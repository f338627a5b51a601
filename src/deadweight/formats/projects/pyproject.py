"""pyproject.toml → the requirements of a project by extra and dependency group.

source: PEP 621 ([project]), PEP 735 ([dependency-groups])

``poetry_project`` reads poetry's own tables; ``workspaces`` combines the projects of a workspace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.projects.poetry_project import PoetryProject, read_poetry
from deadweight.formats.projects.project_sources import (
    Rules,
    Sources,
    pdm_indexes,
    poetry_indexes,
    uv_rules,
    uv_sources,
)
from deadweight.formats.tables import Malformed, Table, outline, parse_toml

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_VERSION_OF_ITS_OWN = re.compile(r"\s*(?:==|~=|>=)\s*\{\{\s*version\s*\}\}")
_MOST_NAMES = 1000  # of extras or of groups; the largest known project has 130


class Choice(Struct, frozen=True, kw_only=True):
    """The user's choice of extras, groups and members; names are normalized when they are compared.

    extras:   None for all
    groups:   dependency groups (PEP 735); None for all
    packages: members of the workspace to measure instead of the project; empty for the project itself
    """

    extras: frozenset[str] | None = frozenset()
    groups: frozenset[str] | None = None
    packages: frozenset[str] = frozenset()


class Include(NamedTuple):
    """An entry ``{include-group = "…"}`` of a dependency group; the name is normalized."""

    group: str


class Project(Struct, frozen=True, kw_only=True):
    """The requirements in one pyproject.toml; includes are not expanded.

    directory:  the project's directory, "" if unknown
    python:  the supported range of Python, see ``formats.versions``
    sources: the sources of its dependencies
    files:   requirements files from which its build backend takes the dependencies, by extra ("" for the project)
    """

    name: str
    dependencies: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = {}
    groups: Mapping[str, tuple[str | Include, ...]] = {}
    directory: str = ""
    python: tuple[str, ...] = ()
    sources: Sources = {}
    rules: Rules = field(default_factory=Rules)
    files: Mapping[str, tuple[str, ...]] = {}

    def included(self, group: str) -> Iterator[str]:
        """Yield the lines of a group and of the groups that it includes, each group once, so cycles end."""
        waiting: list[str | Include] = [Include(group)]
        seen: set[str] = set()
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                yield item
            elif item.group not in self.groups:
                raise Malformed(f"a dependency group includes the undefined group {outline(item.group)}")
            elif item.group not in seen:
                seen.add(item.group)
                waiting += reversed(self.groups[item.group])


def chosen(requested: frozenset[str] | None, known: Iterable[str], called: str) -> frozenset[str]:
    """Return the requested names, or all known names for None; raises Malformed for an unknown name.

    called: what the names are in messages, "extra" or "dependency group"
    """
    names = frozenset(normalize(name) for name in known)
    if len(names) > _MOST_NAMES:
        raise Malformed(f"more than the limit of {_MOST_NAMES:,} names ({called})")
    unknown = sorted(frozenset(map(normalize, requested)) - names) if requested else []
    if unknown:
        available = f"available: {', '.join(sorted(names))}" if names else f"no {called} is defined"
        raise Malformed(f"unknown {called} {', '.join(unknown)}", hint=available)
    return names if requested is None else frozenset(map(normalize, requested))


def read_project(data: bytes, directory: str = "") -> Project:
    """Return the requirements in a pyproject.toml; raises Malformed if only a build could determine them.

    directory: its directory, the base of relative paths
    """
    table = parse_toml(data)
    project, tools = table.table("project"), table.table("tool")
    poetry = tools.table("poetry")
    is_project = bool(project.values) or "dependency-groups" in table.values
    is_project = is_project or bool(poetry.values.keys() & {"name", "dependencies", "group", "dev-dependencies"})
    if not is_project and "workspace" not in tools.table("uv").values:
        raise Malformed("no [project] table", hint=_instead(tools))
    read = declared(table, directory)
    dynamic = project.texts("dynamic")
    if "dependencies" in dynamic and not (read.dependencies or "" in read.files or "dependencies" in poetry.values):
        raise Malformed("the dependencies are dynamic, so only a build can determine them", hint=_instead(tools))
    return read


def standard(table: Table) -> Project:
    """Return the contents of the standard tables of a pyproject.toml, which may be empty."""
    project = table.table("project")
    extras, groups = project.table("optional-dependencies"), table.table("dependency-groups")
    requires = project.text("requires-python")
    return Project(
        name=normalize(project.text("name")),
        dependencies=project.texts("dependencies"),
        extras={normalize(extra): extras.texts(extra) for extra in extras.values},
        groups={normalize(group): _lines(groups, group) for group in groups.values},
        python=(requires,) if requires else (),
    )


def declared(table: Table, directory: str = "") -> Project:
    """Return the contents of the standard tables and of those of uv, poetry and pdm."""
    base, project, tools = standard(table), table.table("project"), table.table("tool")
    uv, pdm, poetry_table = tools.table("uv"), tools.table("pdm"), tools.table("poetry")
    filled = _by_versioning(project, tools)
    poetry, rules = read_poetry(poetry_table, directory), uv_rules(uv, directory)
    indexes = (*rules.indexes, *poetry_indexes(poetry_table, directory), *pdm_indexes(pdm, directory))
    # If [project] lists dependencies, poetry's table only gives their sources.
    is_poetry = not {"dependencies", "optional-dependencies"} & project.values.keys()
    return replace(
        base,
        name=base.name or normalize(poetry_table.text("name")),
        dependencies=(*(poetry.dependencies if is_poetry else base.dependencies), *filled.dependencies),
        extras={**(poetry.extras if is_poetry else base.extras), **filled.extras},
        groups={**_poetry_groups(poetry), **_groups_of_pdm(pdm), **_group_of_uv(uv), **base.groups},
        directory=directory,
        python=base.python or poetry.python,
        sources={**poetry.sources, **uv_sources(uv, directory)},
        rules=replace(rules, indexes=indexes),
        files=_dynamic_files(project, tools),
    )


def _poetry_groups(poetry: PoetryProject) -> dict[str, tuple[str | Include, ...]]:
    return {group: (*lines, *map(Include, poetry.includes.get(group, ()))) for group, lines in poetry.groups.items()}


def _groups_of_pdm(pdm: Table) -> dict[str, tuple[str, ...]]:
    groups = pdm.table("dev-dependencies")
    return {normalize(group): groups.texts(group) for group in groups.values}


def _group_of_uv(uv: Table) -> dict[str, tuple[str, ...]]:
    """Return uv's ``dev-dependencies``, which predate PEP 735."""
    return {"dev": uv.texts("dev-dependencies")} if "dev-dependencies" in uv.values else {}


def _lines(groups: Table, group: str) -> tuple[str | Include, ...]:
    items: list[str | Include] = []
    for item in groups.take(group, list, "a list") or ():
        if isinstance(item, dict) and item.keys() == {"include-group"} and isinstance(item["include-group"], str):
            items.append(Include(normalize(item["include-group"])))
        elif isinstance(item, str):
            items.append(item)
        else:
            raise groups.fails(group, 'contains an entry that is neither a requirement nor {include-group = "…"}')
    return tuple(items)


def _dynamic_files(project: Table, tools: Table) -> dict[str, tuple[str, ...]]:
    """Return the requirements files that a build backend reads for ``dynamic`` dependencies, by extra.

    source: https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html#dynamic-metadata,
            https://pypi.org/project/hatch-requirements-txt/
    """
    fields, files_of = project.texts("dynamic"), dict[str, tuple[str, ...]]()
    setuptools, hatch = tools.table("setuptools").table("dynamic"), _hook(tools, "requirements_txt")
    if "dependencies" in fields:
        files_of[""] = _texts(setuptools.table("dependencies"), "file") or _texts(hatch, "files")
    if "optional-dependencies" in fields:
        extras = setuptools.table("optional-dependencies")
        files_of |= {normalize(extra): _texts(extras.table(extra), "file") for extra in extras.values}
        extras = hatch.table("optional-dependencies")
        files_of |= {normalize(extra): _texts(extras, extra) for extra in extras.values}
    return {extra: files for extra, files in files_of.items() if files}


def _hook(tools: Table, name: str) -> Table:
    """Return the table of a metadata hook for hatchling."""
    return tools.table("hatch").table("metadata").table("hooks").table(name)


def _by_versioning(project: Table, tools: Table) -> Project:
    """Return the dependencies into which uv-dynamic-versioning inserts the project's own version, without it.

    source: https://github.com/ninoseki/uv-dynamic-versioning
    """
    hook, fields = _hook(tools, "uv-dynamic-versioning"), project.texts("dynamic")
    extras = hook.table("optional-dependencies") if "optional-dependencies" in fields else Table("", {})
    lines = hook.texts("dependencies") if "dependencies" in fields else ()
    return Project(
        name="",
        dependencies=tuple(_VERSION_OF_ITS_OWN.sub("", line) for line in lines),
        extras={
            normalize(extra): tuple(_VERSION_OF_ITS_OWN.sub("", line) for line in extras.texts(extra))
            for extra in extras.values
        },
    )


def _texts(table: Table, key: str) -> tuple[str, ...]:
    return (table.text(key),) if isinstance(table.values.get(key), str) else table.texts(key)


def _instead(tools: Table) -> str:
    if "poetry" in tools.values:
        return "measure poetry.lock instead"
    if "pdm" in tools.values:
        return "measure pdm.lock instead"
    return "measure a lock file of the project, or an environment in which the project is installed"


def requirement(line: str) -> Requirement:
    """Read a PEP 508 line; raises Malformed."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    # The line is written to a requirements file, where a backslash at its end would continue it on the next line.
    if len(line.splitlines()) != 1 or line.rstrip().endswith("\\"):
        raise Malformed(f"invalid requirement: {outline(line)}")
    try:
        return Parsed(line)
    except (InvalidRequirement, ValueError, RecursionError) as error:
        raise Malformed(f"invalid requirement: {outline(line)}") from error
