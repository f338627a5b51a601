"""What the formats of a ServicesReport say alike: the cells of its tables, and its sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from deadweight.model.report.services import (
    ConflictSide,
    LargerService,
    Proposal,
    ServiceRow,
    ServicesReport,
    VersionConflict,
)
from deadweight.report.units import counted, human, percent
from deadweight.report.view import cut
from deadweight.untrusted import plain
from deadweight.wording import listed

SHARED = ("shared by several services", "version", "size", "services", "in all")
LAYERS = ("layer", "installed", "download", "distributions", "images")
_MOST = 3
_MOST_LINES = 8
_MOST_SERVICES = 6
_MOST_UNUSED = 6
_MOST_REQUIREMENTS = {"shared": 8, "service": 5}


def service_columns(report: ServicesReport) -> tuple[str, ...]:
    """Return the columns of the services, without that of the largest distributions."""
    with_code = any(row.unused is not None for row in report.services)
    return ("service", "size", "distributions", "own", "shared", *(["unused"] if with_code else []))


def service_cells(report: ServicesReport) -> list[tuple[str, ...]]:
    """Return a row for each service, with its largest distributions in a further cell, and the total without it."""
    columns = service_columns(report)
    rows: list[tuple[str, ...]] = []
    for row in report.services:
        unused = [_unused(row)] if "unused" in columns else []
        cells = plain(row.name), human(row.apparent_bytes), f"{row.distributions:,}", human(row.own_bytes)
        rows.append((*cells, human(row.shared_bytes), *unused, ", ".join(plain(each.name) for each in row.largest)))
    return [*rows, ("total", human(report.total_bytes), *[""] * (len(columns) - 1))]


def _unused(row: ServiceRow) -> str:
    return "no code" if row.unused_bytes is None else human(row.unused_bytes)


def unused_lines(report: ServicesReport) -> Iterator[str]:
    """Yield for each service the requirements that its code never imports."""
    for row in report.services:
        if row.unused:
            named = (f"{plain(each.name)} ({human(each.freed_bytes)})" for each in row.unused)
            yield f"{plain(row.name)}: {listed(named, _MOST_UNUSED)}"


def shared_cells(report: ServicesReport, most: int | None) -> Iterator[tuple[str, ...]]:
    """Yield a row for each shared distribution, in the order of ``SHARED``, and one that sums up the rest.

    most: rows before that; None for all
    """
    shown, rest = cut(report.shared, most)
    for each in shown:
        size, total = human(each.apparent_bytes), human(each.total_bytes)
        yield plain(each.name), plain(each.version or "?"), size, str(len(each.services)), total
    if rest:
        yield f"{len(rest)} more (use --all)", "", "", "", human(sum(each.total_bytes for each in rest))


def file_cells(proposal: Proposal) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each proposed file, what it includes, and its requirements."""
    for file in proposal.files:
        includes = " ".join(f"-r {plain(name)}.txt" for name in file.includes)
        names = listed(map(_without_options, file.requirements), _MOST_REQUIREMENTS[file.kind])
        yield f"{plain(file.name)}.txt", includes, names


def _without_options(requirement: str) -> str:
    """Return the text of a requirement without its hashes."""
    return plain(requirement.partition(" --")[0])


def layer_cells(proposal: Proposal) -> list[tuple[str, ...]]:
    """Return a row for each layer, in the order of ``LAYERS``, and two for what a registry stores."""
    rows: list[tuple[str, ...]] = []
    for layer in proposal.layers:
        sizes = human(layer.apparent_bytes), human(layer.download_bytes)
        rows.append((plain(layer.name), *sizes, f"{layer.distributions:,}", str(len(layer.services))))
    for name, storage in (("stored today", proposal.before), ("stored as proposed", proposal.after)):
        sizes = human(storage.apparent_bytes), human(storage.download_bytes)
        rows.append((f"{name} ({counted(storage.layers, 'layer')})", *sizes, "", ""))
    return rows


def saving(proposal: Proposal) -> str:
    """Return what sharing layers saves, and under which assumption, as a sentence."""
    before, after = proposal.before.apparent_bytes, proposal.after.apparent_bytes
    saved = before - after
    verb = f"{'saves' if saved > 0 else 'costs'} {human(abs(saved))} ({percent(abs(saved), before)})"
    return (
        f"sharing layers {verb if saved else 'saves nothing'}, if today each service has one layer with"
        " its requirements and a registry stores each layer once; without bytecode and base images"
    )


