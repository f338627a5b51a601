"""The cheapest steps against all subsets of them, on clauses and graphs of any shape."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from deadweight.graph import Graph
from deadweight.reaching import Chunk, Limits, Solution, Step, chunks_of, solve
from tests.property.test_retained import graphs

# Few sizes and costs, so that there are ties.
SIZES = st.integers(0, 6) | st.integers(0, 10**12)
COSTS = st.integers(1, 4) | st.integers(1, 1000)


# --- the definition ---------------------------------------------------------------------------------


def freed(chunks: Collection[Chunk], chosen: Collection[str]) -> int:
    return sum(
        chunk.bytes
        for chunk in chunks
        if chunk.also & set(chosen) or all(clause & set(chosen) for clause in chunk.clauses)
    )


def cheapest(steps: Collection[Step], chunks: Collection[Chunk], need: int) -> tuple[int, int, int, tuple[str, ...]]:
    """Return cost, minus the freed bytes, number and names of the best subset."""
    found = []
    for count in range(len(steps) + 1):
        for chosen in combinations(sorted(steps), count):
            names = tuple(step.name for step in chosen)
            size = freed(chunks, names)
            if size >= need:
                found.append((sum(step.cost for step in chosen), -size, count, names))
    return min(found)


def check(steps: Sequence[Step], chunks: Sequence[Chunk], need: int) -> None:
    solution = solve(steps, chunks, need)
    assert solution.most == freed(chunks, [step.name for step in steps])
    assert solution.reached == (solution.most >= need)
    if solution.reached:
        expected = cheapest(steps, chunks, need)
        assert (solution.cost, -solution.bytes, len(solution.steps), solution.steps) == expected
        assert solution.optimal
        assert solution.settled
    else:
        assert solution == Solution(most=solution.most, reached=False)


# --- problems ---------------------------------------------------------------------------------------


@st.composite
def problems(draw: st.DrawFn, most: int = 9) -> tuple[list[Step], list[Chunk], int]:
    count = draw(st.integers(0, most))
    steps = [Step(f"s{number:02}", draw(COSTS)) for number in range(count)]
    names = [step.name for step in steps]
    clause = st.frozensets(st.sampled_from(names), max_size=3) if names else st.just(frozenset[str]())
    clauses = st.frozensets(clause, max_size=4)
    also = st.just(frozenset[str]()) | clause
    chunks = [Chunk(draw(SIZES), draw(clauses), draw(also)) for _ in range(draw(st.integers(0, 12)))]
    return steps, chunks, draw(st.integers(0, sum(chunk.bytes for chunk in chunks) + 1))


@given(problems())
def test_solve__any_clauses__is_the_best_of_all_subsets(problem: tuple[list[Step], list[Chunk], int]) -> None:
    check(*problem)


@given(st.lists(st.tuples(COSTS, SIZES), max_size=12), st.data())
def test_solve__steps_that_share_nothing__is_the_best_of_all_subsets(
    pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    steps = [Step(f"s{number:02}", cost) for number, (cost, _) in enumerate(pairs)]
    chunks = [Chunk(size, frozenset({frozenset({step.name})})) for step, (_, size) in zip(steps, pairs, strict=True)]
    check(steps, chunks, data.draw(st.integers(0, sum(size for _, size in pairs) + 1)))


@given(problems(most=12), st.integers(0, 5))
def test_solve__few_nodes__claims_only_what_holds(problem: tuple[list[Step], list[Chunk], int], nodes: int) -> None:
    steps, chunks, need = problem
    best = solve(steps, chunks, need)
    found = solve(steps, chunks, need, Limits(nodes=nodes))
    assert found.most == best.most
    assert found.reached == best.reached
    if found.reached:
        assert found.bound <= best.cost <= found.cost == sum(s.cost for s in steps if s.name in found.steps)
        assert need <= found.bytes == freed(chunks, found.steps)
        assert not found.settled or found == best


@given(problems(), st.randoms(use_true_random=False))
def test_solve__any_order__is_the_same(problem: tuple[list[Step], list[Chunk], int], random: object) -> None:
    steps, chunks, need = problem
    expected = solve(steps, chunks, need)
    assert solve(steps[::-1], chunks[::-1], need) == expected


# --- graphs -----------------------------------------------------------------------------------------


@given(graphs(), st.data())
def test_chunks_of__any_graph_and_drops__free_what_dropping_frees(graph: Graph, data: st.DataObject) -> None:
    keys = sorted({root.key for root in graph.roots})
    droppable = data.draw(st.sets(st.sampled_from(keys)))
    drops = {key: Step(f"drop {key}", 1) for key in droppable}
    chunks = chunks_of(graph, drops)
    assert sum(chunk.bytes for chunk in chunks) == sum(graph.own.values())
    for count in range(len(droppable) + 1):
        for dropped in combinations(sorted(droppable), count):
            expected = graph.bytes_of(graph.freed_by_dropping(dropped))
            assert freed(chunks, [drops[key].name for key in dropped]) == expected


@given(graphs(), st.data())
def test_chunks_of__trims_and_swaps__are_freed_once(graph: Graph, data: st.DataObject) -> None:
    drops = {root.key: Step(f"drop {root.key}", 1) for root in graph.direct}
    trimming = [Step("trim docs", 2), Step("trim tests", 1)]
    swapping = [Step("swap a", 3), Step("swap b", 4)]
    trims = {key: {step: data.draw(st.integers(0, own // 2)) for step in trimming} for key, own in graph.own.items()}
    swaps = {
        key: {step: data.draw(st.integers(0, own)) for step in data.draw(st.sets(st.sampled_from(swapping)))}
        for key, own in graph.own.items()
    }
    chunks = chunks_of(graph, drops, trims, swaps)
    steps = [*trimming, *swapping, *{step.name: step for step in drops.values()}.values()]
    for chosen in [data.draw(st.sets(st.sampled_from(steps))) for _ in range(5)]:
        gone = graph.freed_by_dropping({key for key, step in drops.items() if step in chosen})
        expected = graph.bytes_of(gone)
        for key in set(graph.own) - gone:
            trimmed = [size for step, size in trims[key].items() if step in chosen]
            swapped = max((size for step, size in swaps[key].items() if step in chosen), default=0)
            # Trimmed files count as part of what a swap saves, where they fit.
            in_place = [
                range(start, start + trims[key][step])
                for step, start in zip(trimming, (0, trims[key][trimming[0]]), strict=True)
                if step in chosen
            ]
            assert sum(map(len, in_place)) == sum(trimmed)
            expected += swapped + sum(max(0, r.stop - max(r.start, swapped)) for r in in_place)
        assert freed(chunks, [step.name for step in chosen]) == expected
    check(steps[:8], [c for c in chunks if {s.name for s in steps[:8]} >= c.also.union(*c.clauses)], 1)
