"""Report, and the inventory if it was measured now → the tree that is browsed. The children of a node sum to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from deadweight.explore.directories import Directory
from deadweight.explore.files import Files, by_key
from deadweight.explore.node import Node
from deadweight.graph.reported import graph_of
from deadweight.model import GROUPS, Inventory, Largest
from deadweight.report.units import path_in_site

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deadweight.graph.value import Graph
    from deadweight.model.report import BreakdownRow, ImageReport, LayerFacts, Report, Row

ViewName = Literal["groups", "distributions", "breakdown", "layers"]
REST = "(other files)"
UNOWNED = "(no distribution)"


class Tree(Struct, frozen=True, kw_only=True):
    """What is browsed: views of the same bytes, except that the breakdown and the layers of an image also contain what
    later layers hide.

    views: "groups", "distributions", for a whole system "breakdown", and for an image "layers"
    """

    report: Report
    graph: Graph
    views: Mapping[ViewName, Node]


def tree_of(report: Report, inventory: Inventory | None = None) -> Tree:
    """Return the tree of a report.

    inventory: of the same measurement, for all files; None for a saved report, which names only the largest
    """
    graph = graph_of(report)
    files = by_key(inventory) if inventory else {}
    rows = {row.key: _distribution(row, files.get(row.key)) for row in report.distributions}
    others = [_unowned(report, files.get(None))] if report.unowned.files else []
    total = report.totals
    whole = partial(Node, kind="top", own=total.apparent_bytes, files=total.files, native=total.native_bytes)
    views: dict[ViewName, Node] = {
        "groups": whole(name="groups", contents=lambda: (*_groups(report, graph, rows), *others)),
        "distributions": whole(name="distributions", contents=lambda: (*rows.values(), *others)),
    }
    if report.system is not None and report.system.breakdown:
        views["breakdown"] = _breakdown(report.system.breakdown, report, rows)
    if report.image is not None and report.image.layers:
        views["layers"] = _layers(report.image)
    return Tree(report=report, graph=graph, views=views)


def _groups(report: Report, graph: Graph, rows: Mapping[str, Node]) -> Iterator[Node]:
    for group in GROUPS:
        inside = [row for row in report.distributions if row.group == group]
        if inside:
            dropped = graph.freed_by_dropping({row.key for row in inside})
            yield Node(
                kind="group",
                name=group,
                own=sum(row.apparent_bytes for row in inside),
                files=sum(row.files for row in inside),
                native=sum(row.native_bytes for row in inside),
                freed=graph.bytes_of(dropped),
                contents=partial(map, rows.__getitem__, [row.key for row in inside]),
            )


def _distribution(row: Row, files: Files | None) -> Node:
    # An editable distribution may have no files here, and an estimated one other files than its archive.
    known = files is not None and files.sums[-1] == row.apparent_bytes
    return Node(
        kind="distribution",
        name=row.key if row.version is None else f"{row.key} {row.version}",
        own=row.apparent_bytes,
        files=row.files,
        native=row.native_bytes,
        retained=row.retained_bytes,
        freed=row.freed_bytes,
        key=row.key,
        contents=partial(Directory, files, row.key) if files and known else partial(_largest, row),
    )


def _unowned(report: Report, files: Files | None) -> Node:
    size = report.unowned
    known = files is not None and files.sums[-1] == size.apparent_bytes
    return Node(
        kind="unowned",
        name=UNOWNED,
        own=size.apparent_bytes,
        files=size.files,
        native=size.native_bytes,
        contents=partial(Directory, files, "") if files and known else partial(_sorts, report),
    )


def _largest(row: Row) -> tuple[Node, ...]:
    """Return what a report names of the files of a distribution, and the rest."""
    inside: dict[str, list[Node]] = {directory.path: [] for directory in row.largest_directories}
    apart: list[Node] = []
    for file in row.largest_files:
        # A directory of a report may contain another one of it, and does not include its bytes.
        directory = max((path for path in inside if file.path.startswith(f"{path}/")), key=len, default=None)
        name = path_in_site(file.path) if directory is None else file.path.removeprefix(f"{directory}/")
        node = Node(kind="file", name=name, own=file.apparent_bytes, files=1, key=row.key, path=file.path)
        (apart if directory is None else inside[directory]).append(node)
    directories = [_largest_directory(row, directory, inside[directory.path]) for directory in row.largest_directories]
    return _with_rest([*directories, *apart], row.apparent_bytes, row.key)


def _largest_directory(row: Row, directory: Largest, files: list[Node]) -> Node:
    return Node(
        kind="directory",
        name=f"{path_in_site(directory.path)}/",
        own=directory.apparent_bytes,
        key=row.key,
        path=f"{directory.path}/",
        contents=partial(_with_rest, files, directory.apparent_bytes, row.key),
    )


def _sorts(report: Report) -> tuple[Node, ...]:
    """Return the sorts of files that no distribution owns, with their largest directories if the report has them."""
    if report.system is None:
        sorts = [Node(kind="part", name=kind, own=size) for kind, size in report.unowned.kinds.items()]
        return _with_rest(sorts, report.unowned.apparent_bytes)
    nodes = []
    for sort in report.system.contents:
        directories = [
            Node(kind="part", name=f"{each.directory}/", own=each.apparent_bytes, path=f"{each.directory}/")
            for each in sort.largest
        ]
        contents = partial(_with_rest, directories, sort.apparent_bytes)
        nodes.append(Node(kind="part", name=sort.name, own=sort.apparent_bytes, files=sort.files, contents=contents))
    return _with_rest(nodes, report.unowned.apparent_bytes)


def _breakdown(areas: Iterable[BreakdownRow], report: Report, rows: Mapping[str, Node]) -> Node:
    """Return where the bytes of a whole system are."""
    nodes = [_area(area, report, rows) for area in areas]
    return Node(kind="top", name="breakdown", own=sum(node.own for node in nodes), contents=lambda: nodes)


def _area(area: BreakdownRow, report: Report, rows: Mapping[str, Node]) -> Node:
    """Return a row of the breakdown: of distributions, all of them; of other files, the largest parts."""
    inside = [rows[row.key] for row in report.distributions if area.group and row.group == area.group]
    parts = [Node(kind="part", name=part.name or f"({part.kind})", own=part.apparent_bytes) for part in area.largest]
    contents = partial(_with_rest, inside or parts, area.apparent_bytes)
    return Node(kind="part", name=area.name, own=area.apparent_bytes, contents=contents if inside or parts else None)


def _layers(image: ImageReport) -> Node:
    layers = [_layer(number, layer, image) for number, layer in enumerate(image.layers)]
    return Node(
        kind="top",
        name="layers",
        own=image.shipped_bytes,
        files=sum(layer.files for layer in image.layers),
        contents=lambda: _with_rest(layers, image.shipped_bytes),
    )


def _layer(number: int, layer: LayerFacts, image: ImageReport) -> Node:
    """Return a layer, which contains what a container sees and what later layers hide."""
    wasted = [
        Node(kind="part", name=f"/{each.path}", own=each.wasted_bytes, path=each.path, number=number)
        for each in image.wasted_paths
        if each.layer == number
    ]
    hidden = Node(
        kind="part",
        name="(deleted or replaced by later layers)",
        own=layer.wasted_bytes,
        number=number,
        contents=partial(_with_rest, wasted, layer.wasted_bytes) if wasted else None,
    )
    seen = Node(
        kind="part", name="(in the image)", own=max(0, layer.apparent_bytes - layer.wasted_bytes), number=number
    )
    return Node(
        kind="layer",
        name=f"{number} {layer.command or layer.digest}",
        own=layer.apparent_bytes,
        files=layer.files,
        number=number,
        contents=lambda: _with_rest([seen, hidden] if hidden.own else [seen], layer.apparent_bytes),
    )


def _with_rest(nodes: list[Node], total: int, key: str = "") -> tuple[Node, ...]:
    """Return nodes and what they lack of a total; only the total if a report contradicts itself."""
    rest = total - sum(node.own for node in nodes)
    if rest < 0:
        return (Node(kind="rest", name=REST, own=total, key=key),)
    return (*nodes, Node(kind="rest", name=REST, own=rest, key=key)) if rest else tuple(nodes)
