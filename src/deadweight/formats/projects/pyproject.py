"""pyproject.toml → the requirements that a project asks for, each with the groups and extras it stands in.

source: PEP 621 ([project]), PEP 735 ([dependency-groups]); poetry's own tables are read in ``poetry_project``, and
        ``projects`` puts a project together with its workspace
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
_MOST_NAMES = 1000  # of extras or of groups; the most that were seen are 130


class Choice(Struct, frozen=True, kw_only=True):
    """What of a project is asked for beside its own dependencies; names are normalized as they are compared.

    extras, groups: and dependency groups (PEP 735); None for all that there are
    packages:       the members of its workspace that are asked for in its place; none for the project itself
    """

    extras: frozenset[str] | None = frozenset()
    groups: frozenset[str] | None = None
    packages: frozenset[str] = frozenset()


class Include(NamedTuple):
    """A line ``{include-group = "…"}`` of a dependency group; normalized."""

    group: str


class Project(Struct, frozen=True, kw_only=True):
    """What one pyproject.toml asks for; includes are as written.

    folder:  where it lies, "" where nobody knows
    python:  the range of Python that it is for, see ``formats.versions``
    sources: where its dependencies come from
    files:   requirements files that its build backend takes the dependencies from, by extra, "" for the project itself
    """

    name: str
    dependencies: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = {}
    groups: Mapping[str, tuple[str | Include, ...]] = {}
    folder: str = ""
    python: tuple[str, ...] = ()
    sources: Sources = {}
    rules: Rules = field(default_factory=Rules)
    files: Mapping[str, tuple[str, ...]] = {}

    def included(self, group: str) -> Iterator[str]:
        """Yield the lines of a group and of those that it includes, each group once: circles end by themselves."""
        waiting: list[str | Include] = [Include(group)]
        seen: set[str] = set()
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                yield item
            elif item.group not in self.groups:
                raise Malformed(f"a dependency group includes {outline(item.group)}, which is not there")
            elif item.group not in seen:
                seen.add(item.group)
                waiting += reversed(self.groups[item.group])


def chosen(asked: frozenset[str] | None, known: Iterable[str], called: str) -> frozenset[str]:
    """Return the names that were asked for, all that are known for None; raises Malformed for one that is not known.

    called: "extra" or "dependency group"
    """
    names = frozenset(normalize(name) for name in known)
    if len(names) > _MOST_NAMES:
        raise Malformed(f"more than {_MOST_NAMES} of the kind {called}")
    unknown = sorted(frozenset(map(normalize, asked)) - names) if asked else []
    if unknown:
        there = ", ".join(sorted(names)) or "none"
        raise Malformed(
            f"no {called} {', '.join(unknown)}", hint=f"there are these: {there}" if names else "it has none"
        )
    return names if asked is None else frozenset(map(normalize, asked))


def read_project(data: bytes, folder: str = "") -> Project:
    """Return what a pyproject.toml asks for; raises Malformed where it leaves that to a tool.

    folder: where it lies, which paths in it count from
    """
    table = parse_toml(data)
    project, tools = table.table("project"), table.table("tool")
    poetry = tools.table("poetry")
    asks = bool(project.values) or "dependency-groups" in table.values
    asks = asks or bool(poetry.values.keys() & {"name", "dependencies", "group", "dev-dependencies"})
    if not asks and "workspace" not in tools.table("uv").values:
        raise Malformed("it has no [project] table", hint=_instead(tools))
    found = declared(table, folder)
    dynamic = project.texts("dynamic")
    if "dependencies" in dynamic and not (found.dependencies or "" in found.files or "dependencies" in poetry.values):
        raise Malformed("its dependencies are dynamic: only a build would tell them", hint=_instead(tools))
    return found


def standard(table: Table) -> Project:
    """Return what the standard tables of a pyproject.toml tell, which may be nothing."""
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


def declared(table: Table, folder: str = "") -> Project:
    """Return what the standard tables and those of uv, poetry and pdm tell."""
    found, project, tools = standard(table), table.table("project"), table.table("tool")
    uv, pdm, poetry_table = tools.table("uv"), tools.table("pdm"), tools.table("poetry")
    filled = _by_versioning(project, tools)
    poetry, rules = read_poetry(poetry_table, folder), uv_rules(uv, folder)
    indexes = (*rules.indexes, *poetry_indexes(poetry_table, folder), *pdm_indexes(pdm, folder))
    # Where [project] has the dependencies, poetry's table says no more of them than where they come from.
    by_poetry = not {"dependencies", "optional-dependencies"} & project.values.keys()
    return replace(
        found,
        name=found.name or normalize(poetry_table.text("name")),
        dependencies=(*(poetry.dependencies if by_poetry else found.dependencies), *filled.dependencies),
        extras={**(poetry.extras if by_poetry else found.extras), **filled.extras},
        groups={**_poetry_groups(poetry), **_groups_of_pdm(pdm), **_group_of_uv(uv), **found.groups},
        folder=folder,
        python=found.python or poetry.python,
        sources={**poetry.sources, **uv_sources(uv, folder)},
        rules=replace(rules, indexes=indexes),
        files=_dynamic_files(project, tools),
    )


def _poetry_groups(poetry: PoetryProject) -> dict[str, tuple[str | Include, ...]]:
    return {group: (*lines, *map(Include, poetry.includes.get(group, ()))) for group, lines in poetry.groups.items()}


def _groups_of_pdm(pdm: Table) -> dict[str, tuple[str, ...]]:
    groups = pdm.table("dev-dependencies")
    return {normalize(group): groups.texts(group) for group in groups.values}


def _group_of_uv(uv: Table) -> dict[str, tuple[str, ...]]:
    """Return uv's group from before PEP 735."""
    return {"dev": uv.texts("dev-dependencies")} if "dev-dependencies" in uv.values else {}


