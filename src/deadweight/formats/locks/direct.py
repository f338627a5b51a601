"""The pyproject.toml next to a lock → the direct requirements of the project, by group and extra.

It is read for lock formats that do not record the direct requirements.
source: PEP 621, PEP 735; the older ``[tool.poetry]`` and ``[tool.pdm]``
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.formats.locks.walking import Edge, merged
from deadweight.formats.projects.pyproject import Choice, Project, requirement, standard
from deadweight.formats.projects.workspaces import Workspace
from deadweight.formats.tables import Malformed, Table, parse_toml
from deadweight.model import Pinned, Requirement


class DirectRequirements(Struct, frozen=True, kw_only=True):
    """The direct requirements of a project.

    starts: dependency group or extra, "" for the project itself → its requirements; empty if unknown
    """

    starts: dict[str, list[Edge]] = {}
    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def only(self, names: frozenset[str]) -> DirectRequirements:
        """Return the requirements of the project itself and of these groups and extras."""
        return replace(self, starts={name: edges for name, edges in self.starts.items() if name in names | {""}})


def direct_requirements(data: bytes) -> DirectRequirements:
    """Return the direct requirements in a pyproject.toml; nothing for empty ``data``. Raises Malformed."""
    if not data:
        return DirectRequirements()
    try:
        table = parse_toml(data)
        project, tools = standard(table), table.table("tool")
        poetry, pdm = tools.table("poetry"), tools.table("pdm")
        starts: dict[str, list[Edge]] = {"": []}
        for group, edge in (*_standard(project), *_poetry(poetry), *_pdm(pdm)):
            starts.setdefault(group, []).append(edge)
    except Malformed as error:
        raise Malformed(f"the pyproject.toml next to it: {error.reason}", hint=error.hint) from error
    extras = {*project.extras, *map(normalize, poetry.table("extras").values)}
    groups = {*project.groups, *map(normalize, (*poetry.table("group").values, *pdm.table("dev-dependencies").values))}
    groups |= {"dev"} if "dev-dependencies" in poetry.values else set()
    return DirectRequirements(starts=starts, extras=frozenset(extras), groups=frozenset(groups))


def applicable(direct: DirectRequirements, packages: Iterable[Pinned]) -> tuple[Requirement, ...] | None:
    """Return the direct requirements that are installed on this machine; None if they are unknown."""
    if not direct.starts:
        return None
    names = {package.name for package in packages}
    return merged(
        Requirement(name=edge.name, extras=frozenset(edge.extras), groups=frozenset({group}))
        for group, edges in direct.starts.items()
        for edge in edges
        if edge.name in names
    )


def _standard(project: Project) -> Iterator[tuple[str, Edge]]:
    alone = Workspace(projects=(project,), root=project)
    for each in alone.requirements(Choice(extras=frozenset(project.extras)), holds=bool):
        edge = edge_of(each.line)
        yield from ((group, edge) for group in each.groups)


def edge_of(line: str) -> Edge:
    """Return the edge of a PEP 508 line; raises Malformed."""
    parsed = requirement(line)
    extras = tuple(sorted(map(normalize, parsed.extras)))
    return Edge(normalize(parsed.name), extras, str(parsed.marker or ""), str(parsed.specifier))


def _pdm(table: Table) -> Iterator[tuple[str, Edge]]:
    groups = table.table("dev-dependencies")
    for group in groups.values:
        for line in groups.texts(group):
            # "-e file:///…#egg=name" gives at most a name
            if not line.lstrip().startswith("-"):
                yield normalize(group), edge_of(line)


def _poetry(table: Table) -> Iterator[tuple[str, Edge]]:
    extras, groups = table.table("extras"), table.table("group")
    main = list(poetry_edges(table.table("dependencies")))
    yield from (("", edge) for edge, optional in main if not optional)
    for extra in extras.values:
        names = {normalize(name) for name in extras.texts(extra)}
        yield from ((normalize(extra), edge) for edge, _ in main if edge.name in names)
    yield from (("dev", edge) for edge, _ in poetry_edges(table.table("dev-dependencies")))
    for group in groups.values:
        dependencies = groups.table(group).table("dependencies")
        yield from ((normalize(group), edge) for edge, _ in poetry_edges(dependencies))


def poetry_edges(table: Table) -> Iterator[tuple[Edge, bool]]:
    """Yield (edge, whether optional) for a dependency table of poetry: name → version, table, or list of tables."""
    for spelled, value in table.values.items():
        if not is_name(spelled):
            raise table.fails(spelled, "is not a valid project name")
        name = normalize(spelled)
        if name == "python":
            continue
        if isinstance(value, str):
            yield Edge(name, version=value), False
            continue
        for one in table.tables(spelled) if isinstance(value, list) else [table.table(spelled)]:
            extras = tuple(map(normalize, one.texts("extras")))
            yield Edge(name, extras, one.text("markers"), one.text("version")), one.flag("optional")
