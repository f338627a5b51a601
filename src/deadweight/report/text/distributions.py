"""The tables of distributions: by size, by group, and those without a wheel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deadweight.model.report import Report, Row
from deadweight.report.text.tables import STYLES, group_text, plain_table
from deadweight.report.units import human
from deadweight.report.view import Order, Selection, View, bytes_in, select
from deadweight.untrusted import plain
from deadweight.wording import listed

_BAR = "█"
_PARTS = " ▏▎▍▌▋▊▉"
_ALWAYS_SHOWN = ("freed", "download")  # as the order of rows, also in narrow tables
_BAR_WIDTHS = ((100, 20), (64, 12), (0, 0))  # columns of the terminal, and of the bar


def distributions_table(report: Report, view: View, width: int) -> RenderableType:
    """Return the distributions in order. Rows that sum what is not shown make the columns add up to the total."""
    selection = select(report, view)
    wide = width >= 100
    extra = _additional_column(report, view.order) if wide or view.order in _ALWAYS_SHOWN else None
    bar_width = next(bar for columns, bar in _BAR_WIDTHS if width >= columns)
    table = _empty_table(width, extra, bar_width, wide=wide)
    largest = max((bytes_in(view.order, row) or 0 for row in selection.shown), default=0) or 1
    for row in selection.shown:
        cells = _cells(row, extra, wide=wide)
        if bar_width:
            share = (bytes_in(view.order, row) or 0) / largest
            cells.append(Text(_bar(share, bar_width), style=STYLES[row.group]))
        table.add_row(*cells)
    _add_sums(table, report, selection, extra, wide=wide)
    legend = Text("* direct requirement. retained: own, plus everything that only it needs", style="dim")
    return Group(table, legend)


class _Column(NamedTuple):
    """An additional column: ``sums`` tells whether the sizes of several distributions can be added."""

    name: str
    size: Callable[[Row], int | None]
    sums: bool = True

    def total(self, rows: Iterable[Row]) -> int:
        return sum(self.size(row) or 0 for row in rows) if self.sums else 0


def _empty_table(width: int, extra: _Column | None, bar_width: int, *, wide: bool) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", width=width)
    table.add_column("distribution", overflow="ellipsis", no_wrap=True, ratio=3)
    if wide:
        table.add_column("version", overflow="ellipsis", no_wrap=True, max_width=14)
    for name in ("own", "native", *([extra.name] if extra else []), "retained"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("group", no_wrap=True)
    if bar_width:
        table.add_column("", no_wrap=True, width=bar_width)
    return table


def _cells(row: Row, extra: _Column | None, *, wide: bool) -> list[RenderableType]:
    star = " *" if row.direct else ""
    cells: list[RenderableType] = [Text(plain(row.name) + star, style="bold" if row.direct else "")]
    cells += [plain(row.version or "?")] if wide else []
    about = "~" if row.archive and row.archive.estimated else ""
    cells += [about + human(row.apparent_bytes), _human_or_nothing(row.native_bytes)]
    cells += [_human_or_nothing(extra.size(row) or 0)] if extra else []
    return [*cells, human(row.retained_bytes), group_text(row.group)]


def _add_sums(table: Table, report: Report, selection: Selection, extra: _Column | None, *, wide: bool) -> None:
    """Add the rows for distributions that are not shown, for unowned files, and for the total."""
    gap = [""] if wide else []
    for rows, name in ((selection.rest, "more (use --all)"), (selection.others, "in other groups")):
        if rows:
            sums = [_human_or_nothing(extra.total(rows))] if extra else []
            table.add_row(*_sum_row(f"{len(rows)} {name}", rows, wide), *sums)
    unowned, total = report.unowned, report.totals
    unowned_bytecode = unowned.bytecode_bytes if extra and extra.name == "bytecode" else 0
    if unowned.apparent_bytes:
        cell = [_human_or_nothing(unowned_bytecode)] if extra else []
        native = _human_or_nothing(unowned.native_bytes)
        table.add_row("unowned files", *gap, human(unowned.apparent_bytes), native, *cell)
    sums = [_human_or_nothing(extra.total(report.distributions) + unowned_bytecode)] if extra else []
    table.add_row(Text("total", style="bold"), *gap, human(total.apparent_bytes), human(total.native_bytes), *sums)


def _additional_column(report: Report, order: Order) -> _Column:
    """Return the additional column: the size that rows are ordered by, else the one that suits the target."""
    if order == "freed":
        # What a set of requirements frees is not the sum of what each frees.
        return _Column("freed", lambda row: row.freed_bytes, sums=False)
    if report.target.method == "wheels" or order == "download":
        return _Column("download", lambda row: row.download_bytes)
    return _Column("bytecode", lambda row: row.bytecode_bytes)


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
