"""FleetReport → CSV (RFC 4180): one section, sizes in bytes."""

from __future__ import annotations

from collections.abc import Sequence

from deadweight.errors import BadInput
from deadweight.model.report.fleet import FleetReport
from deadweight.report.as_csv import table_of
from deadweight.report.fleet.sections import sections_of
from deadweight.report.view import View


def as_csv(report: FleetReport, sections: Sequence[str], view: View) -> str:
    """Return a section, by default that of the distributions; raises BadInput for several."""
    if len(sections) > 1:
        raise BadInput("CSV can contain only one section", hint="use --section once, or another format")
    found = sections_of(report, sections or ("distributions",))
    if not found:
        raise BadInput(f"the report has no section {sections[0]}", hint="a trend needs an earlier run")
    (section,) = found
    return table_of((column.key for column in section.columns), section.rows)
