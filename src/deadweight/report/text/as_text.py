"""Report → text: totals, distributions by size, groups, what can be removed, and splits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from deadweight.model.report import Report, SplitReport
from deadweight.report.text.application import about_application
from deadweight.report.text.breakdown import about_bytes
from deadweight.report.text.distributions import distributions_table, groups_table, without_wheel_table
from deadweight.report.text.left_out import could_go_table, unsure_table
from deadweight.report.text.system import about_system, shipped_text
from deadweight.report.text.tables import WIDEST, add_names, hanging, plain_table, render
from deadweight.report.units import counted, human, percent, target_text, total_size
from deadweight.report.view import DEFAULT, View
from deadweight.untrusted import plain
from deadweight.wording import listed

_AT_LEAST = "> at least; only measuring the alternative tells how much exactly"
_MOST_HOLDERS = 6
_MOST_SHARED = 5
_WORTH_SHARING = 1_000_000  # bytes


def as_text(report: Report, view: View = DEFAULT) -> str:
    """Return the report, at most as wide as the view.

    raises: BadInput for a view that the report cannot be shown in
    """
    text = render(_report(report, view), width=view.width, color=view.color)
    if not view.split_command or not report.distributions:
        return text
    return f"{text}\nTo write the splits, run:\n{plain(view.split_command)}\n"


def _report(report: Report, view: View) -> RenderableType:
    width, rows = min(view.width, WIDEST), view.rows
    parts: list[RenderableType] = [_header(report), *about_bytes(report, width, rows)]
    if report.distributions:
        parts += [distributions_table(report, view, width), groups_table(report, width)]
        parts += _subtotals(report, width)
        parts += _lighter(report, width)
        parts += without_wheel_table(report, width)
        parts += could_go_table(report, width, rows)
        parts += unsure_table(report.splits["production"], width, rows)
        parts += _shared(report, width, rows)
        parts += _splits(report, width)
    parts += about_application(report, width)
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
    text = Text(target_text(report.target.location), style="bold")
    for line, style in [*_cannot_install(report), (total_size(report), "bold")]:
        text.append(f"\n{line}", style=style)
    text.append(_contents(report), style="not bold")
    if environment := _environment(report):
        text.append(f"\n{environment}", style="not bold")
    if report.target.requirements == 0:
        text.append("\nthe file contains no requirements")
    if missing := report.totals.unmeasured:
        text.append(f"\nincomplete: {counted(missing, 'distribution')} could not be measured, see below")
    text.append(f"\n{_code(report)}", style="not bold")
    return text


def _cannot_install(report: Report) -> Iterator[tuple[str, str]]:
    names = [skipped.name for skipped in report.skipped if skipped.impossible]
    if names:
        machine = report.environment.machine
        yield f"cannot be installed: {plain(', '.join(names))}: no wheel or sdist for {machine}", "bold"


def _contents(report: Report) -> str:
    total = report.totals
    everything = total.distributions + total.unmeasured
    of_all = f" of {everything}" if total.unmeasured else ""
    text = f" in {total.distributions}{of_all} distribution{'' if everything == 1 else 's'}"
    text += f", {counted(total.files, 'file')}"
    if total.disk_bytes is not None:
        text += f"; {human(total.disk_bytes)} on disk"
    text += shipped_text(report.image)
    return text if total.download_bytes is None else f"{text}; {human(total.download_bytes)} to download"


def _environment(report: Report) -> str:
    environment = report.environment
    facts = [f"Python {environment.python}" if environment.python else "", environment.platform or ""]
    facts.append(_HOW[report.target.method].format(environment.installer) if environment.installer else "")
    return plain(", ".join(filter(None, facts)))


def _code(report: Report) -> str:
    """Return the sizes of native code, bytecode and unowned files."""
    total = report.totals
    text = f"native code {human(total.native_bytes)}"
    if total.bundled_library_bytes:
        text += f" (including {human(total.bundled_library_bytes)} of bundled libraries)"
    if report.target.method != "wheels":
        share = percent(total.bytecode_bytes, total.apparent_bytes)
        unowned = human(report.unowned.apparent_bytes)
        return f"{text}\nbytecode {human(total.bytecode_bytes)} ({share}), unowned files {unowned}"
    if total.estimated_bytecode_bytes is not None:
        text += f"\nbytecode would add about {human(total.estimated_bytecode_bytes)}"
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
    if any(each.measured_saving_bytes is None and each.saves_bytes is not None for each in report.lighter):
        yield Text(_AT_LEAST, style="dim")
    if report.lighter_together_bytes is not None:
        yield Text(f"together, the measured lighter builds save {human(report.lighter_together_bytes)}")


def _shared(report: Report, width: int, most: int | None) -> Iterator[RenderableType]:
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
    shown = shared if most is None else shared[:_MOST_SHARED]
    for each in shown:
        names = [*(["your requirements"] if each.direct else []), *map(plain, each.held_by)]
        others = each.holders - len(each.held_by)
        table.add_row(plain(each.name), human(each.apparent_bytes), listed(names, _MOST_HOLDERS, others=others))
    if rest := shared[len(shown) :]:
        table.add_row(f"{len(rest)} more (use --all)", human(sum(each.apparent_bytes for each in rest)), "")
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
    total = human(report.totals.apparent_bytes)
    if human(whole) == total:
        yield table
    else:
        legend = f"required: everything that the requirements install, out of {total} in total"
        yield Group(table, Text(legend, style="dim"))


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
    notes = [f"conflict: {conflict.reason}" for conflict in report.conflicts]
    in_table = report.target.method == "wheels"  # a table lists requirements without a wheel
    notes += [f"skipped: {s.name}: {s.reason}" for s in report.skipped if s.exit_code or not in_table]
    notes += [f"note: {warning}" for warning in report.warnings]
    if notes:
        yield Group(*(hanging(plain(note), width) for note in notes))
