"""Chunks of a graph: who frees which bytes."""

from __future__ import annotations

import pytest

from deadweight.graph import Graph, build_graph
from deadweight.reaching import Chunk, Step, chunks_of
from tests.builders import bare, bare_inventory, wants

DROP_A, DROP_B = Step("drop a", 2), Step("drop b", 3)
DOCS, TESTS = Step("trim docs", 1), Step("trim tests", 1)
SWAP, OTHER = Step("swap shared", 4), Step("swap shared for another", 4)


def graph() -> Graph:
    """Return a graph in which a and b[x] require shared, and c stays."""
    return build_graph(
        bare_inventory(
            bare("a", 10, requires=["shared"]), bare("b", 20, requires=["shared; extra == 'x'"]), bare("c", 5),
            bare("shared", 100),
        ),
        wants("a", "b[x]", "c"),
    )  # fmt: skip


def clauses(*each: set[str]) -> frozenset[frozenset[str]]:
    return frozenset(map(frozenset, each))


def test_chunks_of__drops__one_clause_per_root_that_reaches_it() -> None:
    assert {*chunks_of(graph(), {"a": DROP_A, "b": DROP_B})} == {
        Chunk(10, clauses({"drop a"})),
        Chunk(20, clauses({"drop b"})),
        Chunk(100, clauses({"drop a"}, {"drop b"})),
        Chunk(5, clauses(set())),
    }


def test_chunks_of__one_step_for_two_roots__one_clause() -> None:
    assert {*chunks_of(graph(), {"a": DROP_A, "b": DROP_A})} == {
        Chunk(130, clauses({"drop a"})),
        Chunk(5, clauses(set())),
    }


def test_chunks_of__root_that_stays__keeps_all_but_trimmed_bytes() -> None:
    assert {*chunks_of(graph(), {"a": DROP_A}, {"shared": {TESTS: 30}})} == {
        Chunk(10, clauses({"drop a"})),
        Chunk(25, clauses(set())),
        Chunk(70, clauses({"drop a"}, set())),
        Chunk(30, clauses({"drop a"}, set()), frozenset({"trim tests"})),
    }


def test_chunks_of__trims_and_swaps__count_each_byte_once() -> None:
    drops = {"a": DROP_A, "b": DROP_B}
    found = {
        chunk
        for chunk in chunks_of(graph(), drops, {"shared": {TESTS: 30, DOCS: 10}}, {"shared": {SWAP: 70, OTHER: 20}})
        if len(chunk.clauses) > 1
    }

    def freed(size: int, *steps: Step) -> Chunk:
        return Chunk(size, clauses({"drop a"}, {"drop b"}), frozenset(step.name for step in steps))

    assert found == {
        freed(10, DOCS, SWAP, OTHER),
        freed(10, TESTS, SWAP, OTHER),
        freed(20, TESTS, SWAP),
        freed(30, SWAP),
        freed(30),
    }


@pytest.mark.parametrize(
    ("trims", "swaps"),
    [({"c": {TESTS: 3, DOCS: 3}}, {}), ({}, {"c": {SWAP: 6}})],
)
def test_chunks_of__more_than_the_distribution_has__is_refused(
    trims: dict[str, dict[Step, int]], swaps: dict[str, dict[Step, int]]
) -> None:
    with pytest.raises(ValueError, match="c: steps save more than its 5 bytes"):
        chunks_of(graph(), {}, trims, swaps)
