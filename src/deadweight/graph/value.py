"""The dependency graph: nodes, edges, roots and reachability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from deadweight.graph.condensation import Condensation, condense
from deadweight.graph.nodes import Edges, Extra, Node, base, joined, keys_among
from deadweight.model import Conflict, Requirement

if TYPE_CHECKING:
    import networkx


class Root(NamedTuple):
    """A starting point for reachability: the key of a distribution and its requested extras."""

    key: str
    extras: frozenset[str] = frozenset()

    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes of the distribution and of its extras, in a fixed order."""
        if not self.extras:  # true for nearly all roots
            return (self.key,)
        return (self.key, *(Extra(self.key, extra) for extra in sorted(self.extras)))


class Graph(Struct, frozen=True, kw_only=True, dict=True):
    """Requirements matched to distributions.

    edges:      node → nodes; the node of a distribution is its key, the node of a requested extra is an ``Extra``
    lines:      (node, key) → the PEP 508 line of the edge
    direct:     the roots that the user's requirements name
    strays:     roots that nothing requires or requests, so that some root reaches everything
    extras:     key → its requested extras
    own:        key → apparent bytes
    keys, urls: name → key, and URL → key of what was installed from a URL, in the first environment
    inactive:   the user's requirements whose markers are false for the measured environment
    frozen:     whether the requirements are a full freeze, so that only some of them are roots
    """

    edges: Edges
    lines: Mapping[tuple[Node, str], str]
    direct: tuple[Root, ...]
    strays: tuple[Root, ...]
    extras: Mapping[str, frozenset[str]]
    own: Mapping[str, int]
    keys: Mapping[str, str]
    urls: Mapping[str, str]
    inactive: frozenset[Requirement] = frozenset()
    frozen: bool = False
    conflicts: tuple[Conflict, ...] = ()
    warnings: tuple[str, ...] = ()
    required_by: Mapping[str, tuple[str, ...]] = {}

    @cached_property
    def condensed(self) -> Condensation:
        """The graph with each cycle as one vertex; ``joined(key)`` has edges to a distribution and its extras."""
        above: dict[Node, tuple[Node, ...]] = {
            joined(key): tuple(self.nodes_of(key)) for key, extras in self.extras.items() if extras
        }
        return condense({**self.edges, **above}, (*self.own, *above))

    @property
    def roots(self) -> tuple[Root, ...]:
        return self.direct + self.strays

    def requires(self, key: str) -> tuple[str, ...]:
        """Return the sorted keys that a distribution requires, including its requested extras."""
        required = {base(target) for node in self.nodes_of(key) for target in self.edges.get(node, ())}
        return tuple(sorted(required - {key}))

    def nodes_of(self, key: str) -> tuple[Node, ...]:
        return Root(key, self.extras.get(key, frozenset())).nodes()

    def closure(self, roots: Iterable[Root]) -> set[str]:
        """Return the keys of everything that ``roots`` reach, including themselves."""
        # An extra has an edge to its distribution, so the nodes of distributions are complete.
        return keys_among(reachable(self.edges, (n for root in roots for n in root.nodes())))

    def closure_of(self, key: str) -> set[str]:
        """Return the keys of everything that a distribution reaches, including its requested extras."""
        return keys_among(reachable(self.edges, self.nodes_of(key)))

    def retained_by(self, key: str) -> set[str]:
        """Return the keys that are removed with ``key``: those that no root reaches without it."""
        if not self.requires(key):
            return {key}
        return self.closure_of(key) - self._reached_without(key)

    def _reached_without(self, key: str) -> set[str]:
        start = (node for root in self.roots if root.key != key for node in root.nodes())
        return {base(n) for n in reachable(self.edges, start, without=frozenset(self.nodes_of(key)))}

    def freed_by_dropping(self, keys: Collection[str]) -> set[str]:
        """Return the keys that are removed if ``keys`` are no longer roots: what dropping their lines frees."""
        region = reachable(self.edges, (n for root in self.roots if root.key in keys for n in root.nodes()))
        # Whatever else reaches the region keeps part of it. Only the region is walked, because this runs for many keys.
        others = (n for root in self.roots if root.key not in keys for n in root.nodes() if n in region)
        entries = (n for n in region if not region.issuperset(self._sources.get(n, ())))
        return keys_among(region - reachable(self.edges, (*others, *entries)))

    @cached_property
    def _sources(self) -> Mapping[Node, list[Node]]:
        """Node → the nodes with an edge to it, for everything that the roots reach."""
        sources: dict[Node, list[Node]] = defaultdict(list)
        for node in reachable(self.edges, (n for root in self.roots for n in root.nodes())):
            for target in self.edges.get(node, ()):
                sources[target].append(node)
        return sources

    def bytes_of(self, keys: Iterable[str]) -> int:
        """Return the apparent bytes of distributions."""
        return sum(self.own[key] for key in keys)

    def key_of(self, requirement: Requirement) -> str | None:
        """Return the key that a requirement names; None if nothing has that name or the marker is false."""
        if self.inactive and requirement in self.inactive:
            return None
        return key_of(requirement, self.keys, self.urls)

    def keys_of(self, requirements: Iterable[Requirement]) -> dict[Requirement, str | None]:
        """Return requirement → the key that it names; see ``key_of``."""
        return {requirement: self.key_of(requirement) for requirement in requirements}

    def reaching(self, keys: Iterable[str]) -> set[str]:
        """Return the keys of everything that the roots reach and that reaches one of ``keys``, including themselves."""
        return {base(n) for n in reachable(self._sources, (node for key in keys for node in self.nodes_of(key)))}

    def holders_of(self, key: str, *, strays: bool = False) -> tuple[str, ...]:
        """Return the direct requirements that reach a distribution, other than itself; with ``strays``, all roots."""
        reaching = reachable(self._sources, [key])
        roots = self.roots if strays else self.direct
        return tuple(root.key for root in roots if root.key != key and not reaching.isdisjoint(root.nodes()))

    def networkx(self, *, extras: bool = False) -> networkx.DiGraph[Node]:
        """Return the graph for networkx: nodes have ``own_bytes`` and ``direct``, edges ``requirement``.

        extras: whether each requested extra is a node, an ``Extra`` of 0 bytes; if not, its distribution requires
                what the extra requires
        """
        import networkx

        def named(node: Node) -> Node:
            return node if extras else base(node)

        graph: networkx.DiGraph[Node] = networkx.DiGraph()
        for key in self.own:
            for node in self.nodes_of(key) if extras else [key]:
                graph.add_node(node, own_bytes=self.own[key] if node == key else 0, direct=False)
        for source, targets in self.edges.items():
            for target in targets:
                if named(source) != named(target) and not graph.has_edge(named(source), named(target)):
                    line = self.lines.get((source, base(target)), "")
                    graph.add_edge(named(source), named(target), requirement=line)
        for root in self.direct:
            for node in root.nodes() if extras else [root.key]:
                graph.nodes[node]["direct"] = True
        return graph


