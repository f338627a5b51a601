"""What dropping several distributions together frees, and who holds the rest."""

from __future__ import annotations

from deadweight.explore.marks import Outcome, Staying, holders, outcome_of
from deadweight.graph import build_graph
from tests.builders import bare, bare_inventory, wants

# web and api need http; only both together free it.
SHARED = (bare("web", 10, requires=["http"]), bare("api", 20, requires=["http"]), bare("http", 400))


def test_outcome_of__nothing__frees_nothing() -> None:
    assert outcome_of(build_graph(bare_inventory(*SHARED), wants("web", "api")), ()) == Outcome()


def test_outcome_of__two_that_share_a_dependency__frees_more_than_each_alone() -> None:
    graph = build_graph(bare_inventory(*SHARED), wants("web", "api"))
    assert outcome_of(graph, {"web"}).freed_bytes == 10
    assert outcome_of(graph, {"api"}).freed_bytes == 20
    both = outcome_of(graph, {"web", "api"})
    assert (both.freed_bytes, both.leaving, both.staying) == (430, ("http", "api", "web"), ())


def test_outcome_of__dependency_of_another__stays_with_its_holder() -> None:
    graph = build_graph(bare_inventory(*SHARED), wants("web", "api"))
    assert outcome_of(graph, {"web"}).staying == (Staying("http", 400, False, ("api",)),)


def test_outcome_of__marked_that_another_needs__stays_first() -> None:
    distributions = (bare("a", 1, requires=["b"]), bare("b", 2, requires=["c"]), bare("c", 300))
    graph = build_graph(bare_inventory(*distributions), wants("a", "b"))
    outcome = outcome_of(graph, {"b"})
    assert (outcome.freed_bytes, outcome.leaving) == (0, ())
    assert [each.key for each in outcome.staying] == ["b", "c"]
    assert outcome.staying[0].holders == ("a",)


def test_outcome_of__dependency_that_is_requested_itself__says_so() -> None:
    graph = build_graph(bare_inventory(SHARED[0], SHARED[2]), wants("web", "http"))
    assert outcome_of(graph, {"web"}).staying == (Staying("http", 400, True, ()),)


def test_outcome_of__transitive__is_not_freed_by_its_mark_alone() -> None:
    graph = build_graph(bare_inventory(*SHARED), wants("web"))
    assert outcome_of(graph, {"http"}).freed_bytes == 0
    assert outcome_of(graph, {"http", "web", "api"}).freed_bytes == 430


def test_holders__of_something_that_no_requirement_needs__are_what_nothing_requires() -> None:
    distributions = (*SHARED, bare("stray", 1, requires=["lib"]), bare("lib", 5))
    graph = build_graph(bare_inventory(*distributions), wants("web"))
    assert holders(graph, "lib") == ("stray",)
    assert holders(graph, "lib", {"stray"}) == ()