def _lines(groups: Table, group: str) -> tuple[str | Include, ...]:
    found: list[str | Include] = []
    for item in groups.take(group, list, "a list") or ():
        if isinstance(item, dict) and item.keys() == {"include-group"} and isinstance(item["include-group"], str):
            found.append(Include(normalize(item["include-group"])))
        elif isinstance(item, str):
            found.append(item)
        else:
            raise groups.fails(group, 'holds what is neither a requirement nor {include-group = "…"}')
    return tuple(found)


def _dynamic_files(project: Table, tools: Table) -> dict[str, tuple[str, ...]]:
    """Return the requirements files that a build backend reads for ``dynamic`` dependencies, by extra.

    source: https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html#dynamic-metadata,
            https://pypi.org/project/hatch-requirements-txt/
    """
    fields, found = project.texts("dynamic"), dict[str, tuple[str, ...]]()
    setuptools, hatch = tools.table("setuptools").table("dynamic"), _hook(tools, "requirements_txt")
    if "dependencies" in fields:
        found[""] = _texts(setuptools.table("dependencies"), "file") or _texts(hatch, "files")
    if "optional-dependencies" in fields:
        extras = setuptools.table("optional-dependencies")
        found |= {normalize(extra): _texts(extras.table(extra), "file") for extra in extras.values}
        extras = hatch.table("optional-dependencies")
        found |= {normalize(extra): _texts(extras, extra) for extra in extras.values}
    return {extra: files for extra, files in found.items() if files}


def _hook(tools: Table, name: str) -> Table:
    """Return the table of a metadata hook of hatchling."""
    return tools.table("hatch").table("metadata").table("hooks").table(name)


def _by_versioning(project: Table, tools: Table) -> Project:
    """Return the dependencies that uv-dynamic-versioning fills the project's own version into, without that version.

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
        return "measure its lock, poetry.lock"
    if "pdm" in tools.values:
        return "measure its lock, pdm.lock"
    return "measure a lock of the project, or an environment that it is installed in"


def requirement(line: str) -> Requirement:
    """Read a PEP 508 line; raises Malformed."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    # In a requirements file, which is what it becomes, a backslash at its end would join it with the next one.
    if len(line.splitlines()) != 1 or line.rstrip().endswith("\\"):
        raise Malformed(f"no requirement: {outline(line)}")
    try:
        return Parsed(line)
    except (InvalidRequirement, ValueError, RecursionError) as error:
        raise Malformed(f"no requirement: {outline(line)}") from error
