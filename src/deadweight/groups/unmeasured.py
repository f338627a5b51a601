"""Requirements or a lock, not measured → their groups, by names, index metadata and the application."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from deadweight.graph import Graph, build_graph
from deadweight.groups import assign_groups
from deadweight.groups.names import Names
from deadweight.model import (
    Application,
    Assignment,
    Distribution,
    Environment,
    Inventory,
    Lock,
    Metadata,
    Requirement,
    Sizes,
)
from deadweight.usage import Provided, usage_of

_FREEZE = 0.05  # the share of requirements in a full freeze that may lack a line for a dependency


def groups_of_requirements(
    requirements: Iterable[Requirement],
    config: Names,
    *,
    known: Mapping[str, Metadata] | None = None,
    application: Application | None = None,
    environment: Environment | None = None,
) -> dict[str, Assignment]:
    """Return name → group of every requirement with a name, in alphabetical order.

    known:       name → metadata of an index; other projects are judged by their names alone
    application:      the application; None if no code was read
    environment: the environment to evaluate markers for; None for this machine
    """
    lines = tuple(requirement for requirement in requirements if requirement.name)
    declared: dict[str, frozenset[str]] = {}
    for requirement in lines:
        if requirement.name and requirement.groups:
            declared[requirement.name] = declared.get(requirement.name, frozenset()) | requirement.groups
    inventory = _by_names({requirement.name for requirement in lines if requirement.name}, known or {}, environment)
    return _assigned(inventory, _graph(inventory, lines), config, declared, application)


def groups_of_lock(
    lock: Lock,
    config: Names,
    *,
    known: Mapping[str, Metadata] | None = None,
    application: Application | None = None,
    environment: Environment | None = None,
) -> dict[str, Assignment]:
    """Return name → group of everything in a lock; see ``groups_of_requirements``."""
    inventory = _by_names({package.name for package in lock.packages}, known or {}, environment)
    named = {
        requirement.name: requirement.groups
        for requirement in lock.requirements or ()
        if requirement.name and requirement.groups
    }
    declared = named | {package.name: package.groups for package in lock.packages if package.groups}
    return _assigned(inventory, build_graph(inventory, lock.requirements), config, declared, application)


def _assigned(
    inventory: Inventory,
    graph: Graph,
    config: Names,
    declared: Mapping[str, frozenset[str]],
    application: Application | None,
) -> dict[str, Assignment]:
    provides = Provided(environment=inventory.environment)
    names = [d.name for d in inventory.distributions]
    uses = None if application is None else usage_of(application, provides, names).uses
    return assign_groups(inventory, graph, config, declared, uses)


def _graph(inventory: Inventory, lines: tuple[Requirement, ...]) -> Graph:
    """Return the dependency graph of the requirements.

    It contains only what some line names, so every pinned file looks like a full freeze. If many dependencies are
    missing, the file is not one.
    """
    graph = build_graph(inventory, lines)
    missing = {conflict.names[-1] for conflict in graph.conflicts if conflict.kind == "missing"}
    if graph.frozen and len(missing) > _FREEZE * len(lines):
        return build_graph(inventory, tuple(replace(requirement, direct=True) for requirement in lines))
    return graph


def _by_names(names: Iterable[str], known: Mapping[str, Metadata], environment: Environment | None) -> Inventory:
    """Return an inventory with names and metadata, but without sizes."""
    unmeasured = Sizes(disk=None)
    distributions = tuple(
        Distribution(key=name, metadata=known.get(name, Metadata(name=name, version=None)), sizes=unmeasured)
        for name in sorted(names)
    )
    return Inventory(
        environments=(environment or Environment(),), distributions=distributions, unowned=unmeasured, total=unmeasured
    )
