"""Report → Markdown for a pull request: the largest distributions, and the splits, findings and layers to unfold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deadweight.formats.images.history import command_text
from deadweight.model.report import ImageFinding, Location, PartSize, Report, SplitReport
from deadweight.report.gfm import code, details, escaped, table
from deadweight.report.images import (
    MOST_FINDINGS,
    findings,
    instruction,
    overlap_text,
    spans,
    subjects,
    together,
    total_name,
)
from deadweight.report.units import counted, human, percent, total_size
from deadweight.report.view import View, select
from deadweight.untrusted import plain
from deadweight.wording import listed

_MOST_LOCATIONS = 3
_MOST_PARTS = 3


def as_markdown(report: Report, view: View) -> str:
    """Return the report in GitHub's Markdown; raises BadInput as ``select``."""
    parts = [*_summary(report), *_breakdown(report), *_image_findings(report), *_table(report, view)]
    for name, split in report.splits.items():
        parts += _split(name, split, report)
    parts += _findings(report)
    parts += _further_findings(report)
    parts += _layers(report)
    parts += _notes(report)
    return "\n".join(parts) + "\n"


def _summary(report: Report) -> Iterator[str]:
    totals, environment = report.totals, report.environment
    incomplete = f" ({counted(totals.unmeasured, 'distribution')} could not be measured)" if totals.unmeasured else ""
    yield f"### {escaped(report.target.location)}: {total_size(report)}{incomplete}"
    yield ""
    facts = [counted(totals.distributions, "distribution"), counted(totals.files, "file")]
    facts += [f"{human(totals.download_bytes)} to download"] if totals.download_bytes is not None else []
    facts += [f"native code {human(totals.native_bytes)}"]
    facts += [f"{human(report.image.wasted_bytes)} wasted in layers"] if report.image else []
    facts += [f"Python {escaped(environment.python)}"] if environment.python else []
    facts += [code(environment.platform)] if environment.platform else []
    yield ", ".join(facts)
    yield ""


def _breakdown(report: Report) -> Iterator[str]:
    """Yield where the bytes of a whole system are; nothing for other targets."""
    rows = report.system.breakdown if report.system else ()
    if not rows:
        return
    whole = sum(row.apparent_bytes for row in rows)
    cells = [
        [escaped(row.name), human(row.apparent_bytes), percent(row.apparent_bytes, whole), _parts(row.largest)]
        for row in rows
    ]
    cells.append([f"**{total_name(report)}**", f"**{human(whole)}**", "", ""])
    yield from (*table(["Breakdown", ">Size", ">Share", "Largest"], cells), "")


def _parts(parts: Sequence[PartSize]) -> str:
    return ", ".join(f"{code(part.name)} {human(part.apparent_bytes)}" for part in parts[:_MOST_PARTS])


def _image_findings(report: Report) -> Iterator[str]:
    """Yield the changes to an image that save the most."""
    every = findings(report)
    largest = every[:MOST_FINDINGS]
    if report.image is None or not largest:
        return
    yield from ("Changes that save the most:", "", *(_image_finding(each, every) for each in largest))
    if len(largest) > 1:
        size, text = together(largest, report.image)
        yield f"- **{human(size)}** {text}"
    yield ""


def _further_findings(report: Report) -> Iterator[str]:
    """Yield the other findings in an image, to unfold."""
    if further := findings(report)[MOST_FINDINGS:]:
        title = f"{counted(len(further), 'further finding')} in the image"
        yield from details(title, [_image_finding(each, findings(report)) for each in further])


def _image_finding(finding: ImageFinding, every: Sequence[ImageFinding]) -> str:
    names, others = subjects(finding)
    which = f": {listed(map(code, names), len(names), others=others)}" if names else ""
    where = f"{instruction(finding)}, {code(command_text(finding.command))}"
    change = "".join(code(span) if is_code else escaped(span) for span, is_code in spans(finding.change))
    size, rule, overlap = human(finding.saves_bytes), escaped(finding.rule), escaped(overlap_text(finding, every))
    return (
        f"- **{size}** in {where}: {escaped(finding.reason)}{which}. {rule}: {change}{f' ({overlap})' * bool(overlap)}"
    )


