"""Report and a name → the paths of requirements that lead to it, and what removing it saves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from deadweight import __version__
from deadweight.graph import Graph, Node, base
from deadweight.graph.reported import graph_of
from deadweight.model.documents import to_json
from deadweight.model.report import Report, Row
from deadweight.model.report.judgement import Finding
from deadweight.report.units import hanging_text, human
from deadweight.untrusted import plain
from deadweight.wording import listed

_MOST_PATHS = 1000
_MOST_NAMES = 12  # in a sentence
_AROUND_OPERATORS = re.compile(r"\s*(===|[<>=!~]=|[<>]|,)\s*")
_IN_PARENTHESES = re.compile(r"\s*\(([^()]*)\)")


class Why(Struct, frozen=True, kw_only=True):
    """Why a distribution is installed.

    paths:   from a direct requirement to it; each step is (node, requirement line that leads to the node)
    cut:     whether paths were left out
    holders: the roots that need it, those with the largest closure first: direct requirements, and in an environment
             also distributions that nothing requires
    leaves:  the keys that are removed with it, the largest first
    freed_bytes: what removing all holders frees
    """

    key: str
    paths: tuple[tuple[tuple[Node, str], ...], ...]
    cut: bool
    holders: tuple[str, ...]
    leaves: tuple[str, ...]
    freed_bytes: int


def why(report: Report, key: str) -> Why:
    """Find the paths from every root to ``key``, the shortest first; raises KeyError for an unknown key."""
    import networkx

    graph = graph_of(report)
    if key not in graph.own:
        raise KeyError(key)
    whole = graph.networkx(extras=True)
    whole.remove_nodes_from([node for node in whole if base(node) == key and node != key])
    node_paths: list[list[Node]] = []
    for root in graph.roots:
        start = [node for node in root.nodes() if node in whole]
        if root.key == key:
            node_paths.append([key])
            continue
        for node in start:
            paths = networkx.all_simple_paths(whole, node, key)
            node_paths += (p for p in islice(paths, _MOST_PATHS) if not any(base(n) == base(node) for n in p[1:]))
    node_paths.sort(key=lambda path: (len(path), list(map(str, path))))
    shown = tuple(tuple(_steps(graph, path)) for path in node_paths[:_MOST_PATHS])
    holding = graph.holders_of(key, strays=True)
    return Why(
        key=key,
        paths=shown,
        cut=len(node_paths) >= _MOST_PATHS,
        holders=tuple(sorted(holding, key=lambda holder: (-report.rows[holder].closure_bytes, holder))),
        leaves=tuple(sorted(graph.retained_by(key) - {key}, key=lambda leaf: (-graph.own[leaf], leaf))),
        freed_bytes=graph.bytes_of(graph.freed_by_dropping({*holding})),
    )


def _steps(graph: Graph, path: list[Node]) -> Iterator[tuple[Node, str]]:
    previous: Node = ""
    for node in path:
        yield node, graph.lines.get((previous, base(node)), "") if previous else ""
        previous = node


def why_json(report: Report, reason: Why) -> str:
    """Return schema ``deadweight.why/1``: name, group and bytes as in the profile, paths, holders, leaves."""
    row = report.rows[reason.key]
    return to_json(
        {
            "schema": "deadweight.why/1",
            "version": __version__,
            "name": reason.key,
            "group": row.group,
            "sure": row.sure,
            "evidence": row.evidence,
            "findings": _findings(report, row),
            "apparent_bytes": row.apparent_bytes,
            "closure_bytes": row.closure_bytes,
            "retained_bytes": row.retained_bytes,
            "freed_bytes": row.freed_bytes,
            "paths": [[{"node": str(node), "requirement": line} for node, line in path] for path in reason.paths],
            "paths_cut": reason.cut,
            "held_by": reason.holders,
            "leaves_with_it": reason.leaves,
        }
    )


def why_text(report: Report, reason: Why, *, most: int | None = 20, width: int = 80) -> str:
    """Return the paths and the savings as text, at most ``width`` columns wide except for long words.

    most: the number of paths; None for all
    """
    row = report.rows[reason.key]
    sizes = f"{human(row.apparent_bytes)}, {human(row.closure_bytes)} with dependencies"
    version = row.version or "(version unknown)"
    lines = [f"{reason.key} {version}: {sizes}; {row.group}{'' if row.sure else ' (uncertain)'}"]
    lines += ["", "evidence", *(f"  {e.rule} {e.group}: {e.reason}" for e in row.evidence)]
    findings = [f"  {each.name} {each.reason}" for each in _findings(report, row)]
    lines += ["", "findings", *findings] if findings else []
    lines += ["", "required by"]
    texts = list(dict.fromkeys(_path_text(path, row.direct) for path in reason.paths))
    shown = texts if most is None else texts[:most]
    lines += [f"  {text}" for text in shown]
    if len(texts) > len(shown):
        lines.append(f"  … and {len(texts) - len(shown)}{' or more' if reason.cut else ''} longer paths (use --all)")
    lines += ["", *_savings(report, reason, row)]
    return "\n".join(hanging_text(plain(line), width) if line else "" for line in lines) + "\n"


def _findings(report: Report, row: Row) -> list[Finding]:
    # The name of a missing import is that of a module.
    return [each for each in report.findings if each.name == row.name and each.kind != "missing"]


def _path_text(path: tuple[tuple[Node, str], ...], direct: bool) -> str:
    if len(path) == 1:
        return f"{path[0][0]} ({'direct' if direct else 'not required by anything'})"
    text = str(path[0][0])
    for (node, line), (before, _) in zip(path[1:], path, strict=False):
        if base(node) == base(before):
            continue
        text += f" → {_spelled(line) or node}"
    return text


def _spelled(line: str) -> str:
    """Return a requirement without its marker, spelled alike in all rows: "a>=1,<2" for "a (>=1, <2)"."""
    requirement = line.partition(";")[0].strip()
    if "@" in requirement:  # a URL
        return requirement
    return _AROUND_OPERATORS.sub(r"\1", _IN_PARENTHESES.sub(r"\1", requirement))


def _savings(report: Report, reason: Why, row: Row) -> Iterator[str]:
    """Yield what removing it frees, and what must be removed for that."""
    retained = f"{human(row.retained_bytes)}{f' (including {listed(reason.leaves, 6)})' if reason.leaves else ''}"
    holders = [name for name in reason.holders if name != reason.key]
    if not holders:
        yield f"Removing it frees {retained}."
        return
    yield f"It retains {retained}."
    if row.direct:
        line = "Deleting its line" if report.target.requirements is not None else "No longer requiring it directly"
        freed = human(row.freed_bytes) if row.freed_bytes else "nothing"
        yield f"{line} frees {freed}, because {_list(holders)} also {_require(holders)} it."
    else:
        names = f"{_list(holders)}, which {_require(holders)} it"
        yield f"Removing {names}, frees {human(reason.freed_bytes)}."


def _require(names: list[str]) -> str:
    return "requires" if len(names) == 1 else "require"


def _list(names: list[str]) -> str:
    if len(names) > _MOST_NAMES:
        return listed(names, _MOST_NAMES)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
