"""Closure, retained and freed bytes against their definition, on graphs of any shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.graph import Edges, Graph, Holders, Node, Root, base, build_graph, holders, weigh
from deadweight.graph.closures import closure_bytes
from deadweight.graph.condensation import condense
from deadweight.graph.dominators import dominator_tree
from deadweight.graph.holding import reached_by_others
from deadweight.graph.weights import Leaves, leaves
from tests.builders import bare, bare_inventory, wants

NAMES = tuple("abcdefgh")
EXTRAS = ("", "x", "y")


# --- the definition (HOUSE_STYLE, section 9): what it says is what counts --------------------------


def reachable(edges: Edges, roots: Iterable[Node], without: Collection[Node] = ()) -> set[Node]:
    seen: set[Node] = set()
    stack = [node for node in roots if node not in without]
    while stack:
        seen.add(node := stack.pop())
        stack += [n for n in edges.get(node, ()) if n not in without and n not in seen]
    return seen


def nodes_of(graph: Graph, key: str) -> set[Node]:
    """Return a distribution's node, and the nodes of its extras: they all go with it."""
    return {node for node in {*graph.edges, *graph.own} if base(node) == key}


def start(graph: Graph) -> list[Node]:
    return [node for root in graph.roots for node in root.nodes()]


def retained(graph: Graph, key: str) -> set[str]:
    with_it = {base(n) for n in reachable(graph.edges, start(graph))}
    return with_it - {base(n) for n in reachable(graph.edges, start(graph), without=nodes_of(graph, key))}


# --- graphs: name → bytes, requirement lines; and the user's lines ---------------------------------


def line(edge: tuple[str, str, str]) -> str:
    """Return the PEP 508 line for (target, extra of the target, extra that it waits for)."""
    target, requirement, waits_for = edge
    return f"{target}{f'[{requirement}]' if requirement else ''}{f' ; extra == {waits_for!r}' if waits_for else ''}"


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


@given(graphs(), st.integers(1, 4))
def test_leaves__any_graph__are_what_is_retained_besides_it(graph: Graph, most: int) -> None:
    found = leaves(graph, set(graph.own) - {"a"}, most)
    assert "a" not in found
    for key in set(graph.own) - {"a"}:
        expected = sorted(retained(graph, key) - {key}, key=lambda leaf: (-graph.own[leaf], leaf))
        assert found.get(key, Leaves()) == Leaves(tuple(expected[:most]), len(expected))


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


@given(graphs(), st.sets(st.sampled_from(NAMES)))
def test_freed_by_dropping__any_roots__is_what_no_other_root_reaches(graph: Graph, keys: set[str]) -> None:
    others = [node for root in graph.roots if root.key not in keys for node in root.nodes()]
    kept = {base(n) for n in reachable(graph.edges, others)}
    assert graph.freed_by_dropping(keys) == set(graph.own) - kept


@given(graphs(), st.sets(st.sampled_from(NAMES)))
def test_reaching__any_keys__is_what_has_one_of_them_in_its_closure(graph: Graph, keys: set[str]) -> None:
    keys &= set(graph.own)
    assert graph.reaching(keys) == {key for key in graph.own if not keys.isdisjoint(graph.closure_of(key))}


@given(graphs(), st.integers(1, 3))
def test_holders__any_graph__are_the_roots_that_reach_it(graph: Graph, most: int) -> None:
    found = holders(graph, graph.direct, most)
    for key in graph.own:
        reaching = tuple(r.key for r in graph.direct if r.key != key and key in graph.closure([r]))
        assert graph.holders_of(key) == reaching
        assert found.get(key, Holders()) == Holders(reaching[:most], len(reaching))


@given(graphs(), st.integers(1, 3))
def test_holders__in_blocks__are_the_same(graph: Graph, block: int) -> None:
    whole = holders(graph, graph.roots, 2)
    assert holders(graph, graph.roots, 2, block=block) == whole


@given(graphs(), st.integers(1, 3), st.sampled_from((0, 12)))
def test_closure_bytes__in_blocks_of_any_kind__are_the_same(graph: Graph, block: int, few: int) -> None:
    whole = closure_bytes(graph, graph.own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deadweight.graph.closures._FEW", few)
        assert closure_bytes(graph, graph.own, block=block) == whole


@given(graphs(extras=("",)))
def test_strays__any_graph__hold_what_no_other_root_reaches_first(graph: Graph) -> None:
    """Each stray is needed as a root: nothing that stands above it reaches it."""
    for stray in graph.strays:
        assert stray.key not in graph.closure(graph.direct)
        others = graph.closure(root for root in graph.strays if root != stray)
        assert stray.key not in others or any(
            root.key in graph.closure([stray]) for root in graph.strays if root != stray
        )


@given(graphs(), st.sets(st.sampled_from(NAMES)))
def test_reached_by_others__any_graph__are_reached_from_another_root(graph: Graph, asked: set[str]) -> None:
    """A root that only itself leads back to, by way of a cycle, is reached by no other one."""
    roots = [Root(key, graph.extras.get(key, frozenset())) for key in sorted(asked & set(graph.own))]
    reached = {key for root in roots for key in graph.closure([root]) if key != root.key}
    assert reached_by_others(graph.edges, roots, list(graph.own)) == reached


DIGRAPHS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40)


@given(DIGRAPHS)
def test_condense__any_digraph__is_networkxs_condensation(pairs: list[tuple[int, int]]) -> None:
    edges: dict[Node, list[Node]] = {}
    for source, target in pairs:
        edges.setdefault(str(source), []).append(str(target))
    found = condense(edges, map(str, range(10)))
    whole = networkx.DiGraph([(s, t) for s, targets in edges.items() for t in targets])
    whole.add_nodes_from(map(str, range(10)))
    assert {*map(frozenset, found.members)} == {*map(frozenset, networkx.strongly_connected_components(whole))}
    for number, targets in enumerate(found.targets):
        assert all(target < number for target in targets)
        leads = {found.number[t] for node in found.members[number] for t in edges.get(node, ())} - {number}
        assert {*targets} == leads


@given(DIGRAPHS)
def test_dominator_tree__any_digraph__is_networkxs(pairs: list[tuple[int, int]]) -> None:
    targets: list[list[int]] = [[] for _ in range(10)]
    for source, target in pairs:
        targets[source].append(target)
    order, dominator = dominator_tree(targets, 0)
    whole = networkx.DiGraph(pairs)
    whole.add_nodes_from(range(10))
    expected = networkx.immediate_dominators(whole, 0)
    assert {v: dominator[v] for v in order if v} == {v: above for v, above in expected.items() if v}
    assert all(dominator[v] == -1 for v in range(10) if v not in order)
    location = {v: n for n, v in enumerate(order)}
    assert all(location[dominator[v]] < location[v] for v in order if v)


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
