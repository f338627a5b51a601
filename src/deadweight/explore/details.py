"""A row, and what is marked → everything that is known of them, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deadweight.report.units import counted, human, percent
from deadweight.untrusted import plain
from deadweight.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deadweight.explore.browsing import Browser
    from deadweight.explore.marks import Outcome, Staying
    from deadweight.explore.node import Node
    from deadweight.explore.nodes import Tree
    from deadweight.model.report import Report, Row

_MOST = 40  # lines of one list


def details(browser: Browser) -> Iterator[str]:
    """Yield the lines about the current row, then about what is marked. Lists are indented by two."""
    node = browser.current
    if node is not None:
        yield plain(node.name)
        yield ""
        yield from _node(node, browser.tree, browser.levels[0].node.own)
    if browser.marked:
        yield ""
        yield from outcome_lines(browser.outcome, browser.tree.report)


def _node(node: Node, tree: Tree, whole: int) -> Iterator[str]:
    """Yield what is known of a node; ``whole``: the bytes of the view."""
    report = tree.report
    if node.kind == "distribution":
        yield from _distribution(report.rows[node.key], report)
    elif node.kind == "layer" and node.number is not None:
        yield from _layer(node.number, report)
    else:
        yield from _plain(node, whole)


def _plain(node: Node, whole: int) -> Iterator[str]:
    if node.path:
        yield f"path: {plain(node.path)}"
    if node.key:
        yield f"belongs to: {plain(node.key)}"
    yield f"own: {human(node.own)} ({percent(node.own, whole)} of the total)"
    if node.files is not None:
        yield f"files: {node.files:,}"
    if node.native:
        yield f"native code: {human(node.native)}"
    if node.freed is not None:
        yield f"freed: {human(node.freed)} if all of its distributions are dropped"


def _distribution(row: Row, report: Report) -> Iterator[str]:
    yield f"group: {row.group}{'' if row.sure else ' (uncertain)'}{_tags(row)}"
    for evidence in row.evidence[:_MOST]:
        yield f"  {evidence.rule} {evidence.group}: {plain(evidence.reason)}"
    yield f"in your requirements: {'yes' if row.direct else 'no'}{', nothing requires it' * row.orphan}"
    yield ""
    yield f"own: {human(row.apparent_bytes)} in {counted(row.files, 'file')}"
    yield f"with dependencies: {human(row.closure_bytes)}"
    yield f"retained: {human(row.retained_bytes)} go if it is removed"
    if row.freed_bytes is not None:
        yield f"freed: {human(row.freed_bytes)} go if its requirement is dropped"
    if row.native_bytes:
        yield f"native code: {human(row.native_bytes)}"
    if row.bytecode_bytes:
        yield f"bytecode: {human(row.bytecode_bytes)}"
    if row.layers:
        yield f"layers: {', '.join(map(str, row.layers))}"
    if row.environment:
        yield f"environment: {plain(row.environment)}"
    if row.archive:
        yield f"measured from: {plain(row.archive.filename)}{' (estimated)' * row.archive.estimated}"
    yield ""
    yield from _edges(f"required by ({len(row.required_by)})", _requirers(row, report))
    yield ""
    yield from _edges(f"requires ({len(row.requires)})", _requirements(row, report))


def _tags(row: Row) -> str:
    return f" ({', '.join(map(plain, row.tags))})" if row.tags else ""


def _requirers(row: Row, report: Report) -> list[str]:
    """Return what requires a distribution, the largest first, each with its requirement."""
    rows = sorted((report.rows[key] for key in row.required_by), key=lambda each: (-each.apparent_bytes, each.key))
    return [f"{plain(each.key)}: {plain(_line(each, row.key))}" for each in rows]


def _requirements(row: Row, report: Report) -> list[str]:
    rows = sorted((report.rows[key] for key in row.requires), key=lambda each: (-each.apparent_bytes, each.key))
    return [f"{plain(each.key)}, {human(each.apparent_bytes)}: {plain(_line(row, each.key))}" for each in rows]


def _line(row: Row, key: str) -> str:
    return next((each.requirement for each in row.requirements if each.key == key), key)


def _edges(title: str, lines: list[str]) -> Iterator[str]:
    yield title
    yield from (f"  {line}" for line in lines[:_MOST])
    if len(lines) > _MOST:
        yield f"  and {len(lines) - _MOST} more"


def _layer(number: int, report: Report) -> Iterator[str]:
    assert report.image is not None
    layer = report.image.layers[number]
    yield f"layer {number}: {plain(layer.digest)}"
    yield f"command: {plain(layer.command) or 'unknown'}"
    yield f"own: {human(layer.apparent_bytes)} in {counted(layer.files, 'file')}"
    yield f"wasted: {human(layer.wasted_bytes)} that later layers delete or replace"
    yield f"hides: {human(layer.hides_bytes)} of earlier layers"
    inside = [row for row in report.distributions if number in (row.layers or ())]
    yield ""
    inside.sort(key=lambda row: (-row.apparent_bytes, row.key))
    lines = [f"{plain(row.key)}, {human(row.apparent_bytes)}" for row in inside]
    yield from _edges(f"distributions with files in it ({len(inside)})", lines)


def outcome_lines(outcome: Outcome, report: Report) -> Iterator[str]:
    """Yield what dropping the marked distributions does."""
    yield f"marked ({len(outcome.marked)}): {', '.join(map(plain, sorted(outcome.marked)))}"
    yield freed_text(outcome, report)
    yield ""
    leaving = [f"{plain(key)}, {human(report.rows[key].apparent_bytes)}" for key in outcome.leaving]
    yield from _edges(f"leaves ({len(leaving)})", leaving)
    if outcome.staying:
        yield ""
        yield from _edges(f"stays ({len(outcome.staying)})", [staying_text(each) for each in outcome.staying])


def freed_text(outcome: Outcome, report: Report) -> str:
    """Return the freed bytes, exact and in units, and their share."""
    total = report.totals.apparent_bytes
    return f"frees {human(outcome.freed_bytes)} ({outcome.freed_bytes:,} bytes, {percent(outcome.freed_bytes, total)})"


def staying_text(each: Staying) -> str:
    """Return what stays, and who needs it."""
    reasons = ["in your requirements"] if each.requested else []
    if each.holders:
        names = listed(map(plain, each.holders), 3)
        reasons.append(f"{names} {'needs' if len(each.holders) == 1 else 'need'} it")
    return f"{plain(each.key)}, {human(each.own)}{': ' * bool(reasons)}{'; '.join(reasons)}"


def summary(browser: Browser) -> tuple[str, ...]:
    """Return three lines about what is marked, for below the list."""
    outcome, report = browser.outcome, browser.tree.report
    if not outcome.marked:
        return ("nothing is marked: Space marks a distribution to drop", "", "")
    leaving, staying = outcome.leaving, outcome.staying
    sizes = [f"{plain(key)} {human(report.rows[key].apparent_bytes)}" for key in leaving[:_MOST]]
    count = counted(len(leaving), "distribution")
    return (
        f"{len(outcome.marked)} marked: {freed_text(outcome, report)}",
        f"leaves: {count}: {', '.join(sizes)}" if leaving else "leaves: nothing",
        f"stays: {' · '.join(map(staying_text, staying[:3]))}" if staying else "",
    )
