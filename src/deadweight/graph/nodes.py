"""The nodes of the graph: distributions, and the extras that somebody asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias


class Extra(NamedTuple):
    """The node of an extra that somebody asks for: ``uvicorn[standard]``."""

    key: str
    extra: str

    def __str__(self) -> str:
        return f"{self.key}[{self.extra}]"


# A distribution's node is its key: nearly all nodes are, and text is compared and hashed fastest.
Node: TypeAlias = str | Extra
Edges: TypeAlias = Mapping[Node, Collection[Node]]


def joined(key: str) -> Extra:
    """Return the vertex of ``Graph.condensed`` that leads to a distribution and to the extras it is asked for."""
    return Extra(key, "")


def base(node: Node) -> str:
    """Return the distribution's key of a node."""
    return node if isinstance(node, str) else node.key


def keys_among(nodes: Iterable[Node]) -> set[str]:
    """Return the keys of the distributions among nodes; what reaches an extra reaches its distribution too."""
    return {node for node in nodes if isinstance(node, str)}


def extra_of(node: Node) -> str | None:
    """Return the extra that a node is of; None for the node of a distribution."""
    return None if isinstance(node, str) else node.extra
