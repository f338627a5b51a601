"""Grouping → JSON (schema ``deadweight.groups/1``) and text: a table by group, then what to review."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from deadweight import __version__
from deadweight.analysis.profile import Grouping
from deadweight.model import GROUPS, Assignment, Evidence
from deadweight.report.text.tables import STYLES, WIDEST, hanging, plain_table, render
from deadweight.untrusted import plain, without_credentials

SCHEMA = "deadweight.groups/1"
_HOW = {
    "files": "measured",
    "install": "measured after installing",
    "wheels": "measured without installing",
    "metadata": "not measured (based on names, your code and index metadata)",
    "names": "not measured (based on names and your code)",
}
_WIDEST_TAGS = 16  # columns
_ROOM_FOR_COLUMNS = 72  # columns; on narrower terminals, the reason is below the name


def groups_json(grouping: Grouping) -> str:
    """Return the groups, by name; ASCII only."""
    values = {
        "schema": SCHEMA,
        "version": __version__,
        "target": {"kind": grouping.target.kind, "location": grouping.target.location, "method": grouping.method},
        "groups": [
            {
                "name": name,
                "group": each.group,
                "tags": list(each.tags),
                "sure": each.sure,
                "evidence": [{"rule": e.rule, "group": e.group, "reason": e.reason} for e in each.evidence],
            }
            for name, each in grouping.groups.items()
        ],
        "warnings": _notes(grouping),
    }
    return without_credentials(json.dumps(values, indent=1)) + "\n"


def groups_text(grouping: Grouping, *, width: int = 80, color: bool = False) -> str:
    """Return the groups as text, at most ``width`` columns wide."""
    width = min(width, WIDEST)
    return render(Group(*_parts(grouping, width)), width=width, color=color)


def _notes(grouping: Grouping) -> list[str]:
    return [*grouping.warnings, *(f"no group: {skipped.name}: {skipped.reason}" for skipped in grouping.skipped)]


def _parts(grouping: Grouping, width: int) -> Iterator[RenderableType]:
    yield _header(grouping)
    wide = width >= _ROOM_FOR_COLUMNS
    for group in GROUPS:
        inside = {name: each for name, each in grouping.groups.items() if each.group == group}
        if inside:
            yield Text(f"\n{group}", style=f"bold {STYLES[group]}")
            yield _columns(inside, width, grouping) if wide else _stacked(inside)
    yield from _to_review(grouping, width)
    notes = [hanging(plain(f"note: {note}"), width) for note in _notes(grouping)]
    if notes:
        yield Group(Text(""), *notes)


def _header(grouping: Grouping) -> RenderableType:
    count = len(grouping.groups)
    text = Text(plain(grouping.target.location), style="bold")
    text.append(f"\n{count} project{'' if count == 1 else 's'}, {_HOW[grouping.method]}", style="not bold")
    totals = [f"{group} {sum(each.group == group for each in grouping.groups.values())}" for group in GROUPS]
    unsure = sum(not each.sure for each in grouping.groups.values())
    text.append(f"\n{', '.join(totals)}; uncertain {unsure}", style="not bold")
    return text


def _columns(inside: dict[str, Assignment], width: int, grouping: Grouping) -> RenderableType:
    """Return one row per project; the columns are equally wide in every group."""
    every = grouping.groups.values()
    table = plain_table(width)
    table.show_header = False
    table.add_column(width=min(max(map(len, grouping.groups)), width // 4), overflow="fold")
    table.add_column(width=min(max(len(", ".join(each.tags)) for each in every), _WIDEST_TAGS))
    table.add_column(width=max(len(_certainty(each)) for each in every))
    table.add_column(ratio=1)
    for name, each in inside.items():
        table.add_row(plain(name), ", ".join(each.tags), _certainty(each), plain(each.evidence[0].reason))
    return table


def _stacked(inside: dict[str, Assignment]) -> RenderableType:
    """Return name, tags and certainty of each project, with the reason below."""
    lines: list[RenderableType] = []
    for name, each in inside.items():
        facts = [plain(name), *(f"({tag})" for tag in each.tags), _certainty(each)]
        lines += [
            Text(" ".join(filter(None, facts)), overflow="fold"),
            Padding(Text(plain(each.evidence[0].reason)), (0, 0, 0, 2)),
        ]
    return Group(*lines)


def _certainty(each: Assignment) -> str:
    return "" if each.sure else "uncertain"


def _to_review(grouping: Grouping, width: int) -> Iterator[RenderableType]:
    """Yield the uncertain projects with all evidence; projects with the same evidence share an entry."""
    alike: dict[tuple[Evidence, ...], list[str]] = defaultdict(list)
    for name, each in grouping.groups.items():
        if not each.sure:
            alike[each.evidence].append(name)
    if alike:
        yield Text("\nuncertain: review these", style="bold")
    for evidence, names in alike.items():
        yield Text(f"{', '.join(map(plain, names))}: {evidence[0].group}?", overflow="fold")
        table = plain_table(width - 2)
        table.show_header = False
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        for reason in evidence:
            table.add_row(reason.rule, reason.group, plain(reason.reason))
        yield Padding(table, (0, 0, 0, 2))
