"""How fast ``plan --target-size`` finds the cheapest steps: 60 direct requirements, 250 distributions, 8 trims.

    python benchmarks/reaching.py [GRAPHS] [SECONDS] [KIND]

Prints for each kind of graph and each need, in percent of what is possible: seconds, and how many were proven optimal.
The target is a proof within 5 s each. Sizes and costs decide how hard it is: the more equal, the harder.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

from deadweight.graph import Graph, Node, Root
from deadweight.reaching import Chunk, Limits, Step, chunks_of, solve

DIRECT, DISTRIBUTIONS, TRIMS, LAYERS = 60, 250, 8, 6
NEEDS = (10, 20, 35, 50, 65, 80, 90, 95)
GRAPHS, SECONDS = 5, 5.0

Sizes = Callable[[random.Random], int]
Problem = tuple[list[Step], tuple[Chunk, ...]]


def skewed(pick: random.Random) -> int:
    """Return a size such as those of real distributions: a few have most of the bytes."""
    return int(pick.lognormvariate(14, 1.8))


def even(pick: random.Random) -> int:
    return pick.randint(1_000_000, 2_000_000)


def graph_of(pick: random.Random, sizes: Sizes, edges: int) -> Graph:
    """Return a graph in layers. A distribution requires up to ``edges`` others, most of them in the next layer."""
    layer = {f"d{number:03}": number * LAYERS // DISTRIBUTIONS for number in range(DISTRIBUTIONS)}
    required: dict[Node, tuple[str, ...]] = {}
    for key, depth in layer.items():
        below = [other for other in layer if layer[other] > depth]
        near = [other for other in below if layer[other] == depth + 1]
        count = pick.randint(0, edges) if below else 0
        required[key] = tuple({pick.choice(near if pick.random() < 0.7 else below) for _ in range(count)})
    # Most direct requirements are at the top, but users also name what others require.
    top = [key for key, depth in layer.items() if depth < 2]
    direct = {*pick.sample(top, 2 * DIRECT // 3), *pick.sample(sorted(layer), DISTRIBUTIONS)[: DIRECT // 2]}
    return Graph(
        edges=required,
        lines={},
        direct=tuple(map(Root, sorted(direct)[:DIRECT])),
        strays=(),
        extras={},
        own={key: sizes(pick) for key in layer},
        keys={},
        urls={},
    )


def layered(seed: int, sizes: Sizes, edges: int, costs: int) -> Problem:
    """Return the problem of a random graph, with costs of 1 to ``costs`` points."""
    pick = random.Random(seed)
    graph = graph_of(pick, sizes, edges)
    drops = {root.key: Step(f"drop {root.key}", pick.randint(1, costs)) for root in graph.direct}
    trims = [Step(f"trim {number}", pick.randint(1, costs)) for number in range(TRIMS)]
    saved = {
        key: {step: int(own * pick.random() / 12) for step in trims if pick.random() < 0.5}
        for key, own in graph.own.items()
    }
    began = time.perf_counter()
    chunks = chunks_of(graph, drops, saved)
    built.append(time.perf_counter() - began)
    return [*drops.values(), *trims], chunks


def near_equal(seed: int) -> Problem:
    """Return 60 steps that share nothing and save nearly the same per point: hard for branch and bound alone."""
    pick = random.Random(seed)
    steps = [Step(f"step {number:02}", pick.randint(100, 200)) for number in range(DIRECT)]
    return steps, tuple(
        Chunk(step.cost * 100_000 + pick.randint(0, 1000), frozenset({frozenset({step.name})})) for step in steps
    )


def near_equal_pairs(seed: int) -> Problem:
    """Return the same with chunks that two steps free only together."""
    steps, chunks = near_equal(seed)
    pick = random.Random(seed)
    pairs = [pick.sample(steps, 2) for _ in range(DIRECT)]
    return steps, (
        *chunks,
        *(Chunk(pick.randint(1, 1000), frozenset(frozenset({step.name}) for step in pair)) for pair in pairs),
    )


KINDS: dict[str, Callable[[int], Problem]] = {
    "layered, skewed sizes": partial(layered, sizes=skewed, edges=3, costs=10),
    "layered, even sizes": partial(layered, sizes=even, edges=3, costs=10),
    "dense, skewed sizes": partial(layered, sizes=skewed, edges=6, costs=10),
    "dense, even sizes": partial(layered, sizes=even, edges=6, costs=10),
    "skewed, costs to 100": partial(layered, sizes=skewed, edges=3, costs=100),
    "even, costs to 100": partial(layered, sizes=even, edges=3, costs=100),
    "even, equal costs": partial(layered, sizes=even, edges=3, costs=1),
    "near-equal ratios": near_equal,
    "near-equal with pairs": near_equal_pairs,
}
built: list[float] = []


def main() -> None:
    graphs = int(sys.argv[1]) if len(sys.argv) > 1 else GRAPHS
    limits = Limits(seconds=float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS)
    chosen = [kind for kind in KINDS if len(sys.argv) < 4 or sys.argv[3] in kind]
    print(f"{'':24}{'need':>5} {'median':>9} {'worst':>9}  optimal  ties settled   widest gap")
    for kind in chosen:
        problems = [KINDS[kind](seed) for seed in range(graphs)]
        for need in NEEDS:
            print(f"{kind:24}{need:4}% {line(problems, need, limits)}", flush=True)
    if built:
        print(f"chunks were built in {1000 * statistics.median(built):.0f} ms, {1000 * max(built):.0f} ms at most")


def line(problems: list[Problem], need: int, limits: Limits) -> str:
    """Return the figures of one need."""
    seconds, optimal, settled, gaps = [], 0, 0, [0.0]
    for steps, chunks in problems:
        most = solve(steps, chunks, 0).most
        began = time.perf_counter()
        solution = solve(steps, chunks, most * need // 100, limits)
        seconds.append(time.perf_counter() - began)
        optimal += solution.optimal
        settled += solution.settled
        gaps.append(1 - solution.bound / solution.cost)
    return (
        f"{statistics.median(seconds):7.2f} s {max(seconds):7.2f} s  {optimal:3}/{len(problems):<3}"
        f"  {settled:6}/{len(problems):<3}  {max(gaps):9.1%}"
    )


if __name__ == "__main__":
    main()