def reachable(edges: Edges, roots: Iterable[Node], *, without: Collection[Node] = ()) -> set[Node]:
    """Return the nodes that ``roots`` reach, including themselves, without entering ``without``."""
    seen: set[Node] = set()
    extend(seen, edges, roots, without=without)
    return seen


def extend(seen: set[Node], edges: Edges, roots: Iterable[Node], *, without: Collection[Node] = ()) -> None:
    """Add to ``seen`` what ``roots`` reach; ``seen`` must already contain everything that it reaches."""
    stack = [node for node in roots if node not in without]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += [n for n in edges.get(node, ()) if n not in seen and n not in without]


def key_of(requirement: Requirement, keys: Mapping[str, str], urls: Mapping[str, str]) -> str | None:
    """Return the key that a requirement names; if it has no name, the key of what was installed from its URL.

    keys, urls: name → key, URL → key
    """
    if requirement.name is not None:
        return keys.get(requirement.name)
    return urls.get(requirement.location.rstrip("/"))


def merged(graphs: Sequence[Graph]) -> Graph:
    """Return the graphs of several environments as one, without edges between them.

    The user's requirements match only distributions of the first environment.
    """
    first = graphs[0]
    if len(graphs) == 1:
        return first
    return replace(
        first,
        edges={node: targets for graph in graphs for node, targets in graph.edges.items()},
        lines={edge: line for graph in graphs for edge, line in graph.lines.items()},
        direct=tuple(root for graph in graphs for root in graph.direct),
        strays=tuple(root for graph in graphs for root in graph.strays),
        extras={key: extras for graph in graphs for key, extras in graph.extras.items()},
        own={key: size for graph in graphs for key, size in graph.own.items()},
        conflicts=tuple(conflict for graph in graphs for conflict in graph.conflicts),
        warnings=tuple(dict.fromkeys(warning for graph in graphs for warning in graph.warnings)),
        required_by={key: sources for graph in graphs for key, sources in graph.required_by.items()},
    )