def apart(proposal: Proposal) -> str:
    """Return which services keep their versions, as a sentence."""
    names = ", ".join(map(plain, proposal.apart))
    one = len(proposal.apart) == 1
    return f"{names} {'keeps' if one else 'keep'} versions of {'its' if one else 'their'} own"


def conflict_lines(proposal: Proposal) -> Iterator[str]:
    """Yield both sides of each conflict, and the reason if there is more to say."""
    return (line for conflict in proposal.conflicts for line in _conflict(conflict))


def _conflict(conflict: VersionConflict) -> Iterator[str]:
    yield " but ".join(_side(side) for side in conflict.sides)
    if conflict.reason:
        yield plain(" ".join(conflict.reason.split()))


def _side(side: ConflictSide) -> str:
    place = f"{side.file}:{side.line}" if side.line else side.file
    requires = f"requires {plain(side.requirement)}" if side.requirement else "has other requirements"
    return f"{plain(side.service)} {requires} ({plain(place)})"


def change_lines(proposal: Proposal, most: int | None) -> Iterator[str]:
    """Yield each change of a version, with the services that it concerns.

    most: lines; None for all
    """
    same: dict[tuple[str, str | None, str | None], list[str]] = defaultdict(list)
    for change in proposal.changes:
        same[change.name, change.old, change.new].append(change.service)
    # Other versions first: what is added is also among the services that become larger.
    every = sorted(same.items(), key=lambda each: None in each[0])
    shown = every if most is None else every[:most]
    for (name, old, new), names in shown:
        versions = f"{plain(old or 'not installed')} → {plain(new or 'not installed')}"
        yield f"{plain(name)} {versions}: {listed(map(plain, names), _MOST_SERVICES)}"
    if len(every) > len(shown):
        yield f"{len(every) - len(shown)} more (use --all)"


def larger_services(proposal: Proposal, most: int | None) -> tuple[list[LargerService], str]:
    """Return the services that install more than today, the largest difference first, and a line for the rest.

    most: services; None for all
    """
    shown, rest = cut(sorted(proposal.larger, key=lambda each: -each.added_bytes), most)
    return list(shown), f"{len(rest)} more (use --all)" if rest else ""


def larger_lines(larger: LargerService) -> Iterator[str]:
    """Yield what a service installs in addition to today, and the requirements that add it."""
    today, proposed = human(larger.today_bytes), human(larger.proposed_bytes)
    sizes = f" ({today} → {proposed})" if today != proposed else ""
    names = listed((f"{plain(new.name)} ({human(new.apparent_bytes)})" for new in larger.distributions), _MOST)
    yield f"{plain(larger.service)} +{human(larger.added_bytes)}{sizes}: {names}"
    if larger.requirements:
        yield f"shared files add {listed(map(_without_options, larger.requirements), _MOST_LINES)}"


def failed_checks(proposal: Proposal) -> list[str]:
    """Return the services whose file does not pass the check, each with the reason."""
    failed = [check for check in proposal.checks if not check.holds]
    return [f"{plain(each.service)} {plain(each.problem) or _gaps(each.new_gaps)}" for each in failed]


def passed(proposal: Proposal) -> str:
    """Return what was checked, as a sentence, if every file passed."""
    with_code = sum(check.proof is not None for check in proposal.checks)
    code = f", and provide what the code of {counted(with_code, 'service')} uses" if with_code else ""
    except_for = " except for the changes above" if proposal.changes else ""
    checked = counted(len(proposal.services), "service")
    if proposal.apart:
        checked = listed(map(plain, proposal.services), _MOST_SERVICES)  # the files of the others are shown, too
    return f"checked: the files of {checked} install what they do today{except_for}{code}"


def _gaps(gaps: Sequence[str]) -> str:
    return f"does not provide {listed(map(plain, gaps), _MOST)}, which its code uses"


def notes_of(report: ServicesReport) -> Iterator[str]:
    """Yield what was not measured, and the warnings."""
    for each in report.skipped:
        yield f"{plain(each.name)} was not measured: {plain(' '.join(each.reason.split()))}"
    yield from map(plain, report.warnings)
