"""Grouping → JSON (schema ``deadweight.groups/1``) and text: a table by group, then what to review."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from rich.console import Group as Rows
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from deadweight import __version__
from deadweight.analysis.profile import Grouping
from deadweight.model import GROUPS, Assignment, Evidence, Group
from deadweight.report.text.tables import STYLES, WIDEST, hanging, plain_table, render
from deadweight.report.units import counted, target_text
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
    return render(Rows(*_parts(grouping, width)), width=width, color=color)


def _notes(grouping: Grouping) -> list[str]:
    return [*grouping.warnings, *(f"no group: {skipped.name}: {skipped.reason}" for skipped in grouping.skipped)]


def _parts(grouping: Grouping, width: int) -> Iterator[RenderableType]:
    yield _header(grouping)
    wide = width >= _ROOM_FOR_COLUMNS
    for group in GROUPS:
        inside = {name: each for name, each in grouping.groups.items() if each.group == group}
        if inside:
            yield Text("")
            yield _columns(group, inside, width, grouping) if wide else _stacked(group, inside)
    yield from _to_review(grouping, width)
    notes = [hanging(plain(f"note: {note}"), width) for note in _notes(grouping)]
    if notes:
        yield Rows(Text(""), *notes)


def _header(grouping: Grouping) -> RenderableType:
    count = len(grouping.groups)
    text = Text(target_text(grouping.target.location), style="bold")
    noun = "project" if grouping.method in ("metadata", "names") else "distribution"
    text.append(f"\n{counted(count, noun)}, {_HOW[grouping.method]}", style="not bold")
    totals = [f"{group} {sum(each.group == group for each in grouping.groups.values())}" for group in GROUPS]
    unsure = sum(not each.sure for each in grouping.groups.values())
    uncertain = f"; {unsure} uncertain" if unsure else ""
    text.append(f"\n{', '.join(totals)}{uncertain}", style="not bold")
    return text


def _columns(group: Group, inside: dict[str, Assignment], width: int, grouping: Grouping) -> RenderableType:
    """Return one row per project, under the name of the group; the columns are equally wide in every group."""
    every = grouping.groups.values()
    table = plain_table(width)
    widest_name = max(map(len, (*grouping.groups, *GROUPS)))
    widest_tags = max(len(", ".join(each.tags)) for each in every)
    table.add_column(Text(group, style=STYLES[group]), width=min(widest_name, width // 4), overflow="fold")
    table.add_column("tag", width=min(max(widest_tags, len("tag")), _WIDEST_TAGS))
    table.add_column(width=max(len(_certainty(each)) for each in every))
    table.add_column("evidence", ratio=1)
    for name, each in inside.items():
        table.add_row(plain(name), ", ".join(each.tags), _certainty(each), plain(each.evidence[0].reason))
    return table


def _stacked(group: Group, inside: dict[str, Assignment]) -> RenderableType:
    """Return name, tags and certainty of each project, with the reason below, under the name of the group."""
    lines: list[RenderableType] = [Text(group, style=f"bold {STYLES[group]}")]
    for name, each in inside.items():
        facts = [plain(name), *(f"({tag})" for tag in each.tags), _certainty(each)]
        lines += [
            Text(" ".join(filter(None, facts)), overflow="fold"),
            Padding(Text(plain(each.evidence[0].reason)), (0, 0, 0, 2)),
        ]
    return Rows(*lines)


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
