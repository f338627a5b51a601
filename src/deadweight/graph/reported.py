"""Report → the graph that it was created from, so that paths can be found in a saved report."""

from __future__ import annotations

from collections import defaultdict

from deadweight.graph.nodes import Extra, Node
from deadweight.graph.value import Graph, Root
from deadweight.model.report import Report


def graph_of(report: Report) -> Graph:
    """Return the dependency graph of a report, with a node for each requested extra."""
    edges: dict[Node, set[Node]] = {row.key: set() for row in report.distributions}
    lines: dict[tuple[Node, str], str] = {}
    extras: dict[str, set[str]] = defaultdict(set)
    for row in report.distributions:
        extras[row.key].update(row.extras)
        for each in row.requirements:
            node: Node = row.key
            if each.extra:
                extras[row.key].add(each.extra)
                node = Extra(row.key, each.extra)
            lines[node, each.key] = each.requirement
            extras[each.key].update(each.extras)
            edges.setdefault(node, set()).update(Root(each.key, frozenset(each.extras)).nodes())
    for key, names in extras.items():
        for name in names:
            edges.setdefault(Extra(key, name), set()).add(key)
    return Graph(
        edges={node: tuple(sorted(targets, key=str)) for node, targets in edges.items()},
        lines=lines,
        direct=tuple(Root(row.key, frozenset(row.extras)) for row in report.distributions if row.direct),
        strays=tuple(Root(row.key) for row in report.distributions if row.orphan),
        extras={key: frozenset(names) for key, names in extras.items()},
        own={row.key: row.apparent_bytes for row in report.distributions},
        keys={},
        urls={},
    )
