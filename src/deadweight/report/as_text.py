"""Report → text: totals, distributions by size, groups, what can be removed, and splits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from deadweight.model.report import Report, SplitReport
from deadweight.report.distributions import distributions_table, groups_table, without_wheel_table
from deadweight.report.left_out import could_go_table, unsure_table
from deadweight.report.source import about_source
from deadweight.report.system import about_system, shipped_text
from deadweight.report.tables import WIDEST, add_names, hanging, listed, plain_table, render
from deadweight.report.units import counted, human, percent
from deadweight.untrusted import plain

DEFAULT_ROWS = 20
_MOST_HOLDERS = 6
_WORTH_SHARING = 1_000_000  # bytes


def as_text(report: Report, *, width: int = 80, color: bool = False, rows: int | None = DEFAULT_ROWS) -> str:
    """Return the report, at most ``width`` columns wide.

    rows: the number of rows per table, the largest first; None for all
    """
    return render(_report(report, width=min(width, WIDEST), rows=rows), width=width, color=color)


def _report(report: Report, *, width: int, rows: int | None) -> RenderableType:
    parts: list[RenderableType] = [_header(report)]
    if report.distributions:
        parts += [distributions_table(report, width, rows), groups_table(report, width)]
        parts += _subtotals(report, width)
        parts += _lighter(report, width)
        parts += without_wheel_table(report, width)
        parts += could_go_table(report, width, rows)
        parts += unsure_table(report.splits["production"], width, rows)
        parts += _shared(report, width)
        parts += _splits(report, width)
    parts += about_source(report, width)
    parts += about_system(report, width)
    parts += _notes(report, width)
    return Group(*_separated(parts))


_HOW = {
    "files": "installed by {}",
    "install": "installed by {}",
    "wheels": "resolved by {}, measured without installing",
}


def _separated(parts: Iterable[RenderableType]) -> Iterator[RenderableType]:
    for number, part in enumerate(parts):
        yield Padding(part, (1 if number else 0, 0, 0, 0))


def _header(report: Report) -> RenderableType:
    total, environment = report.totals, report.environment
    count = total.distributions
    facts = [f"Python {environment.python}" if environment.python else "", environment.platform or ""]
    facts.append(_HOW[report.target.method].format(environment.installer) if environment.installer else "")
    text = Text()
    text.append(plain(report.target.location), style="bold")
    archives = [row.archive for row in report.distributions if row.archive]
    about = "at most " if any(archive.at_most for archive in archives) else ""
    about += "~" if any(archive.estimated for archive in archives) else ""
    impossible = [skipped.name for skipped in report.skipped if skipped.impossible]
    if impossible:
        machine = f"Python {environment.python} on {environment.platform}"
        text.append(
            f"\ncannot be installed: {plain(', '.join(impossible))}: no wheel or sdist for {machine}", style="bold"
        )
    text.append(f"\n{about}{human(total.apparent_bytes)}", style="bold")
    missing = total.unmeasured
    of_all = f" of {count + missing}" if missing else ""
    text.append(f" in {count}{of_all} distribution{'' if count + missing == 1 else 's'}")
    text.append(f", {counted(total.files, 'file')}")
    if total.disk_bytes is not None:
        text.append(f"; {human(total.disk_bytes)} on disk")
    text.append(shipped_text(report.image))
    if total.download_bytes is not None:
        text.append(f"; {human(total.download_bytes)} to download")
    text.append("\n" + plain(", ".join(fact for fact in facts if fact)))
    if report.target.requirements == 0:
        text.append("\nthe file contains no requirements", style="bold")
    if missing:
        text.append(f"\nincomplete: {counted(missing, 'distribution')} could not be measured, see below", style="bold")
    text.append(f"\nnative code {human(total.native_bytes)}")
    if bundled := total.bundled_library_bytes:
        text.append(f" (including {human(bundled)} of bundled libraries)")
    if report.target.method != "wheels":
        text.append(f"\nbytecode {human(total.bytecode_bytes)} ({percent(total.bytecode_bytes, total.apparent_bytes)})")
        text.append(f", unowned files {human(report.unowned.apparent_bytes)}")
    elif total.estimated_bytecode_bytes is not None:
        text.append(f"\nbytecode would add about {human(total.estimated_bytecode_bytes)}")
    return text


_RARELY_NEEDED = ("tests", "docs", "headers", "stubs", "static libraries", "debug symbols")
_WORTH_A_LINE = 1_000_000  # bytes


def _subtotals(report: Report, width: int) -> Iterator[RenderableType]:
    """Yield totals across distributions: files that production rarely needs, and what is only for GPUs."""
    kinds = report.totals.kinds
    sizes = {kind: kinds.get(kind, 0) for kind in _RARELY_NEEDED}
    lines = []
    if (total := sum(sizes.values())) >= _WORTH_A_LINE:
        ordered = sorted(sizes.items(), key=lambda item: -item[1])
        parts = ", ".join(f"{kind} {human(size)}" for kind, size in ordered if size)
        lines.append(f"files rarely needed in production: {human(total)} ({parts})")
    if count := report.cuda.distributions:
        size = human(report.cuda.apparent_bytes)
        lines.append(f"for NVIDIA GPUs: {size} in {counted(count, 'distribution')}")
    if lines:
        yield Group(*(hanging(line, width) for line in lines))


def _lighter(report: Report, width: int) -> Iterator[RenderableType]:
    """Yield the lighter builds."""
    if not report.lighter:
        return
    table = plain_table(width)
    add_names(table, "lighter build", width)
    table.add_column("own", justify="right", no_wrap=True)
    table.add_column("saves", justify="right", no_wrap=True)
    table.add_column("alternative", ratio=1)
    for each in report.lighter:
        saves = "?" if each.saves_bytes is None else f">{human(each.saves_bytes)}"
        if each.measured_saving_bytes is not None:
            saves = human(each.measured_saving_bytes)
        text = f"{each.lighter}, without {each.loses}: {each.how}"
        table.add_row(plain(each.name), human(each.apparent_bytes), saves, text)
    yield table
    if report.lighter_together_bytes is not None:
        yield Text(f"together, the measured lighter builds save {human(report.lighter_together_bytes)}")


def _shared(report: Report, width: int) -> Iterator[RenderableType]:
    """Yield distributions that several direct requirements need: dropping one of these does not free them."""
    shared = sorted(
        (each for each in report.shared if each.apparent_bytes >= _WORTH_SHARING), key=lambda each: -each.apparent_bytes
    )
    if not shared:
        return
    table = plain_table(width)
    add_names(table, "shared", width)
    table.add_column("own", justify="right", no_wrap=True)
    table.add_column("required by", ratio=1)
    for each in shared[:5]:
        names = [*(["(direct)"] if each.direct else []), *map(plain, each.held_by)]
        others = each.holders - len(each.held_by)
        table.add_row(plain(each.name), human(each.apparent_bytes), listed(names, _MOST_HOLDERS, others=others))
    yield table


def _splits(report: Report, width: int) -> Iterator[RenderableType]:
    table = plain_table(width)
    table.add_column("split")
    for name in ("size", "saves", ""):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("distributions", justify="right", no_wrap=True)
    table.add_column("groups", ratio=1)
    whole = report.totals.required_bytes
    table.add_row("required", human(whole), "", "", str(report.totals.required_distributions), "")
    for name, split in report.splits.items():
        table.add_row(*_split_row(name, split, whole))
    # Without the option, split would install, to build requirements without a wheel.
    estimated = any(row.archive and row.archive.estimated for row in report.distributions)
    how = " --no-install" if estimated and report.target.form in ("file", "project") else ""
    legend = ""
    total = human(report.totals.apparent_bytes)
    if human(whole) != total:
        legend = f"required: everything that the requirements install, out of {total} in total\n"
    yield Group(
        table, Text(f"{legend}To write the splits: deadweight split {plain(report.target.location)}{how}", style="dim")
    )


def _split_row(name: str, split: SplitReport, whole: int) -> list[str]:
    saved = split.saved_bytes
    return [
        name,
        human(split.apparent_bytes),
        human(saved),
        percent(saved, whole),
        str(len(split.distributions)),
        ", ".join(split.groups),
    ]


def _notes(report: Report, width: int) -> Iterator[RenderableType]:
    notes = [f"conflict: {conflict.says}" for conflict in report.conflicts]
    in_table = report.target.method == "wheels"  # a table lists requirements without a wheel
    notes += [f"skipped: {s.name}: {s.reason}" for s in report.skipped if s.exit_code or not in_table]
    notes += [f"note: {warning}" for warning in report.warnings]
    if notes:
        yield Group(*(hanging(plain(note), width) for note in notes))
