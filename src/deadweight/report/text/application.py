"""Findings in the application, and whether splits provide what it uses → text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from deadweight.model import Mention
from deadweight.model.report import Finding, Lacking, Location, Report
from deadweight.report.units import counted, hanging_text, human
from deadweight.untrusted import plain
from deadweight.wording import listed

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST_REMARKS = 12
_MOST_PLACES = 3
VERBS = {"import": "imports", "command": "starts", "string": "names", "url": "uses"}


def location(mention: Mention | Location) -> str:
    """Return the location of a mention in the form that editors accept; in a notebook, with the cell."""
    cell = f", cell {mention.cell}, line {mention.line}" if mention.cell else f":{mention.line}"
    return plain(mention.file) + cell


def locations(mentions: Sequence[Mention | Location], most: int = 1) -> str:
    """Return the first locations, and the number of others."""
    return listed(map(location, mentions[:most]), most, others=len(mentions[most:]))


def about_application(report: Report, width: int) -> Iterator[RenderableType]:
    """Yield the findings and the proofs of the splits; nothing if no code was read."""
    from rich.text import Text

    if report.source is None:
        return
    if report.findings:
        yield Text("\n".join(_finding_lines(report.findings, width)))
    if lines := list(proof_lines(report, width)):
        yield Text("\n".join(lines))


def _finding_lines(findings: Sequence[Finding], width: int) -> Iterator[str]:
    """Yield a line for each finding, and one for its mentions: in a table, there would be no room for paths."""
    yield "findings"
    for each in findings[:_MOST_REMARKS]:
        saves = f" (removing it would save {human(each.freed_bytes)})" if each.freed_bytes else ""
        yield hanging_text(f"  {plain(each.name)} {plain(each.reason)}{saves}", width)
        if each.locations:
            yield hanging_text(f"    {locations(each.locations)}", width)
    if len(findings) > _MOST_REMARKS:
        yield f"  {len(findings) - _MOST_REMARKS} more: see the JSON report"


def proof_lines(report: Report, width: int) -> Iterator[str]:
    """Yield a paragraph for each split: whether it provides what the application uses, and the gaps."""
    source = report.source
    for name, split in report.splits.items() if source else ():
        proof = split.proof
        if proof is None or source is None:
            continue
        if name == "production":
            keeps = "keeps" if proof.holds else "does not keep"
            scope = checked_text(proof.checked, source.files, source.directory)
            yield hanging_text(f"production {keeps} every requirement that your code uses ({scope})", width)
            yield from (hanging_text(line, width) for line in gap_lines(proof.gaps))
        elif proof.gaps:
            files = sorted({plain(location.file) for gap in proof.gaps for location in gap.locations})
            changes = f"code changes in {counted(len(files), 'file')} ({listed(files, _MOST_PLACES)})"
            yield hanging_text(f"{name} works only after {changes}", width)


def checked_text(uses: int, files: int, directory: str) -> str:
    """Return how much of the application's code was checked."""
    where = "" if directory == "." else f" of {plain(directory)}"
    return f"checked {counted(uses, 'use')} in {counted(files, 'file')}{where}"


def gap_lines(gaps: Sequence[Lacking]) -> Iterator[str]:
    """Yield a line for each gap."""
    for gap in gaps:
        verb = VERBS[gap.locations[0].kind]
        what = gap.name or gap.what
        named = f" ({plain(gap.what)})" if gap.what != what else ""
        yield f"  {locations(gap.locations, _MOST_PLACES)} {verb} {plain(what)}{named}{excuse(gap)}"


def excuse(gap: Lacking) -> str:
    """Return why a gap does not fail the check, as the end of a sentence; "" for one that does."""
    if gap.excuse == "conditional":
        return f", a development tool used only if {plain(gap.locations[0].condition or '')}"
    if gap.excuse == "subproject":
        return ", in a subproject with its own requirements"
    if gap.excuse == "unmeasured":
        return ", which may be in a requirement that could not be measured"
    return ", only on other platforms" if gap.excuse == "elsewhere" else ""
