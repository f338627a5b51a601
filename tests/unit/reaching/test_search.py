"""The cheapest steps: examples that can be checked by hand, hard ones, and limits."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from deadweight.reaching import Chunk, Limits, Solution, Step, solve

MB = 1_000_000


def chunk(size: int, *clauses: str) -> Chunk:
    """Return a chunk; the names in a clause are separated by spaces."""
    return Chunk(size, frozenset(frozenset(clause.split()) for clause in clauses))


def steps(**costs: int) -> list[Step]:
    return [Step(name, cost) for name, cost in costs.items()]


def alone(pairs: Iterable[tuple[int, int]]) -> tuple[list[Step], list[Chunk]]:
    """Return steps that share nothing, for pairs of cost and bytes."""
    found = [(Step(f"step-{number:03}", cost), size) for number, (cost, size) in enumerate(pairs)]
    return [step for step, _ in found], [Chunk(size, frozenset({frozenset({step.name})})) for step, size in found]


def test_solve__shared_bytes__are_freed_by_all_their_steps_only() -> None:
    chunks = [chunk(100 * MB, "pandas", "dask"), chunk(30 * MB, "dask"), chunk(40 * MB, "boto3")]
    available = steps(pandas=2, dask=2, boto3=3)
    assert solve(available, chunks, 35 * MB).steps == ("boto3",)
    assert solve(available, chunks, 60 * MB).steps == ("dask", "pandas")
    assert solve(available, chunks, 140 * MB) == Solution(
        steps=("boto3", "dask", "pandas"), cost=7, bytes=170 * MB, most=170 * MB, bound=7
    )


def test_solve__trims__free_what_stays() -> None:
    chunks = [chunk(10, "a", "b"), chunk(6, "a tests", "b tests"), chunk(3, "c tests")]
    assert solve(steps(a=2, b=2, c=1, tests=1), chunks, 9).steps == ("tests",)
    assert solve(steps(a=2, b=2, c=1, tests=9), chunks, 16).steps == ("a", "b")
    assert solve(steps(a=2, b=2, c=1, tests=9), chunks, 17).steps == ("a", "b", "c")


def test_solve__need_out_of_reach__returns_what_all_steps_free() -> None:
    chunks = [chunk(10, "a"), chunk(90, "a", "")]
    solution = solve(steps(a=1, b=1), chunks, 11)
    assert solution == Solution(most=10, reached=False)
    assert not solution.optimal
    assert solve(steps(a=1, b=1), chunks, solution.most).steps == ("a",)


@pytest.mark.parametrize("need", [0, -5])
def test_solve__nothing_needed__chooses_nothing(need: int) -> None:
    solution = solve(steps(a=1), [chunk(10, "a")], need)
    assert solution == Solution(most=10)
    assert solution.optimal


def test_solve__no_steps__frees_what_has_no_clause() -> None:
    assert solve([], [chunk(10)], 10) == Solution(bytes=10, most=10)
    assert not solve([], [chunk(10)], 11).reached


def test_solve__ties__most_bytes_then_fewest_steps_then_first_names() -> None:
    assert solve(steps(a=1, b=1), [chunk(5, "a"), chunk(6, "b")], 5).steps == ("b",)
    assert solve(steps(a=1, b=1, c=2), [chunk(5, "a"), chunk(5, "b"), chunk(10, "c")], 10).steps == ("c",)
    assert solve(steps(c=1, b=1, a=1), [chunk(5, "c"), chunk(5, "b"), chunk(5, "a")], 10).steps == ("a", "b")


def test_solve__many_interchangeable_steps__returns_the_first_names() -> None:
    available, chunks = alone([(3, 10)] * 60)
    assert solve(available, chunks, 300).steps == tuple(step.name for step in available[:30])
    # The same, but only pairs free anything.
    pairs = [chunk(10, a.name, b.name) for a, b in zip(available[::2], available[1::2], strict=True)]
    solution = solve(available, pairs, 150)
    assert solution.settled
    assert solution.steps == tuple(step.name for step in available[:30])


def test_solve__sixty_steps_with_nearly_equal_bytes_per_point__is_proven() -> None:
    pick = random.Random(1)
    costs = [pick.randint(100, 200) for _ in range(60)]
    available, chunks = alone((cost, cost * 100_000 + pick.randint(0, 1000)) for cost in costs)
    for percent in (10, 50, 90):
        solution = solve(available, chunks, sum(each.bytes for each in chunks) * percent // 100)
        assert solution.optimal
        assert solution.settled


def test_solve__constant_bytes_on_top__is_proven() -> None:
    """Bytes that are the cost plus a constant are the classical hard case for branch and bound."""
    pick = random.Random(2)
    costs = [pick.randint(1, 1000) for _ in range(60)]
    available, chunks = alone((cost, cost + 100) for cost in costs)
    solution = solve(available, chunks, sum(each.bytes for each in chunks) // 2)
    assert solution.optimal
    assert solution.settled


def test_solve__no_nodes_left__returns_a_set_and_a_bound() -> None:
    pick = random.Random(3)
    available = [Step(f"s{number}", pick.randint(1, 50)) for number in range(30)]
    names = [step.name for step in available]
    chunks = [chunk(pick.randint(1, 1000), *pick.sample(names, 3)) for _ in range(100)]
    need = sum(each.bytes for each in chunks) // 3
    quick = solve(available, chunks, need, Limits(nodes=3))
    assert quick.reached
    assert not quick.settled
    assert not quick.optimal
    proven = solve(available, chunks, need)
    assert 0 < quick.bound <= proven.cost <= quick.cost
    assert proven.optimal


def test_solve__no_time__returns_a_set() -> None:
    available, chunks = alone([(3, 10), (5, 17), (7, 23)])
    quick = solve(available, chunks, 30, Limits(seconds=-1))
    assert quick.reached
    assert not quick.settled


@pytest.mark.parametrize(
    ("available", "message"),
    [
        ([Step("a", 0)], "costs above 0"),
        ([Step("a", 1), Step("a", 2)], "unique names"),
        ([Step("b", 1)], "unknown steps: a"),
    ],
)
def test_solve__invalid_steps__is_refused(available: list[Step], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve(available, [chunk(1, "a")], 1)
