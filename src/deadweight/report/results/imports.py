"""ImportsReport → text: what a start takes, by distribution, and the imports that could happen later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from deadweight.model.report.imports import FEWEST_STARTS, Attempt, ImportRow, ImportsReport, Spread
from deadweight.report.text.tables import WIDEST, add_names, plain_table, render
from deadweight.report.units import counted, hanging_text, human
from deadweight.untrusted import plain
from deadweight.wording import listed

if TYPE_CHECKING:
    from rich.table import Table

_MOST_LOADERS = 4
_NUMBERS = 60  # columns of the terminal that the numbers take
_LEAST_MEMORY = 500_000  # bytes; starts differ by less without a reason
_KINDS = {"application": "(application)", "standard library": "(standard library)", "other": "(other)"}


def imports_text(report: ImportsReport, *, rows: int | None = 20, width: int = 80, color: bool = False) -> str:
    """Return the report, at most ``width`` columns wide except for long words.

    rows: the number of distributions in the table; None for all
    """
    head = "\n".join(hanging_text(line, width) for line in _head(report))
    table = render(_table(report, rows, min(width, WIDEST)), width=min(width, WIDEST), color=color)
    lines = "\n".join(hanging_text(line, width) for line in _lazy(report))
    return f"{head}\n\n{table}\n{lines}\n"


def _head(report: ImportsReport) -> Iterator[str]:
    start, memory = report.start_us, report.start_bytes
    found = f" ({plain(report.entry_from)})" if report.entry_from != "--entry" else ""
    takes = f" and takes {human(memory.median)} of memory" if memory else ""
    yield f"{plain(report.entry)}{found} starts in {duration(start.median)}{takes}."
    yield f"Range of {counted(report.runs, 'run')}: {_range(start)}."
    bare = duration(report.bare_us.median)
    bare += f" and {human(report.bare_bytes.median)}" if report.bare_bytes else ""
    python = f"Python {plain(report.python)}" if report.python else "the interpreter"
    yield f"Not included: {bare} for {python} itself."
    yield f"With each import timed, as in the table, it starts in {duration(report.timed_us.median)}."


def _table(report: ImportsReport, most: int | None, width: int) -> Table:
    table = plain_table(width)
    add_names(table, "distribution", width)
    table.columns[0].max_width = max(12, width - _NUMBERS)  # a long name must not cut the numbers
    for name in ("self", "range", "with imports", "memory", "modules"):
        table.add_column(name, justify="right", no_wrap=True)
    distributions = [row for row in report.rows if row.kind == "distribution"]
    for row in distributions[:most]:
        _add(table, f"{plain(row.key or '')} {plain(row.version or '')}".rstrip(), row)
    left = distributions[most:] if most is not None else []
    if left:
        table.add_row(
            f"{len(left)} more (use --all)", duration(sum(row.self_us.median for row in left)), "", "", "", ""
        )
    for row in report.rows:
        if row.kind != "distribution":
            _add(table, _KINDS[row.kind], row)
    rest = "?" if report.rest_us is None else duration(report.rest_us)
    table.add_row("(outside of imports)", rest, "", "", "", "")
    start = report.timed_us
    memory = _memory(report.start_bytes)
    modules = f"{sum(row.modules for row in report.rows):,}"
    table.add_row("total", duration(start.median), _range(start), "", memory, modules)
    return table


def _add(table: Table, name: str, row: ImportRow) -> None:
    own, cumulative = row.self_us, duration(row.cumulative_us.median)
    table.add_row(name, duration(own.median), _range(own), cumulative, _memory(row.memory_bytes), f"{row.modules:,}")


def _memory(memory: Spread | None) -> str:
    return human(memory.median if memory else None)


def _range(figure: Spread) -> str:
    least, most = (duration(each) for each in (figure.least, figure.most))
    unit = most.rpartition(" ")[2]
    return f"{least.removesuffix(f' {unit}')}..{most}"


def _lazy(report: ImportsReport) -> Iterator[str]:
    if not report.lazy:
        yield "No heavy import at module level is used in one function only."
        return
    yield "Heavy imports at module level that only one function uses:"
    for each in report.lazy:
        for statement in each.statements:
            yield f"  {plain(statement.file)}:{statement.line}: {plain(statement.statement)}"
            used = f"used only in {plain(statement.function)}() (line {statement.function_line})"
            yield f"    {used}"
        several = len(each.statements) > 1
        yield f"    importing {_names(each.modules)} takes {duration(each.cost_us)}"
        if each.attempt:
            first, *more = _result(each.attempt, report.runs)
            yield f"    imported in the function{'s' if several else ''}: {first}"
            yield from (f"    {line}" for line in more)
        else:
            yield "    not tried: the imports above take more"
    if report.together:
        first, *more = _result(report.together, report.runs)
        yield f"  All of them: {first}"
        yield from (f"    {line}" for line in more)


def _result(attempt: Attempt, runs: int) -> Iterator[str]:
    """Yield what an attempt saved, how much the starts varied, and what still loads the modules."""
    if attempt.failure or attempt.before_us is None or attempt.after_us is None or attempt.saves_us is None:
        yield f"the application does not start: {plain(attempt.failure)}"
        return
    memory = attempt.saves_bytes if attempt.saves_bytes is not None and attempt.saves_bytes >= _LEAST_MEMORY else 0
    if attempt.certain:
        yield f"saves {duration(attempt.saves_us)}{f' and {human(memory)} of memory' if memory else ''}"
    elif runs < FEWEST_STARTS:
        too_few = f"{counted(runs, 'run')} {'is' if runs == 1 else 'are'} too few to tell"
        known = f"saves {human(memory)} of memory; {too_few} how much time" if memory else f"{too_few} what it saves"
        yield f"{known} (use --runs {FEWEST_STARTS} or more)"
    elif memory:
        yield f"saves {human(memory)} of memory, but no time that can be measured"
    else:
        yield "saves nothing that can be measured"
    yield f"starts in {_range(attempt.before_us)} before, in {_range(attempt.after_us)} after"
    if attempt.still_loaded:
        by = f" by {listed(map(plain, attempt.loaded_by), _MOST_LOADERS)}" if attempt.loaded_by else ""
        yield f"{_names(attempt.still_loaded)} {'is' if len(attempt.still_loaded) == 1 else 'are'} still loaded{by}"


def _names(modules: Sequence[str]) -> str:
    return listed(map(plain, modules), 3)


def duration(microseconds: int) -> str:
    """Return a time in milliseconds, or from ten seconds on in seconds; three digits, or no decimals."""
    value, unit = (microseconds / 1e6, "s") if abs(microseconds) >= 10_000_000 else (microseconds / 1e3, "ms")
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {unit}"