def _table(report: Report, view: View) -> Iterator[str]:
    selection = select(report, view)
    rows = [
        [
            code(row.name) + (" \\*" if row.direct else ""),
            escaped(row.version or "?"),
            human(row.apparent_bytes),
            human(row.native_bytes) if row.native_bytes else "",
            human(row.retained_bytes),
            row.group,
        ]
        for row in selection.shown
    ]
    for rest, what in ((selection.rest, "more"), (selection.others, "in other groups")):
        if rest:
            native = sum(row.native_bytes for row in rest)
            rows.append(
                [f"{len(rest)} {what}", "", human(sum(row.apparent_bytes for row in rest)), human(native), "", ""]
            )
    if report.unowned.apparent_bytes:
        rows.append(["unowned files", "", human(report.unowned.apparent_bytes), "", "", ""])
    totals = report.totals
    rows.append(["**total**", "", f"**{human(totals.apparent_bytes)}**", human(totals.native_bytes), "", ""])
    yield from table(["Distribution", "Version", ">Own", ">Native", ">Retained", "Group"], rows)
    yield from ("", "\\* direct requirement. *Retained* adds the dependencies that nothing else needs.")


def _split(name: str, split: SplitReport, report: Report) -> Iterator[str]:
    share = percent(split.saved_bytes, report.totals.required_bytes)
    summary = f"{name} split: {human(split.apparent_bytes)}, saves {human(split.saved_bytes)} ({share})"
    lacking = split.proof.lost if split.proof else ()
    if lacking:
        files = {location.file for gap in lacking for location in gap.locations}
        summary += f", requires changes in {counted(len(files), 'file')}"
    rows = [
        [code(each.name), human(each.brought_bytes), each.group, _with_locations(each.reason, each.locations)]
        for each in sorted(split.dropped, key=lambda each: (-(each.brought_bytes or 0), each.name))
    ]
    if len(rows) > 1:
        # Dependencies that several rows share count once.
        rows.append(["**total**", f"**{human(split.saved_bytes)}**", "", ""])
    lines = [*table(["Removed", ">Size", "Group", "Why"], rows)] if rows else ["Nothing can be removed."]
    lines += ["", *(f"- the code uses {code(gap.name or gap.what)}{_at(gap.locations)}" for gap in lacking)]
    if split.requirements:
        lines += ["", "```", *map(_line, split.requirements), "```"]
    yield from details(summary, lines)


def _line(requirement: str) -> str:
    """Return a requirement for a fenced block, which a line of backticks would end."""
    return plain(requirement).replace("`", "'")


def _findings(report: Report) -> Iterator[str]:
    if report.findings:
        lines = [f"- {code(each.name)} {_with_locations(each.reason, each.locations)}" for each in report.findings]
        yield from details(counted(len(report.findings), "finding"), lines)


def _layers(report: Report) -> Iterator[str]:
    if report.image is None:
        return
    rows = [
        [
            str(number),
            human(layer.apparent_bytes),
            "" if layer.compressed_bytes is None else human(layer.compressed_bytes),
            human(layer.wasted_bytes),
            code(command_text(layer.command)),
            _parts(layer.largest),
        ]
        for number, layer in enumerate(report.image.layers)
    ]
    header = [">Layer", ">Size", ">Compressed", ">Wasted", "Command", "Largest"]
    yield from details(counted(len(rows), "layer"), table(header, rows))


def _notes(report: Report) -> Iterator[str]:
    notes = [conflict.reason for conflict in report.conflicts]
    notes += [f"{skipped.name}: {skipped.reason}" for skipped in report.skipped]
    notes += report.warnings
    if notes:
        yield from details(counted(len(notes), "note"), [f"- {escaped(note)}" for note in notes])


def _with_locations(reason: str, locations: Sequence[Location]) -> str:
    """Return a reason with the locations that it does not name itself."""
    return escaped(reason) + _at([each for each in locations if f"{each.file}:{each.line}" not in reason])


def _at(locations: Sequence[Location]) -> str:
    lines = [code(f"{each.file}:{each.line}") for each in locations]
    return f" ({listed(lines, _MOST_LOCATIONS)})" if lines else ""
