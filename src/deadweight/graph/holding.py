"""Graph → which roots reach a distribution: the first of them by name, and how many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from deadweight.graph.condensation import Condensation, condense
from deadweight.graph.nodes import Edges
from deadweight.graph.value import Graph, Root

_BLOCK = 1 << 13  # roots that are followed at once, as bits of an integer


class Holders(Struct, frozen=True):
    """The roots that reach a distribution.

    names: their keys, in the order that was asked for, cut off where they are too many
    count: how many roots reach it
    """

    names: tuple[str, ...] = ()
    count: int = 0


def holders(graph: Graph, roots: Sequence[Root], most: int, *, block: int = _BLOCK) -> dict[str, Holders]:
    """Return key → the roots that reach it, itself left out; what none reaches is left out.

    roots: the more telling first
    most:  names to keep for each: their number is quadratic where many roots reach many distributions
    """
    condensed = graph.condensed
    found: dict[str, Holders] = {}
    for start in range(0, len(roots), block):
        some = roots[start : start + block]
        place = {root.key: index for index, root in enumerate(some)}
        bits = _bits(condensed, some)
        known: dict[int, tuple[str, ...]] = {}
        for key in graph.own:
            reaching = bits[condensed.number[key]]
            if key in place:
                reaching &= ~(1 << place[key])
            if reaching:
                before = found.get(key, Holders())
                if reaching not in known:
                    known[reaching] = _names(reaching, some, most)
                names = (*before.names, *known[reaching])[:most]
                found[key] = Holders(names, before.count + reaching.bit_count())
    return found


def reached_by_others(edges: Edges, roots: Iterable[Root], keys: Collection[str]) -> set[str]:
    """Return those of the keys that a root other than themselves reaches."""
    roots = list(roots)
    condensed = condense(edges, (*keys, *(node for root in roots for node in root.nodes())))
    # Two roots for each component are enough: one of them is another one.
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


def _bits(condensed: Condensation, roots: Sequence[Root]) -> list[int]:
    """Return component → the roots that reach it, the first as the lowest bit; edges lead to lower numbers only."""
    bits = [0] * len(condensed.members)
    for index, root in enumerate(roots):
        for node in root.nodes():
            bits[condensed.number[node]] |= 1 << index
    for number in range(len(bits) - 1, -1, -1):
        if reaching := bits[number]:
            for target in condensed.targets[number]:
                bits[target] |= reaching
    return bits


def _names(reaching: int, roots: Sequence[Root], most: int) -> tuple[str, ...]:
    """Return the first roots of a set of bits; as text, since a step on an integer takes as long as all of its bits."""
    bits = bin(reaching)[:1:-1]
    names: list[str] = []
    place = bits.find("1")
    while place >= 0 and len(names) < most:
        names.append(roots[place].key)
        place = bits.find("1", place + 1)
    return tuple(names)
