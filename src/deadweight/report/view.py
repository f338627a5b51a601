"""How to show a report, and the selection of its rows, which every format shows alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.model import Group
from deadweight.model.report import Report, Row

Order = Literal["own", "retained", "freed", "native", "download", "name"]
DEFAULT_ROWS = 20
T = TypeVar("T")


class View(Struct, frozen=True, kw_only=True):
    """How to show a report.

    width:  columns of the terminal
    color:  whether to use colors
    rows:   the number of rows per table, the first in ``order``; None for all
    order:  of the distributions
    groups: only the distributions of these groups; empty for all
    depth:  levels of a tree; None for all
    given:  options of the command line that the next command needs, too
    split_command: the command that writes the splits, to be copied, so it is never wrapped; "" if no command does
    invert: whether a tree shows what requires a distribution, in place of what it requires
    """

    width: int = 80
    color: bool = False
    rows: int | None = DEFAULT_ROWS
    order: Order = "own"
    groups: tuple[Group, ...] = ()
    depth: int | None = None
    invert: bool = False
    given: tuple[str, ...] = ()
    split_command: str = ""


DEFAULT = View()


class Selection(Struct, frozen=True, kw_only=True):
    """The rows to show. Shown, rest, others and the unowned files add up to the report's total.

    rest:   rows of the selected groups beyond the limit
    others: rows of other groups
    """

    shown: tuple[Row, ...]
    rest: tuple[Row, ...] = ()
    others: tuple[Row, ...] = ()


_KEYS: dict[Order, Callable[[Row], int | None]] = {
    "own": lambda row: row.apparent_bytes,
    "retained": lambda row: row.retained_bytes,
    "freed": lambda row: row.freed_bytes,
    "native": lambda row: row.native_bytes,
    "download": lambda row: row.download_bytes,
}


def bytes_in(order: Order, row: Row) -> int | None:
    """Return the size that rows are ordered by: for "name", the distribution's own."""
    return _KEYS.get(order, _KEYS["own"])(row)


def select(report: Report, view: View) -> Selection:
    """Return the rows to show, in order: the largest first, unknown sizes last.

    raises: BadInput for an order by sizes that the report does not have
    """
    ordered = in_order(report, view.order)
    chosen = [row for row in ordered if not view.groups or row.group in view.groups]
    others = tuple(row for row in ordered if view.groups and row.group not in view.groups)
    shown, rest = cut(chosen, view.rows)
    return Selection(shown=tuple(shown), rest=tuple(rest), others=others)


def cut(rows: Sequence[T], most: int | None) -> tuple[Sequence[T], Sequence[T]]:
    """Return the first rows, and the rest, which one row sums up.

    most: None for all
    """
    # A row that sums up one other would take as much room as that one.
    if most is None or len(rows) <= most + 1:
        return rows, ()
    return rows[:most], rows[most:]


def in_order(report: Report, order: Order) -> list[Row]:
    """Return all rows in an order; raises as ``select``."""
    if order == "name":
        return sorted(report.distributions, key=lambda row: (row.name, row.key))
    if order == "download" and report.distributions and not any(row.archive for row in report.distributions):
        raise BadInput(
            "--sort download: this report has no download sizes",
            hint="only requirements and lock files that are measured without installing have them",
        )
    size_of = _KEYS[order]
    return sorted(report.distributions, key=lambda row: (-_known(size_of(row)), row.key))


def _known(size: int | None) -> int:
    return -1 if size is None else size
