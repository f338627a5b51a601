"""Report → a tree of requirements, or of dependents, with sizes: each distribution is counted once, so they add up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from deadweight.errors import BadInput
from deadweight.model.report import Report, Requirement, Row
from deadweight.report.text.tables import STYLES, render
from deadweight.report.units import counted, human
from deadweight.report.view import DEFAULT, View, in_order
from deadweight.untrusted import plain

_NAME = re.compile(r"[A-Za-z0-9._-]+\s*(?:\[[^]]*\])?\s*")
_COLUMN = 9  # columns of a size, as in "12.3 MB" and "retained"


class Line(NamedTuple):
    """One line of a tree.

    guides:   what is drawn before the name
    note:     the version that is required, and the extra that requires it; "" for a root
    repeated: whether the distribution is above, with its size and what is below it
    hidden:   the number of lines directly below it that the depth excludes
    """

    row: Row
    guides: str
    note: str
    repeated: bool
    hidden: int


def as_tree(report: Report, view: View = DEFAULT) -> str:
    """Return the tree: direct requirements with what they require, then distributions that nothing requires.

    raises: BadInput for an order by sizes that the report does not have
    """
    lines = list(tree_lines(report, view))
    text = Text(f"{'own':>{_COLUMN}} {'retained':>{_COLUMN}}  distribution\n", style="bold")
    for line in lines:
        text.append_text(_text_of(line))
    for size, what in _sums(report, lines):
        text.append(f"{human(size):>{_COLUMN}} {'':>{_COLUMN}}  {what}\n", style="not bold")
    text.append(f"{human(report.totals.apparent_bytes):>{_COLUMN}} {'':>{_COLUMN}}  total\n", style="bold")
    if any(line.repeated for line in lines):
        text.append("* direct requirement, ^ shown above", style="dim not bold")
    else:
        text.append("* direct requirement", style="dim not bold")
    widest = max((cell_len(line) for line in text.plain.splitlines()), default=1)
    return render(text, width=max(widest, view.width), color=view.color)


def tree_lines(report: Report, view: View) -> Iterator[Line]:
    """Yield the lines, parents before children; a distribution with what is below it only once, so cycles end."""
    ordered = in_order(report, view.order)
    tree = _Tree(report, ordered, view)
    roots = [row for row in _roots(ordered, view) if not view.groups or row.group in view.groups]
    if view.groups and not roots:
        raise BadInput(f"--show-group: no root of the tree is in {', '.join(view.groups)}")
    number = 0
    for row in roots:
        if view.rows is not None and number == view.rows:
            break
        if row.key not in tree.seen or (row.direct and not view.invert):
            number += 1
            yield from tree.branch(row)
    # What only a cycle requires has no root.
    if not view.invert and not view.groups and view.rows is None and view.depth is None:
        for row in ordered:
            if row.key not in tree.seen:
                yield from tree.branch(row)


def _roots(ordered: Sequence[Row], view: View) -> list[Row]:
    """Return direct requirements first, then what nothing requires; of an inverted tree, every distribution."""
    if view.invert:
        return list(ordered)
    return [*(row for row in ordered if row.direct), *(row for row in ordered if not row.direct and row.orphan)]


class _Tree:
    """What is below each distribution, and what was yielded already."""

    def __init__(self, report: Report, ordered: Sequence[Row], view: View) -> None:
        self._report, self._depth = report, view.depth
        self._below = _dependents(report) if view.invert else {row.key: _children(row) for row in ordered}
        self._rank = {row.key: number for number, row in enumerate(ordered)}
        self.seen: set[str] = set()
        self._expanded: set[str] = set()

    def branch(self, root: Row) -> Iterator[Line]:
        """Yield a root and what is below it, without recursion: chains may be longer than Python's stack."""
        stack: list[tuple[str, str, str, str, int]] = [(root.key, "", "", "", 0)]
        while stack:
            key, guides, indent, note, level = stack.pop()
            children = sorted(self._below[key].items(), key=lambda item: self._rank[item[0]])
            if key in self._expanded:
                children = []
            cut = self._depth is not None and level >= self._depth
            yield Line(self._report.rows[key], guides, note, key in self.seen, len(children) if cut else 0)
            self.seen.add(key)
            if cut:
                continue
            self._expanded.add(key)
            for number, (child, child_note) in enumerate(reversed(children)):
                tail, inner = ("└── ", "    ") if number == 0 else ("├── ", "│   ")
                stack.append((child, indent + tail, indent + inner, child_note, level + 1))


def _children(row: Row) -> dict[str, str]:
    """Return key → note of what a distribution requires, each once."""
    children: dict[str, str] = {}
    for each in row.requirements:
        if each.key != row.key:
            children.setdefault(each.key, _note(each))
    return children


def _dependents(report: Report) -> dict[str, dict[str, str]]:
    """Return key → the distributions that require it, each with the version that it requires."""
    dependents: dict[str, dict[str, str]] = {row.key: {} for row in report.distributions}
    for row in report.distributions:
        for key, note in _children(row).items():
            dependents[key].setdefault(row.key, note)
    return dependents


def _note(requirement: Requirement) -> str:
    versions = _NAME.sub("", requirement.requirement.partition(";")[0], count=1).strip().strip("()")
    extra = f"extra {requirement.extra}" if requirement.extra else ""
    return ", ".join(filter(None, (versions, extra)))


def _text_of(line: Line) -> Text:
    row = line.row
    own, retained = ("^", "") if line.repeated else (human(row.apparent_bytes), human(row.retained_bytes))
    text = Text(f"{own:>{_COLUMN}} {retained:>{_COLUMN}}  ", style="not bold")
    text.append(line.guides, style="dim")
    text.append(plain(row.name), style=STYLES[row.group])
    text.append(f" {plain(row.version or '?')}{' *' if row.direct else ''}")
    if line.note:
        text.append(f" ({plain(line.note)})", style="dim")
    if line.hidden:
        text.append(f" … {line.hidden} more below", style="dim")
    return text.append("\n")


def _sums(report: Report, lines: Iterable[Line]) -> Iterator[tuple[int, str]]:
    """Yield (bytes, text) for what has no line, so that the sizes add up to the total."""
    shown = {line.row.key for line in lines}
    rest = [row for row in report.distributions if row.key not in shown]
    if rest:
        yield sum(row.apparent_bytes for row in rest), f"{counted(len(rest), 'distribution')} not shown"
    if report.unowned.apparent_bytes:
        yield report.unowned.apparent_bytes, "unowned files"
