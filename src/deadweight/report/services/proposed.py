"""Proposal → text: the files, their layers, conflicts, what changes, and the checks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight.model.report.services import ConflictSide, Proposal, VersionConflict
from deadweight.report.text.tables import hanging, number_table
from deadweight.report.units import counted, hanging_text, human, percent
from deadweight.untrusted import plain
from deadweight.wording import listed

_MOST = 3
_MOST_LINES = 8


def proposal_parts(proposal: Proposal, width: int, rows: int | None) -> Iterator[RenderableType]:
    """Yield the parts of a proposal, at most ``width`` columns wide; ``rows``: of each list, None for all."""
    yield from _files(proposal, width)
    yield from _layers(proposal, width)
    if proposal.conflicts:
        apart = ", ".join(map(plain, proposal.apart))
        verb = "keeps" if len(proposal.apart) == 1 else "keep"
        lines = [hanging_text(f"{apart} {verb} versions of {'its' if verb == 'keeps' else 'their'} own", width)]
        lines += [hanging_text(f"  {line}", width) for each in proposal.conflicts for line in _conflict(each)]
        yield Text("\n".join(lines))
    yield from _changes(proposal, width, rows)
    yield from _larger(proposal, width)
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
    rows = []
    for layer in proposal.layers:
        sizes = human(layer.apparent_bytes), human(layer.download_bytes)
        rows.append((plain(layer.name), *sizes, f"{layer.distributions:,}", str(len(layer.services))))
    before, after = proposal.before, proposal.after
    for name, storage in (("stored today", before), ("stored as proposed", after)):
        sizes = human(storage.apparent_bytes), human(storage.download_bytes)
        rows.append((f"{name} ({counted(storage.layers, 'layer')})", *sizes, "", ""))
    table = number_table(("layer", "installed", "download", "distributions", "images"), rows, width, bold=2)
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
    # Other versions first: what is added is also among the services that become larger.
    every = sorted(same.items(), key=lambda each: None in each[0])
    shown = every if rows is None else every[:rows]
    lines = ["versions that change"]
    for (name, old, new), names in shown:
        versions = f"{plain(old or 'not installed')} → {plain(new or 'not installed')}"
        lines.append(hanging_text(f"  {plain(name)} {versions}: {listed(map(plain, names), 6)}", width))
    if len(every) > len(shown):
        lines.append(f"  {len(every) - len(shown)} more (use --all)")
    yield Text("\n".join(lines))


def _larger(proposal: Proposal, width: int) -> Iterator[RenderableType]:
    if not proposal.larger:
        return
    lines = ["services that install more than today"]
    for each in proposal.larger:
        sizes = f"{human(each.today_bytes)} → {human(each.proposed_bytes)}"
        names = listed((f"{plain(new.name)} ({human(new.apparent_bytes)})" for new in each.distributions), _MOST)
        lines.append(hanging_text(f"  {plain(each.service)} +{human(each.added_bytes)} ({sizes}): {names}", width))
        if each.requirements:
            added = listed(map(_without_options, each.requirements), _MOST_LINES)
            lines.append(hanging_text(f"    shared files add {added}", width))
    yield Text("\n".join(lines))


def _checks(proposal: Proposal, width: int) -> RenderableType:
    failed = [check for check in proposal.checks if not check.holds]
    if not failed:
        count = len(proposal.services)
        with_code = sum(check.proof is not None for check in proposal.checks)
        code = f", and provide what the code of {counted(with_code, 'service')} uses" if with_code else ""
        except_for = " except for the changes above" if proposal.changes else ""
        text = f"checked: the files of {counted(count, 'service')} install what they do today{except_for}{code}"
        return hanging(text, width)
    lines = [f"  {plain(each.service)} {plain(each.problem) or _gaps(each.new_gaps)}" for each in failed]
    return Text("\n".join(["these files do not pass the check:", *(hanging_text(line, width) for line in lines)]))


def _gaps(gaps: Sequence[str]) -> str:
    return f"does not provide {listed(map(plain, gaps), _MOST)}, which its code uses"
