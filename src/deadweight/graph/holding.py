"""Graph → the roots that reach each distribution: the first names, and how many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from deadweight.graph.condensation import Condensation, condense
from deadweight.graph.nodes import Edges
from deadweight.graph.value import Graph, Root

_BLOCK = 1 << 13  # roots per block; each is one bit of an integer


class Holders(Struct, frozen=True):
    """The roots that reach a distribution.

    names: the keys of the first roots, in the order of the caller
    count: how many roots reach it
    """

    names: tuple[str, ...] = ()
    count: int = 0


def holders(graph: Graph, roots: Sequence[Root], most: int, *, block: int = _BLOCK) -> dict[str, Holders]:
    """Return key → the roots other than itself that reach it. Distributions without such a root are left out.

    roots: the most important first
    most:  names to keep per distribution, because the total is quadratic if many roots reach many distributions
    """
    condensed = graph.condensed
    holders_of: dict[str, Holders] = {}
    for start in range(0, len(roots), block):
        some = roots[start : start + block]
        index_of = {root.key: index for index, root in enumerate(some)}
        bits = _bits(condensed, some, range(len(some)))
        known: dict[int, tuple[str, ...]] = {}
        for key in graph.own:
            reaching = bits[condensed.number[key]]
            if key in index_of:
                reaching &= ~(1 << index_of[key])
            if reaching:
                before = holders_of.get(key, Holders())
                if reaching not in known:
                    known[reaching] = _names(reaching, some, most)
                names = (*before.names, *known[reaching])[:most]
                holders_of[key] = Holders(names, before.count + reaching.bit_count())
    return holders_of


def reaching(graph: Graph, roots: Sequence[Root], numbers: Sequence[int]) -> dict[str, int]:
    """Return key → the numbers of the roots that reach it, including itself, as bits; left out if no root does.

    numbers: of each root; several roots may share one
    """
    condensed = graph.condensed
    bits = _bits(condensed, roots, numbers)
    return {key: reached for key in graph.own if (reached := bits[condensed.number[key]])}


def reached_by_others(edges: Edges, roots: Iterable[Root], keys: Collection[str]) -> set[str]:
    """Return the keys that a root other than themselves reaches."""
    roots = list(roots)
    condensed = condense(edges, (*keys, *(node for root in roots for node in root.nodes())))
    # Two roots per component are enough: at least one of them differs from the key.
    two: list[tuple[str, ...]] = [()] * len(condensed.members)
    for root in roots:
        for node in root.nodes():
            two[condensed.number[node]] = _two(two[condensed.number[node]], (root.key,))
    for number in range(len(two) - 1, -1, -1):
        for target in condensed.targets[number] if two[number] else ():
            two[target] = _two(two[target], two[number])
    return {key for key in keys if any(root != key for root in two[condensed.number[key]])}


def _two(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return first if len(first) == 2 else tuple(dict.fromkeys(first + second))[:2]


def _bits(condensed: Condensation, roots: Sequence[Root], numbers: Sequence[int]) -> list[int]:
    """Return component → the numbers of the roots that reach it, as bits. Edges lead only to lower numbers."""
    bits = [0] * len(condensed.members)
    for index, root in zip(numbers, roots, strict=True):
        for node in root.nodes():
            bits[condensed.number[node]] |= 1 << index
    for number in range(len(bits) - 1, -1, -1):
        if reaching := bits[number]:
            for target in condensed.targets[number]:
                bits[target] |= reaching
    return bits


def _names(reaching: int, roots: Sequence[Root], most: int) -> tuple[str, ...]:
    """Return the keys of the first roots in a set of bits.

    The bits are searched as text, because each operation on a long integer costs time proportional to its length.
    """
    bits = bin(reaching)[:1:-1]
    names: list[str] = []
    index = bits.find("1")
    while index >= 0 and len(names) < most:
        names.append(roots[index].key)
        index = bits.find("1", index + 1)
    return tuple(names)
