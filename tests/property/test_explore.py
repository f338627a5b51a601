"""The explorer's sums against their definitions: files on any tree, marks on any graph."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deadweight.analysis.reporting import report_of
from deadweight.explore.marks import holders, outcome_of
from deadweight.explore.node import Node
from deadweight.explore.nodes import tree_of
from deadweight.graph import Graph
from deadweight.graph.reported import graph_of
from deadweight.inventory import take_inventory
from deadweight.model import Entry, FileTree
from deadweight.model.report import Report
from tests.builders import SITE, bare, bare_inventory, dist_files, make_tree, profile_of, requirements_file
from tests.property.test_retained import EXTRAS, NAMES, graphs, line, reachable

parts = st.sampled_from(["a", "b", "a-b", "a.b", "a0", "lib", "é", "\x1b[31m", "[red]"])
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)


def without_files_as_directories(found: set[str]) -> set[str]:
    return {path for path in found if not any(other.startswith(f"{path}/") for other in found)}


@st.composite
def trees(draw: st.DrawFn) -> FileTree:
    """Two distributions and other files, some of them hard links."""
    files = without_files_as_directories(draw(st.sets(paths, max_size=12)))
    own = dist_files("one", files={path: "" for path in files if path < "a.b"})
    installed = {**own, **dist_files("two"), **{f"loose/{path}": b"" for path in files}}
    tree = make_tree({f"{SITE}/{path}": content for path, content in installed.items()})
    sizes = st.integers(0, 1 << 40)
    entries = {path: entry._replace(size=draw(sizes)) for path, entry in tree.entries.items()}
    linked = draw(st.sets(st.sampled_from(sorted(entries)), max_size=4))
    size = draw(sizes)
    entries |= {path: Entry(size, None, (1, 1), "file") for path in linked}
    return FileTree(location="(memory)", entries=entries, reader=tree.reader, python="3.11.7")


def nodes_below(node: Node) -> list[Node]:
    return [node, *(each for inner in node.children for each in nodes_below(inner))]


@given(trees(), st.booleans())
def test_children__any_tree__sum_to_their_parent(tree: FileTree, saved: bool) -> None:
    inventory = take_inventory(tree)
    report = report_of(profile_of(inventory))
    shown = tree_of(report, None if saved else inventory)
    for view in shown.views.values():
        assert view.own == report.totals.apparent_bytes
        for node in nodes_below(view):
            if node.is_open:
                assert sum(each.own for each in node.children) == node.own
    if not saved:
        files = [node.path for node in nodes_below(shown.views["groups"]) if node.kind == "file"]
        assert sorted(files) == sorted(tree.entries)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    edge = st.tuples(st.sampled_from(names), st.sampled_from(EXTRAS), st.sampled_from(EXTRAS))
    asked = st.lists(st.tuples(st.sampled_from(names), st.sampled_from(EXTRAS), st.just("")), min_size=1, max_size=4)
    found = [
        bare(name, draw(st.integers(0, 1000)), requires=[line(e) for e in draw(st.lists(edge, max_size=4))])
        for name in names
    ]
    lines = "\n".join(map(line, draw(asked)))
    profile = profile_of(bare_inventory(*found), requirements_file(lines))
    report = Report.from_json(report_of(profile).to_json())
    # A saved report frees what the graph that it was made from frees.
    for marked in draw(st.lists(st.sets(st.sampled_from(names)), max_size=3)):
        assert set(outcome_of(graph_of(report), marked).leaving) == profile.dependencies.freed_by_dropping(marked)
    return report


@given(reports())
def test_outcome_of__saved_report__each_alone_is_the_freed_bytes_of_its_row(report: Report) -> None:
    for row in report.distributions:
        if row.freed_bytes is not None:
            assert outcome_of(graph_of(report), {row.key}).freed_bytes == row.freed_bytes


@given(graphs(), st.sets(st.sampled_from(NAMES)))
def test_outcome_of__any_marks__leaves_and_stays_by_definition(graph: Graph, chosen: set[str]) -> None:
    marked = chosen & set(graph.own)
    outcome = outcome_of(graph, marked)
    roots = [node for root in graph.roots if root.key not in marked for node in root.nodes()]
    kept = {node for node in reachable(graph.edges, roots) if isinstance(node, str)}
    assert set(outcome.leaving) == set(graph.own) - kept
    assert outcome.freed_bytes == sum(graph.own[key] for key in outcome.leaving)
    reached = {key for each in marked for key in graph.closure_of(each)}
    assert {each.key for each in outcome.staying} == reached & kept
    for each in outcome.staying:
        # Somebody holds it: itself, as a requirement, or another root that is not marked.
        assert each.requested or each.holders
        assert not set(each.holders) & marked
        assert all(each.key in graph.closure([r]) for r in graph.roots if r.key in each.holders)
        assert holders(graph, each.key, marked) == each.holders
