"""Groups → text by group, with what decides and what a person should judge; or JSON, schema ``deadweight.groups/1``."""

from __future__ import annotations

import json

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight import __version__
from deadweight.grouping import Grouping
from deadweight.model import GROUPS
from deadweight.report.as_text import WIDEST, group_text, render
from deadweight.report.tables import plain_table
from deadweight.report.units import plain, without_credentials

_WIDE = 64  # columns: on fewer there is room for names and reasons alone


def groups_json(found: Grouping) -> str:
    """Return every name with its group, in alphabetical order."""
    values = {
        "schema": "deadweight.groups/1",
        "version": __version__,
        "target": {"kind": found.target.kind, "location": found.target.path},
        "groups": [
            {
                "name": name,
                "group": assigned.group,
                "tags": list(assigned.tags),
                "sure": assigned.sure,
                "evidence": [{"rule": e.rule, "group": e.group, "says": e.says} for e in assigned.evidence],
            }
            for name, assigned in found.groups.items()
        ],
        "warnings": list(found.warnings),
    }
    return without_credentials(json.dumps(values, indent=1)) + "\n"


def groups_text(found: Grouping, *, width: int, color: bool) -> str:
    """Return a table by group, then all the evidence of what is not sure."""
    wide = width >= _WIDE
    table = plain_table(min(width, WIDEST), "group")
    table.add_column("name", overflow="fold")
    if wide:
        table.add_column("tags", overflow="fold")
    table.add_column("why", ratio=1, overflow="fold")
    for group in GROUPS:
        for name, assigned in found.groups.items():
            if assigned.group == group:
                first = assigned.evidence[0]
                certainty = "" if _is_settled(name, found) else "unsure: "
                why = f"{certainty}{first.rule} {plain(first.says)}"
                tags = [plain(", ".join(assigned.tags))] if wide else []
                table.add_row(group_text(group), plain(name), *tags, why)
    parts: list[RenderableType] = [Text(plain(found.target.path), style="bold"), table]
    unsure = [name for name in found.groups if not _is_settled(name, found)]
    if unsure:
        parts += [Text(""), Text("for you to judge; until then they stay in production", style="bold")]
    for name in unsure:
        parts.append(Text(plain(name)))
        parts += [Text(f"  {e.rule} {e.group}: {plain(e.says)}") for e in found.groups[name].evidence]
    parts += [Text(""), *(Text(plain(f"note: {note}")) for note in found.warnings)] if found.warnings else []
    return render(Group(*parts), width=min(width, WIDEST), color=color)


def _is_settled(name: str, found: Grouping) -> bool:
    """Say whether nobody need judge: what is core for want of any evidence is no question."""
    return found.groups[name].sure or found.groups[name].group == "core"
