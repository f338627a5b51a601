"""Report → the JSON in the page. Values that most distributions do not have are left out, to keep the page small."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from deadweight.graph.holding import Holders, holders
from deadweight.graph.reported import graph_of
from deadweight.graph.weights import Leaves, leaves
from deadweight.model import GROUPS
from deadweight.model.distributions import Largest
from deadweight.model.report import Report, Row
from deadweight.report.units import path_in_site
from deadweight.report.view import View
from deadweight.untrusted import plain

# HTML gives a meaning to these in a script element; \u2028 and \u2029 are escaped because the JSON is ASCII.
_ESCAPED = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&"})
MOST_ROWS = 200  # of the table until the reader asks for all: a browser takes seconds to lay out thousands
# All of them would be a number that grows with the square of the distributions.
_MOST_ROOTS = 20
_MOST_LEAVES = 100


def page_data(report: Report, view: View) -> str:
    """Return what the script reads, as JSON that may stand in a script element.

    Distributions refer to each other by their index. Sizes are bytes.
    """
    numbers = {row.key: number for number, row in enumerate(report.distributions)}
    graph = graph_of(report)
    roots = sorted(graph.direct, key=lambda root: -report.rows[root.key].closure_bytes)
    # Most distributions retain only themselves, which their sizes tell.
    retaining = {
        row.key for row in report.distributions if not row.apparent_bytes or row.retained_bytes != row.apparent_bytes
    }
    holding, leaving = holders(graph, roots, _MOST_ROOTS), leaves(graph, retaining, _MOST_LEAVES)
    data = {
        "total": report.totals.apparent_bytes,
        "contents": _contents(report),
        "groups": GROUPS,
        "requested": report.target.requirements is not None,
        "view": {"order": view.order, "groups": view.groups, "rows": MOST_ROWS},
        "distributions": [
            _distribution(row, holding.get(row.key, Holders()), leaving.get(row.key, Leaves()), numbers)
            for row in report.distributions
        ],
    }
    return json.dumps(_plain(data), separators=(",", ":")).translate(_ESCAPED)


def _distribution(row: Row, roots: Holders, leaving: Leaves, numbers: Mapping[str, int]) -> dict[str, Any]:
    values = {
        "name": row.key,
        "version": row.version,
        "group": row.group,
        "unsure": not row.sure,
        "direct": row.direct,
        "orphan": row.orphan,
        "editable": row.editable,
        "own": row.apparent_bytes,
        "native": row.native_bytes,
        "bytecode": row.bytecode_bytes,
        "download": row.download_bytes,
        "closure": row.closure_bytes,
        "retained": row.retained_bytes,
        "freed": row.freed_bytes,
        "requirements": [
            [numbers[each.key], each.requirement, *([each.extra] if each.extra else [])]
            for each in row.requirements
            if each.key != row.key
        ],
        "roots": [numbers[key] for key in roots.names],
        "otherRoots": roots.count - len(roots.names),
        "leaves": [numbers[key] for key in leaving.keys],
        "otherLeaves": leaving.count - len(leaving.keys),
        "evidence": [[each.rule, each.group, each.reason] for each in row.evidence],
        "tags": row.tags,
        "imports": row.import_names,
        "programs": row.programs,
        "archive": row.archive.filename if row.archive else "",
        "estimated": row.archive.reason if row.archive and row.archive.estimated else "",
        "url": row.url,
        "environment": row.environment,
        "layers": row.layers,
        "directories": _paths(row.largest_directories),
        "files": _paths(row.largest_files),
    }
    return {name: value for name, value in values.items() if value or name == "own" or (value == 0 and name == "freed")}


def _paths(largest: Iterable[Largest]) -> list[list[str | int]]:
    return [[path_in_site(each.path), each.apparent_bytes] for each in largest]


def _contents(report: Report) -> list[dict[str, Any]]:
    """Return the files of a whole system that no distribution owns, by their sort."""
    return [
        {
            "name": content.name,
            "own": content.apparent_bytes,
            "directories": [[f"/{each.directory}", each.apparent_bytes] for each in content.largest],
        }
        for content in (report.system.contents if report.system else ())
    ]


def _plain(value: Any) -> Any:
    """Return a JSON value with ``plain`` applied to its texts."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value
