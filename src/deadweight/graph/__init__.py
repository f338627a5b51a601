"""Inventory and requirements → the dependency graph, and the bytes that each distribution holds.

A node is a distribution (``uvicorn``) or a requested extra of it (``uvicorn[standard]``). The node of an extra has
edges to its distribution and to what the extra adds. So only the requirement that requests an extra pays for it.

    value.py         the graph itself               matching.py  requirement lines → edges
    lines.py         requirement lines              roots.py     direct requirements
    weights.py       retained and freed bytes       closures.py  closure bytes
    holding.py       the roots that reach each distribution
    condensation.py, dominators.py  the graph algorithms
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from deadweight.graph.holding import Holders, holders, reaching
from deadweight.graph.matching import Matcher
from deadweight.graph.nodes import Edges, Extra, Node, base, extra_of
from deadweight.graph.roots import is_frozen, requested, strays_of, unrequired, with_inferred_extras
from deadweight.graph.value import Graph, Root, key_of, merged, reachable
from deadweight.graph.weights import Weight, weigh
from deadweight.model import Distribution, Environment, Inventory, Requirement

__all__ = [
    "Edges",
    "Extra",
    "Graph",
    "Holders",
    "Node",
    "Root",
    "Weight",
    "base",
    "build_graph",
    "extra_of",
    "holders",
    "reachable",
    "reaching",
    "weigh",
]


def build_graph(inventory: Inventory, requirements: Collection[Requirement] | None = None) -> Graph:
    """Match requirements to distributions, separately for each measured environment.

    requirements: the user's requirements for the first environment; None to use REQUESTED files, as for the others
    """
    by_prefix: dict[str, list[Distribution]] = {environment.prefix: [] for environment in inventory.environments}
    for distribution in inventory.distributions:
        by_prefix[distribution.prefix].append(distribution)
    return merged(
        [
            _graph_of(environment, by_prefix[environment.prefix], None if number else requirements)
            for number, environment in enumerate(inventory.environments)
        ]
    )


def _graph_of(
    environment: Environment, distributions: Collection[Distribution], requirements: Collection[Requirement] | None
) -> Graph:
    matcher = Matcher(environment, distributions)
    for key in matcher.by_key:
        matcher.visit(key)
    frozen = False
    if requirements is None:
        direct, marked = requested(distributions, matcher)
        direct = with_inferred_extras(direct, marked, matcher)
    else:
        direct = matcher.match(requirements)
        frozen = is_frozen(requirements, direct, matcher)
        if frozen:
            known = {
                key_of(requirement, matcher.keys, matcher.urls) for requirement in requirements if requirement.direct
            } - {None}
            direct = unrequired(direct, known, matcher)
    strays = strays_of(direct, matcher)
    required_by: dict[str, set[str]] = defaultdict(set)
    for node, targets in matcher.edges.items():
        for target in targets:
            if base(target) != base(node):
                required_by[base(target)].add(base(node))
    return Graph(
        edges={node: tuple(sorted(targets, key=str)) for node, targets in matcher.edges.items()},
        lines=matcher.lines,
        direct=tuple(direct),
        strays=tuple(strays),
        extras={key: frozenset(extras) for key, extras in matcher.extras.items()},
        own={d.key: d.sizes.apparent for d in distributions},
        keys=matcher.keys,
        urls=matcher.urls,
        inactive=frozenset(requirement for requirement in requirements or () if not matcher.holds(requirement)),
        frozen=frozen,
        conflicts=tuple(matcher.conflicts.values()),
        warnings=tuple(dict.fromkeys(matcher.warnings)),
        required_by={key: tuple(sorted(sources)) for key, sources in required_by.items()},
    )
