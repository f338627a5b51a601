"""The pyproject.toml beside a lock that does not tell → what the project asks for by name, by group and extra.

source: PEP 621, PEP 735; ``[tool.poetry]`` and ``[tool.pdm]`` from before them
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
from deadweight.model import Pinned, Wanted


class Asked(Struct, frozen=True, kw_only=True):
    """What a project asks for.

    starts: dependency group or extra, "" for the project itself → what stands in it; empty where nothing tells
    """

    starts: dict[str, list[Edge]] = {}
    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def only(self, names: frozenset[str]) -> Asked:
        """Return what the project itself asks for, and these groups and extras."""
        return replace(self, starts={name: edges for name, edges in self.starts.items() if name in names | {""}})


def asked_by_project(data: bytes) -> Asked:
    """Return what a pyproject.toml tells; nothing without one.

    raises: Malformed, that says whose fault it is
    """
    if not data:
        return Asked()
    try:
        table = parse_toml(data)
        project, tools = standard(table), table.table("tool")
        poetry, pdm = tools.table("poetry"), tools.table("pdm")
        starts: dict[str, list[Edge]] = {"": []}
        for group, edge in (*_standard(project), *_poetry(poetry), *_pdm(pdm)):
            starts.setdefault(group, []).append(edge)
    except Malformed as error:
        raise Malformed(f"the pyproject.toml beside it: {error.reason}", hint=error.hint) from error
    extras = {*project.extras, *map(normalize, poetry.table("extras").values)}
    groups = {*project.groups, *map(normalize, (*poetry.table("group").values, *pdm.table("dev-dependencies").values))}
    groups |= {"dev"} if "dev-dependencies" in poetry.values else set()
    return Asked(starts=starts, extras=frozenset(extras), groups=frozenset(groups))


def wanted(asked: Asked, packages: Iterable[Pinned]) -> tuple[Wanted, ...] | None:
    """Return what is asked for and to be installed, the rest is not for this machine; None where nothing tells."""
    if not asked.starts:
        return None
    there = {package.name for package in packages}
    return merged(
        Wanted(name=edge.name, extras=frozenset(edge.extras), groups=frozenset({group}))
        for group, edges in asked.starts.items()
        for edge in edges
        if edge.name in there
    )


def _standard(project: Project) -> Iterator[tuple[str, Edge]]:
    alone = Workspace(projects=(project,), root=project)
    for asked in alone.asked(Choice(extras=frozenset(project.extras)), holds=bool):
        edge = edge_of(asked.line)
        yield from ((group, edge) for group in asked.groups)


def edge_of(line: str) -> Edge:
    """Return the edge of a PEP 508 line; raises Malformed."""
    found = requirement(line)
    extras = tuple(sorted(map(normalize, found.extras)))
    return Edge(normalize(found.name), extras, str(found.marker or ""), str(found.specifier))


def _pdm(table: Table) -> Iterator[tuple[str, Edge]]:
    groups = table.table("dev-dependencies")
    for group in groups.values:
        for line in groups.texts(group):
            # "-e file:///…#egg=name" tells no more than a name, and that only perhaps
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
        found = groups.table(group).table("dependencies")
        yield from ((normalize(group), edge) for edge, _ in poetry_edges(found))


def poetry_edges(table: Table) -> Iterator[tuple[Edge, bool]]:
    """Yield the edges of a table as poetry writes it, name → a version, a table or a list of these; and if optional."""
    for spelled, told in table.values.items():
        if not is_name(spelled):
            raise table.fails(spelled, "is no project's name")
        name = normalize(spelled)
        if name == "python":
            continue
        if isinstance(told, str):
            yield Edge(name, version=told), False
            continue
        for one in table.tables(spelled) if isinstance(told, list) else [table.table(spelled)]:
            extras = tuple(map(normalize, one.texts("extras")))
            yield Edge(name, extras, one.text("markers"), one.text("version")), one.flag("optional")
