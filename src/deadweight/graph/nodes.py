"""The nodes of the graph: distributions and requested extras."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias


class Extra(NamedTuple):
    """The node of a requested extra: ``uvicorn[standard]``."""

    key: str
    extra: str

    def __str__(self) -> str:
        return f"{self.key}[{self.extra}]"


# The node of a distribution is its key. Nearly all nodes are distributions, and strings compare and hash fastest.
Node: TypeAlias = str | Extra
Edges: TypeAlias = Mapping[Node, Collection[Node]]


def joined(key: str) -> Extra:
    """Return the vertex of ``Graph.condensed`` that leads to a distribution and its requested extras."""
    return Extra(key, "")


def base(node: Node) -> str:
    """Return the key of the distribution that a node belongs to."""
    return node if isinstance(node, str) else node.key


def keys_among(nodes: Iterable[Node]) -> set[str]:
    """Return the keys of the distributions among nodes. Whatever reaches an extra also reaches its distribution."""
    return {node for node in nodes if isinstance(node, str)}


def extra_of(node: Node) -> str | None:
    """Return the extra of a node; None for the node of a distribution."""
    return None if isinstance(node, str) else node.extra
