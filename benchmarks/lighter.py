"""How fast ``plan`` finds the lighter builds that save together: 250 distributions, up to 16 lighter builds.

    python benchmarks/lighter.py [GRAPHS]

Prints for each number of builds: milliseconds of the search, how often it found the best of all sets, and what weighing
all sets takes in comparison. From 12 builds on, the search may stop before it has proven its result.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from itertools import combinations

from deadweight.graph import Node, reachable
from deadweight.planning.together import Installation, lightest

DISTRIBUTIONS, GRAPHS = 250, 5
BUILDS = (2, 4, 8, 12, 16)
LARGEST_EXHAUSTIVE = 12  # builds


class Index:
    """Projects with sizes and requirements; the first ones have a lighter build, which requires less."""

    def __init__(self, pick: random.Random, builds: int) -> None:
        names = [f"d{number:03}" for number in range(DISTRIBUTIONS)]
        self.old = names[:builds]
        self.own = {name: int(pick.lognormvariate(14, 1.8)) for name in names}
        # Builds share heavy requirements, so that replacing one of them alone often saves nothing.
        shared = names[builds : builds + 4]
        self.edges: dict[Node, list[Node]] = {
            name: [pick.choice(names[at:]) for _ in range(pick.randint(0, 3))] for at, name in enumerate(names)
        }
        for name in self.old:
            self.edges[name] = [pick.choice(shared) for _ in range(2)]
            self.own[f"{name}-cpu"] = int(self.own[name] * pick.uniform(0.5, 1.5))
            self.edges[f"{name}-cpu"] = [pick.choice(names[builds:])] * pick.randint(0, 1)
        self.roots = frozenset([*self.old, *pick.sample(names[builds:], 30)])

    def installed(self, replaced: tuple[str, ...]) -> Installation:
        """Return what is installed if some projects are replaced by their lighter builds."""
        roots = self.roots.difference(replaced).union(f"{name}-cpu" for name in replaced)
        found = reachable(self.edges, roots, without=replaced)
        edges = {node: [each for each in self.edges[node] if each not in replaced] for node in found}
        return Installation(roots=roots, edges=edges, own={str(name): self.own[str(name)] for name in found})

    def size(self, replaced: tuple[str, ...]) -> int:
        return sum(self.installed(replaced).own.values())


def main(graphs: int) -> None:
    print(f"{'builds':>6} {'search ms':>10} {'best':>6} {'all sets, times as long':>24}")
    for count in BUILDS:
        seconds, ratios, best = [], [], 0
        for seed in range(graphs):
            index = Index(random.Random(seed), count)
            before, after = index.installed(()), [index.installed((name,)) for name in index.old]
            began = time.perf_counter()
            groups = lightest(before, after)
            seconds.append(time.perf_counter() - began)
            chosen = tuple(index.old[number] for group in groups for number in group)
            if count <= LARGEST_EXHAUSTIVE:
                began = time.perf_counter()
                sets = (each for size in range(count + 1) for each in combinations(index.old, size))
                best += index.size(chosen) == min(map(index.size, sets))
                ratios.append((time.perf_counter() - began) / seconds[-1])
        proof, ratio = (f"{best}/{graphs}", f"{statistics.median(ratios):.1f}") if ratios else ("?", "?")
        print(f"{count:>6} {statistics.median(seconds) * 1000:>10.1f} {proof:>6} {ratio:>24}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else GRAPHS)
