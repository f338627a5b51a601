"""The tables of distributions: by size, by group, and those without a wheel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deadweight.model.report import Report, Row
from deadweight.report.tables import STYLES, group_text, listed, plain_table
from deadweight.report.units import human
from deadweight.untrusted import plain

_BAR = "█"
_PARTS = " ▏▎▍▌▋▊▉"
_BAR_WIDTHS = ((100, 20), (64, 12), (0, 0))  # columns of the terminal, and of the bar


def distributions_table(report: Report, width: int, most: int | None) -> RenderableType:
    """Return the distributions by size. One row sums those that are not shown, so that columns add up to the total."""
    ordered = sorted(report.distributions, key=lambda row: (-row.apparent_bytes, row.key))
    shown = ordered if most is None or len(ordered) <= most + 1 else ordered[:most]
    wide = width >= 100
    column, bytes_of = _additional_column(report)
    bar_width = next(bar for columns, bar in _BAR_WIDTHS if width >= columns)
    table = _empty_table(width, column if wide else "", bar_width)
    largest = ordered[0].apparent_bytes or 1
    for row in shown:
        cells = _cells(row, bytes_of if wide else None)
        if bar_width:
            cells.append(Text(_bar(row.apparent_bytes / largest, bar_width), style=STYLES[row.group]))
        table.add_row(*cells)
    _add_sums(table, report, ordered[len(shown) :], wide)
    legend = Text("* direct requirement. retained: own, plus everything that only it needs", style="dim")
    return Group(table, legend)


def _empty_table(width: int, column: str, bar_width: int) -> Table:
    """Return the table without rows. ``column`` is the additional column of wide tables."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", width=width)
    table.add_column("distribution", overflow="ellipsis", no_wrap=True, ratio=3)
    if column:
        table.add_column("version", overflow="ellipsis", no_wrap=True, max_width=14)
    for name in ("own", "native", column, "retained") if column else ("own", "native", "retained"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("group", no_wrap=True)
    if bar_width:
        table.add_column("", no_wrap=True, width=bar_width)
    return table


def _cells(row: Row, bytes_of: Callable[[Row], int] | None) -> list[RenderableType]:
    """Return the cells of a distribution; ``bytes_of`` is the additional column of wide tables."""
    star = " *" if row.direct else ""
    cells: list[RenderableType] = [Text(plain(row.name) + star, style="bold" if row.direct else "")]
    cells += [plain(row.version or "?")] if bytes_of else []
    about = "~" if row.archive and row.archive.estimated else ""
    cells += [about + human(row.apparent_bytes), _human_or_nothing(row.native_bytes)]
    cells += [_human_or_nothing(bytes_of(row))] if bytes_of else []
    return [*cells, human(row.retained_bytes), group_text(row.group)]


def _add_sums(table: Table, report: Report, rest: Sequence[Row], wide: bool) -> None:
    """Add the rows for distributions that are not shown, for unowned files, and for the total."""
    _, bytes_of = _additional_column(report)
    gap = [""] if wide else []
    if rest:
        rest_sum = [_human_or_nothing(sum(map(bytes_of, rest)))] if wide else []
        table.add_row(*_sum_row(f"{len(rest)} more (use --all)", rest, wide), *rest_sum)
    unowned, total = report.unowned, report.totals
    # The additional column of a measurement from wheels is the download, which has no unowned files.
    unowned_bytecode = 0 if report.target.method == "wheels" else unowned.bytecode_bytes
    if unowned.apparent_bytes:
        cell = [_human_or_nothing(unowned_bytecode)] if wide else []
        native = _human_or_nothing(unowned.native_bytes)
        table.add_row("unowned files", *gap, human(unowned.apparent_bytes), native, *cell)
    sums = [_human_or_nothing(sum(map(bytes_of, report.distributions)) + unowned_bytecode)] if wide else []
    table.add_row(Text("total", style="bold"), *gap, human(total.apparent_bytes), human(total.native_bytes), *sums)


def _additional_column(report: Report) -> tuple[str, Callable[[Row], int]]:
    """Return the name and the value of the additional column of wide tables."""
    if report.target.method == "wheels":
        return "download", lambda row: (row.archive.download_bytes or 0) if row.archive else 0
    return "bytecode", lambda row: row.bytecode_bytes


def _human_or_nothing(size: int) -> str:
    return human(size) if size else ""


def _sum_row(name: str, rows: Sequence[Row], wide: bool) -> list[str]:
    apparent, native = sum(row.apparent_bytes for row in rows), sum(row.native_bytes for row in rows)
    return [name, *([""] if wide else []), human(apparent), human(native)]


def _bar(share: float, width: int) -> str:
    eighths = round(share * width * 8)
    return _BAR * (eighths // 8) + (_PARTS[eighths % 8] if eighths % 8 else "")


def groups_table(report: Report, width: int) -> RenderableType:
    """The groups that have distributions, with the largest of each."""
    table = plain_table(width)
    table.add_column("group")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("distributions", justify="right", no_wrap=True)
    table.add_column("largest", ratio=1)
    for group, totals in report.groups.items():
        if not totals.distributions:
            continue
        names = [plain(report.rows[key].name) for key in totals.largest]
        others = totals.distributions - len(names)
        size, count = human(totals.apparent_bytes), str(totals.distributions)
        table.add_row(group_text(group), size, count, listed(names, len(names), others=others))
    return table


def without_wheel_table(report: Report, width: int) -> Iterator[RenderableType]:
    """Yield the distributions without a wheel for the platform: those to build, and those that cannot be measured."""
    built = [row for row in report.distributions if row.archive and row.archive.reason]
    table = plain_table(width)
    table.add_column("no wheel", overflow="fold", ratio=1)
    table.add_column("own", justify="right", no_wrap=True)
    table.add_column("reason", ratio=1)
    estimated: dict[str, list[Row]] = {}
    for row in sorted(built, key=lambda row: (-row.apparent_bytes, row.key)):
        estimated.setdefault(row.archive.reason if row.archive else "", []).append(row)
    for reason, rows in estimated.items():
        size = sum(row.apparent_bytes for row in rows)
        table.add_row(", ".join(plain(row.name) for row in rows), f"~{human(size)}", plain(reason))
    for reason, names in _unmeasurable(report).items():
        table.add_row(plain(", ".join(names)), "?", plain(reason))
    if table.row_count:
        yield table


def _unmeasurable(report: Report) -> dict[str, list[str]]:
    """Return reason → names of distributions that could not be measured without an error."""
    names: dict[str, list[str]] = {}
    for skipped in report.skipped if report.target.method == "wheels" else ():
        if not skipped.exit_code:
            names.setdefault(skipped.reason, []).append(skipped.name)
    return names
