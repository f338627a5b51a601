"""ServicesReport → text: the services, what they share, and the proposal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from deadweight.model.report.services import ConflictSide, Proposal, ServiceRow, ServicesReport, VersionConflict
from deadweight.report.text.tables import WIDEST, add_names, hanging, plain_table, render
from deadweight.report.units import counted, hanging_text, human, percent
from deadweight.report.view import DEFAULT, View
from deadweight.untrusted import plain
from deadweight.wording import listed

_WIDE = 96  # columns; a narrower terminal has no room for the largest distributions
_MOST = 3


def as_text(report: ServicesReport, view: View = DEFAULT) -> str:
    """Return the report, at most as wide as the view."""
    width = min(view.width, WIDEST)
    parts = [_services(report, width), *_unused(report, width), *_shared(report, width, view.rows)]
    if report.proposal:
        parts += _proposal(report.proposal, width, view.rows)
    parts += _notes(report, width)
    padded = [Padding(part, (1 if number else 0, 0, 0, 0)) for number, part in enumerate(parts)]
    return render(Group(*padded), width=width, color=view.color)


def _services(report: ServicesReport, width: int) -> RenderableType:
    with_code = any(row.unused is not None for row in report.services)
    wide = width >= _WIDE
    table = plain_table(width)
    table.width = width if wide else None
    add_names(table, "service", width)
    for title in ("size", "distributions", "own", "shared", *(["unused"] if with_code else [])):
        table.add_column(title, justify="right", no_wrap=True)
    if wide:
        table.add_column("largest", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in report.services:
        unused = [_unused_text(row)] if with_code else []
        cells = [plain(row.name), human(row.apparent_bytes), f"{row.distributions:,}", human(row.own_bytes)]
        largest = [", ".join(plain(each.name) for each in row.largest)] if wide else []
        table.add_row(*cells, human(row.shared_bytes), *unused, *largest)
    table.add_row(Text("total", style="bold"), Text(human(report.total_bytes), style="bold"))
    once = f"each distribution counted once: {human(report.distinct_bytes)}"
    return Group(table, Text(once))


def _unused_text(row: ServiceRow) -> str:
    return "no code" if row.unused_bytes is None else human(row.unused_bytes)


def _unused(report: ServicesReport, width: int) -> Iterator[RenderableType]:
    lines = []
    for row in report.services:
        if row.unused:
            named = listed((f"{plain(each.name)} ({human(each.freed_bytes)})" for each in row.unused), 6)
            lines.append(hanging_text(f"  {plain(row.name)}: {named}", width))
    if lines:
        yield Text("\n".join(["requirements that the code never imports", *lines]))


def _shared(report: ServicesReport, width: int, rows: int | None) -> Iterator[RenderableType]:
    if not report.shared:
        return
    table = plain_table(width)
    table.width = None
    add_names(table, "shared by several services", width)
    for title in ("version", "size", "services", "in all"):
        table.add_column(title, justify="right", no_wrap=True)
    shown = report.shared if rows is None or len(report.shared) <= rows + 1 else report.shared[:rows]
    for each in shown:
        size, total = human(each.apparent_bytes), human(each.total_bytes)
        table.add_row(plain(each.name), plain(each.version or "?"), size, str(len(each.services)), total)
    rest = report.shared[len(shown) :]
    if rest:
        table.add_row(f"{len(rest)} more (use --all)", "", "", "", human(sum(each.total_bytes for each in rest)))
    yield table


def _proposal(proposal: Proposal, width: int, rows: int | None) -> Iterator[RenderableType]:
    yield from _files(proposal, width)
    yield from _layers(proposal, width)
    if proposal.conflicts:
        apart = ", ".join(map(plain, proposal.apart))
        verb = "keeps" if len(proposal.apart) == 1 else "keep"
        lines = [hanging_text(f"{apart} {verb} versions of {'its' if verb == 'keeps' else 'their'} own", width)]
        lines += [hanging_text(f"  {line}", width) for each in proposal.conflicts for line in _conflict(each)]
        yield Text("\n".join(lines))
    yield from _changes(proposal, width, rows)
    yield _checks(proposal, width)


def _files(proposal: Proposal, width: int) -> Iterator[RenderableType]:
    lines = ["proposed files"]
    for file in proposal.files:
        includes = "".join(f"-r {plain(name)}.txt " for name in file.includes)
        names = listed(map(_without_options, file.requirements), 8 if file.kind == "shared" else 5)
        lines.append(hanging_text(f"  {plain(file.name)}.txt: {includes}{names}".rstrip(": "), width))
    yield Text("\n".join(lines))


def _without_options(requirement: str) -> str:
    """Return the text of a requirement without its hashes."""
    return plain(requirement.partition(" --")[0])


def _layers(proposal: Proposal, width: int) -> Iterator[RenderableType]:
    table = plain_table(width)
    table.width = None
    add_names(table, "layer", width)
    for title in ("installed", "download", "distributions", "images"):
        table.add_column(title, justify="right", no_wrap=True)
    for layer in proposal.layers:
        sizes = human(layer.apparent_bytes), human(layer.download_bytes)
        table.add_row(plain(layer.name), *sizes, f"{layer.distributions:,}", str(len(layer.services)))
    before, after = proposal.before, proposal.after
    for name, storage in (("stored today", before), ("stored as proposed", after)):
        sizes = human(storage.apparent_bytes), human(storage.download_bytes)
        table.add_row(Text(name, style="bold"), *sizes, "", f"{counted(storage.layers, 'layer')}")
    saved = before.apparent_bytes - after.apparent_bytes
    change = f"saves {human(saved)}" if saved >= 0 else f"costs {human(-saved)}"
    text = (
        f"sharing layers {change} ({percent(abs(saved), before.apparent_bytes)}), if today each service has one layer"
        " with its requirements and a registry stores each layer once; without bytecode and base images"
    )
    yield Group(table, hanging(text, width))


def _conflict(conflict: VersionConflict) -> Iterator[str]:
    yield " but ".join(_side(side) for side in conflict.sides)
    if conflict.reason:
        yield plain(" ".join(conflict.reason.split()))


def _side(side: ConflictSide) -> str:
    place = f"{side.file}:{side.line}" if side.line else side.file
    requires = f"requires {plain(side.requirement)}" if side.requirement else "has other requirements"
    return f"{plain(side.service)} {requires} ({plain(place)})"


def _changes(proposal: Proposal, width: int, rows: int | None) -> Iterator[RenderableType]:
    if not proposal.changes:
        return
    same: dict[tuple[str, str | None, str | None], list[str]] = defaultdict(list)
    for change in proposal.changes:
        same[change.name, change.old, change.new].append(change.service)
    every = list(same.items())
    shown = every if rows is None else every[:rows]
    lines = ["versions that change"]
    for (name, old, new), names in shown:
        versions = f"{plain(old or 'not installed')} → {plain(new or 'not installed')}"
        lines.append(hanging_text(f"  {plain(name)} {versions}: {listed(map(plain, names), 6)}", width))
    if len(every) > len(shown):
        lines.append(f"  {len(every) - len(shown)} more (use --all)")
    yield Text("\n".join(lines))


def _checks(proposal: Proposal, width: int) -> RenderableType:
    failed = [check for check in proposal.checks if not check.holds]
    if not failed:
        count = len(proposal.services)
        with_code = sum(check.proof is not None for check in proposal.checks)
        code = f", and provide what the code of {counted(with_code, 'service')} uses" if with_code else ""
        except_for = " except for these versions" if proposal.changes else ""
        text = f"checked: the files of {counted(count, 'service')} install what they do today{except_for}{code}"
        return hanging(text, width)
    lines = [f"  {plain(each.service)} {plain(each.problem) or _gaps(each.new_gaps)}" for each in failed]
    return Text("\n".join(["these files do not pass the check:", *(hanging_text(line, width) for line in lines)]))


def _gaps(gaps: Sequence[str]) -> str:
    return f"does not provide {listed(map(plain, gaps), _MOST)}, which its code uses"


def _notes(report: ServicesReport, width: int) -> Iterator[RenderableType]:
    notes = [f"{each.name} was not measured: {each.reason}" for each in report.skipped]
    lines = [hanging(plain(f"note: {note}"), width) for note in (*notes, *report.warnings)]
    if lines:
        yield Group(*lines)
