"""ImportsReport → its document, and the phrases that the text has, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deadweight.model.report.imports import FEWEST_STARTS, Attempt, ImportRow, ImportsReport, LazyImport, Spread
from deadweight.report.documents import markdown
from deadweight.report.documents.values import Column, Document, Section, Table
from deadweight.report.units import counted, human
from deadweight.report.view import View
from deadweight.untrusted import plain
from deadweight.wording import listed

COLUMNS = ("distribution", "self", "range", "with imports", "memory", "modules")
_MOST_LOADERS = 4
_MOST_STATEMENTS = 10
_LEAST_MEMORY = 500_000  # bytes; starts differ by less without a reason
_KINDS = {"application": "(application)", "standard library": "(standard library)", "other": "(other)"}
NO_LAZY = "No heavy import at module level is used in one function only."
NOT_TRIED = "not tried: the imports above take more"
_LAZY = (Column("import", "name"), Column("used only in"), Column("takes", "number"), Column("imported there"))


def as_markdown(report: ImportsReport, view: View) -> str:
    """Return the report in GitHub's Markdown."""
    return markdown.as_markdown(document_of(report, view.rows))


def as_html(report: ImportsReport, view: View) -> str:
    """Return the report as HTML, with all rows whatever the view."""
    from deadweight.report.html import document as html

    return html.as_html(document_of(report, None), report.version)


def document_of(report: ImportsReport, most: int | None) -> Document:
    """Return the report as a document.

    most: the number of distributions in the table; None for all
    """
    title, *sentences = head_lines(report)
    columns = tuple(Column(name, "number" if name in COLUMNS[1:] else "text") for name in COLUMNS)
    return Document(
        title=title.removesuffix("."),
        about=plain(report.target.location),
        sentences=tuple(sentences),
        sections=(
            Section("Imports by distribution", Table(columns, tuple(rows_of(report, most)))),
            _later(report, most),
        ),
        notes=(*(f"{plain(each.name)}: {plain(each.reason)}" for each in report.skipped), *map(plain, report.warnings)),
    )


def _later(report: ImportsReport, most: int | None) -> Section:
    title = "Imports that only one function uses"
    if not report.lazy:
        return Section(title, sentences=(NO_LAZY,))
    rows = tuple(_lazy_row(each, report.runs, most) for each in report.lazy)
    together = "; ".join(result_lines(report.together, report.runs)) if report.together else ""
    return Section(title, Table(_LAZY, rows), sentences=(f"All of them: {together}",) if together else ())


def _lazy_row(lazy: LazyImport, runs: int, most: int | None) -> tuple[str, ...]:
    statements = [f"{plain(each.file)}:{each.line}: {plain(each.statement)}" for each in lazy.statements]
    functions = dict.fromkeys(f"{plain(each.function)}() (line {each.function_line})" for each in lazy.statements)
    most_each = len(statements) if most is None else _MOST_STATEMENTS
    result = "; ".join(result_lines(lazy.attempt, runs)) if lazy.attempt else NOT_TRIED
    named = listed(statements, most_each, between="; "), listed(functions, most_each)
    return *named, duration(lazy.cost_us), result


def rows_of(report: ImportsReport, most: int | None) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table, in the order of ``COLUMNS``; the times add up to the last one.

    most: the number of distributions; None for all
    """
    distributions = [row for row in report.rows if row.kind == "distribution"]
    for row in distributions[:most]:
        yield _row(f"{plain(row.key or '')} {plain(row.version or '')}".rstrip(), row)
    left = distributions[most:] if most is not None else []
    if left:
        yield f"{len(left)} more (use --all)", duration(sum(row.self_us.median for row in left)), "", "", "", ""
    for row in report.rows:
        if row.kind != "distribution":
            yield _row(_KINDS[row.kind], row)
    yield "(outside of imports)", "?" if report.rest_us is None else duration(report.rest_us), "", "", "", ""
    start, modules = report.timed_us, sum(row.modules for row in report.rows)
    yield "total", duration(start.median), range_text(start), "", memory_text(report.start_bytes), f"{modules:,}"


def _row(name: str, row: ImportRow) -> tuple[str, ...]:
    own, cumulative = row.self_us, duration(row.cumulative_us.median)
    return name, duration(own.median), range_text(own), cumulative, memory_text(row.memory_bytes), f"{row.modules:,}"


def head_lines(report: ImportsReport) -> Iterator[str]:
    """Yield what a start takes, the first sentence, and how that was measured."""
    start, memory = report.start_us, report.start_bytes
    found = f" ({plain(report.entry_from)})" if report.entry_from != "--entry" else ""
    takes = f" and takes {human(memory.median)} of memory" if memory else ""
    yield f"{plain(report.entry)}{found} starts in {duration(start.median)}{takes}."
    once = "Measured in 1 run. Use more --runs to see how much starts differ."
    yield once if report.runs == 1 else f"Range of {counted(report.runs, 'run')}: {range_text(start)}."
    bare = duration(report.bare_us.median)
    bare += f" and {human(report.bare_bytes.median)}" if report.bare_bytes else ""
    python = f"Python {plain(report.python)}" if report.python else "the interpreter"
    yield f"Not included: {bare} for {python} itself."
    yield f"With each import timed, as in the table, it starts in {duration(report.timed_us.median)}."


def memory_text(memory: Spread | None) -> str:
    """Return the median of a figure of memory."""
    return human(memory.median if memory else None)


def range_text(figure: Spread) -> str:
    """Return the least and the most of a figure of time, once if they are the same."""
    least, most = (duration(each) for each in (figure.least, figure.most))
    if least == most:
        return most
    unit = most.rpartition(" ")[2]
    return f"{least.removesuffix(f' {unit}')}..{most}"


def result_lines(attempt: Attempt, runs: int) -> Iterator[str]:
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
    yield f"starts in {range_text(attempt.before_us)} before, in {range_text(attempt.after_us)} after"
    if attempt.still_loaded:
        by = f" by {listed(map(plain, attempt.loaded_by), _MOST_LOADERS)}" if attempt.loaded_by else ""
        verb = "is" if len(attempt.still_loaded) == 1 else "are"
        yield f"{module_names(attempt.still_loaded)} {verb} still loaded{by}"


def module_names(modules: Sequence[str]) -> str:
    """Return the first modules by name, and how many more there are."""
    return listed(map(plain, modules), 3)


def duration(microseconds: int) -> str:
    """Return a time in milliseconds, or from ten seconds on in seconds; three digits, or no decimals."""
    value, unit = (microseconds / 1e6, "s") if abs(microseconds) >= 10_000_000 else (microseconds / 1e3, "ms")
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {unit}"
