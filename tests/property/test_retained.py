"""Closure, retained and freed bytes against their definition, on graphs of any shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import networkx
from hypothesis import given
from hypothesis import strategies as st

from deadweight.graph import Graph, base, build_graph, weigh
from tests.builders import bare, bare_inventory, wants

NAMES = tuple("abcdefgh")
EXTRAS = ("", "x", "y")
Edges = Mapping[str, Collection[str]]


# --- the definition (HOUSE_STYLE, section 9): what it says is what counts --------------------------


def reachable(edges: Edges, roots: Iterable[str], without: Collection[str] = ()) -> set[str]:
    seen: set[str] = set()
    stack = [node for node in roots if node not in without]
    while stack:
        seen.add(node := stack.pop())
        stack += [n for n in edges.get(node, ()) if n not in without and n not in seen]
    return seen


def nodes_of(graph: Graph, key: str) -> set[str]:
    """Return a distribution's node, and the nodes of its extras: they all go with it."""
    return {node for node in {*graph.edges, *graph.own} if base(node) == key}


def start(graph: Graph) -> list[str]:
    return [node for root in graph.roots for node in root.nodes()]


def retained(graph: Graph, key: str) -> set[str]:
    with_it = {base(n) for n in reachable(graph.edges, start(graph))}
    return with_it - {base(n) for n in reachable(graph.edges, start(graph), without=nodes_of(graph, key))}


# --- graphs: name → bytes, requirement lines; and the user's lines ---------------------------------


def line(edge: tuple[str, str, str]) -> str:
    """Return the PEP 508 line for (target, extra of the target, extra that it waits for)."""
    target, wanted, waits_for = edge
    return f"{target}{f'[{wanted}]' if wanted else ''}{f' ; extra == {waits_for!r}' if waits_for else ''}"


@st.composite
def graphs(draw: st.DrawFn, *, extras: tuple[str, ...] = EXTRAS) -> Graph:
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    edge = st.tuples(st.sampled_from(names), st.sampled_from(extras), st.sampled_from(extras))
    asked = st.lists(st.tuples(st.sampled_from(names), st.sampled_from(extras), st.just("")), min_size=1, max_size=4)
    found = [
        bare(name, draw(st.integers(0, 1000)), requires=[line(e) for e in draw(st.lists(edge, max_size=4))])
        for name in names
    ]
    return build_graph(bare_inventory(*found), wants(*map(line, draw(asked))))


@given(graphs())
def test_retained_by__any_graph__is_its_definition(graph: Graph) -> None:
    for key in graph.own:
        assert graph.retained_by(key) == retained(graph, key)


@given(graphs())
def test_weigh__any_graph__is_the_sums_of_the_sets(graph: Graph) -> None:
    for key, weight in weigh(graph).items():
        closure = {base(n) for n in reachable(graph.edges, nodes_of(graph, key))}
        assert weight.closure == sum(graph.own[k] for k in closure)
        assert weight.retained == sum(graph.own[k] for k in retained(graph, key))
        if key in {root.key for root in graph.roots}:
            others = [node for root in graph.roots if root.key != key for node in root.nodes()]
            kept = {base(n) for n in reachable(graph.edges, others)}
            assert weight.freed == sum(graph.own.values()) - sum(graph.own[k] for k in kept)
        else:
            assert weight.freed is None


@given(graphs())
def test_weigh__any_graph__own_at_most_retained_at_most_closure(graph: Graph) -> None:
    for key, weight in weigh(graph).items():
        assert graph.own[key] <= weight.retained <= weight.closure
        assert weight.freed is None or weight.freed <= weight.retained


@given(graphs())
def test_roots__any_graph__reach_everything_and_free_everything(graph: Graph) -> None:
    assert graph.closure(graph.roots) == set(graph.own)
    assert graph.freed_by_dropping({root.key for root in graph.roots}) == set(graph.own)
    assert graph.freed_by_dropping(()) == set()


@given(graphs())
def test_holders__any_graph__dropping_them_all_frees_what_they_hold(graph: Graph) -> None:
    direct = {root.key for root in graph.direct}
    for key, holders in graph.holders().items():
        assert set(holders) <= direct - {key}
        if not graph.strays and key not in direct:
            assert key in graph.freed_by_dropping(set(holders))


@given(graphs(extras=("",)))
def test_retained_bytes__without_extras__are_the_dominator_trees_subtree_sums(graph: Graph) -> None:
    whole = graph.networkx()
    whole.add_edges_from(("", root.key) for root in graph.roots)
    dominators = networkx.immediate_dominators(whole, "")
    below = {key: graph.own[key] for key in graph.own}
    for key in graph.own:
        above = dominators[key]
        while above:
            below[above] += graph.own[key]
            above = dominators[above]
    assert {key: weight.retained for key, weight in weigh(graph).items()} == below
