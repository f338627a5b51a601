"""The dependency graph, and what each step saves → chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from deadweight.graph import Graph, reaching
from deadweight.reaching.values import Chunk, Step

_Savings = Mapping[Step, int]


def chunks_of(
    graph: Graph,
    drops: Mapping[str, Step],
    trims: Mapping[str, _Savings] | None = None,
    swaps: Mapping[str, _Savings] | None = None,
) -> tuple[Chunk, ...]:
    """Return the bytes of all distributions with the steps that free them.

    A distribution is gone if each root that reaches it is dropped. Its trimmed bytes are also freed by trimming, and
    what a swap saves is also freed by swapping.

    drops: key of a root → the step that drops it; roots without a step stay. One step may drop several roots.
    trims: key → step → bytes of the distribution that the step deletes; no two steps delete the same file
    swaps: key → step → bytes that the distribution shrinks by; the trimmed files are taken to be among them, so that
           no sum of steps claims too much
    raises: ValueError if a step saves more than the distribution has
    """
    # Roots that one step drops share a bit, and so do all that stay.
    names = sorted({step.name for step in drops.values()})
    number = {name: index for index, name in enumerate(names)}
    groups = [number[drops[root.key].name] if root.key in drops else len(names) for root in graph.roots]
    sizes: Counter[tuple[int, frozenset[str]]] = Counter()
    for key, roots in reaching(graph, graph.roots, groups).items():
        for size, steps in _pieces(key, graph.own[key], (trims or {}).get(key, {}), (swaps or {}).get(key, {})):
            sizes[roots, steps] += size
    clauses_of = {roots: _clauses(roots, names) for roots, _ in sizes}
    return tuple(Chunk(size, clauses_of[roots], steps) for (roots, steps), size in sizes.items() if size)


def _pieces(key: str, own: int, trims: _Savings, swaps: _Savings) -> Iterator[tuple[int, frozenset[str]]]:
    """Yield the bytes of a distribution, and the steps each of which frees them while it stays.

    The trimmed files come first, one step after the other; each swap covers the first bytes, as many as it saves.
    """
    ends: list[tuple[int, str]] = []
    end = 0
    for step, size in sorted(trims.items()):
        end += size
        ends.append((end, step.name))
    if max([end, *swaps.values()]) > own:
        raise ValueError(f"{key}: steps save more than its {own} bytes")
    cuts = sorted({0, own, *(at for at, _ in ends), *swaps.values()})
    for start, stop in pairwise(cuts):
        trim = next((name for at, name in ends if start < at), None)
        steps = {step.name for step, size in swaps.items() if size >= stop}
        yield stop - start, frozenset(steps if trim is None else {trim, *steps})


def _clauses(roots: int, names: list[str]) -> frozenset[frozenset[str]]:
    """Return a clause for each drop; the bit after those of the drops is a root that stays."""
    digits: Iterable[str] = reversed(f"{roots:b}")
    every = [*names, None]
    return frozenset(
        frozenset() if name is None else frozenset((name,))
        for name, digit in zip(every, digits, strict=False)
        if digit == "1"
    )
