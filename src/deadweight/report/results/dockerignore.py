"""DockerignoreReport → text: what goes and why, what stays, and the context before and after."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from deadweight.model.report.builds.dockerignore import ContextSize, DockerignoreReport, IgnoreRule
from deadweight.report.text.tables import WIDEST, hanging, narrow_table, plain_table, render
from deadweight.report.units import counted, human, percent
from deadweight.untrusted import plain, whole

_MOST_KEPT = 10
_NUMBERS = ("Files", "Size")


def dockerignore_text(report: DockerignoreReport, *, width: int, given: Sequence[str] = (), written: str = "") -> str:
    """Return the result; its last lines say what to do next.

    given:   options of the command line that the next command needs, too
    written: the file that was written; "" if none was
    """
    width = min(width, WIDEST)
    now = bool(report.rules) and written == report.ignore_file
    parts = [_sentences([_headline(report, now=now)], width)]
    if report.rules:
        title = "Added to the file" if report.exists else "In the file"
        parts.append(f"{title}\n{_table(report.rules, width)}")
    if report.suggestions:
        kinds = ",".join(dict.fromkeys(rule.kind for rule in report.suggestions))
        parts.append(f"Only suggested; to add them, use --kinds +{kinds}\n{_table(report.suggestions, width)}")
    if report.kept:
        parts.append(f"Stays, because something needs or names it\n{_kept(report, width)}")
    if report.remaining:
        parts.append(
            f"Largest directories of the context{' afterwards' * bool(report.rules)}\n{_remaining(report, width)}"
        )
    parts.append(_sentences([*_notes(report), _last(report, given, written)], width))
    return "\n".join(part for part in parts if part)


def _sentences(lines: Sequence[str] | Iterator[str], width: int) -> str:
    return "".join(render(hanging(whole(line), width), width=width, color=False) for line in lines)


def _size(size: ContextSize) -> str:
    return f"{human(size.apparent_bytes)} in {counted(size.files, 'file')}"


def _headline(report: DockerignoreReport, *, now: bool) -> str:
    """Return what the context is, and what it would be.

    now: whether the file was written, so that it is that now
    """
    before, after = report.before.apparent_bytes, report.after.apparent_bytes
    was, leaves, becomes = ("was", "left", "it is now") if now else ("is", "leaves", "it would be")
    start = f"The build context of {plain(report.location)} {was} {_size(report.before)}"
    if report.before != report.directory:
        start += f" ({plain(report.ignore_file)} {leaves} out {human(report.directory.apparent_bytes - before)})"
    if not report.rules:
        return f"{start}."
    return f"{start}; {becomes} {_size(report.after)}, {percent(before - after, before)} less."


def _table(rules: Sequence[IgnoreRule], width: int) -> str:
    rows = [_row(rule) for rule in sorted(rules, key=lambda rule: (-rule.apparent_bytes, rule.lines))]
    return _with_reasons(("Files", "Size", "Certainty", "Pattern", "Why"), rows, width)


def _row(rule: IgnoreRule) -> tuple[str, ...]:
    why = f"{rule.kind}: {rule.reason}"
    return f"{rule.files:,}", human(rule.apparent_bytes), rule.certainty, plain(" ".join(rule.lines)), why


def _with_reasons(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    narrow = narrow_table(columns, rows, _NUMBERS, width)
    if narrow:
        return narrow
    table = plain_table(width, *columns[:-1], numbers=tuple(each for each in columns if each in _NUMBERS))
    table.add_column(columns[-1], overflow="fold")
    table.width = None
    for row in rows:
        table.add_row(*row)
    return render(table, width=width, color=False)


def _kept(report: DockerignoreReport, width: int) -> str:
    shown = report.kept[:_MOST_KEPT]
    rows = [(human(each.apparent_bytes), plain(each.path), plain(f"{each.kind}: {each.reason}")) for each in shown]
    rest = len(report.kept) - _MOST_KEPT
    more = f"and {rest:,} more (see --format json)\n" if rest > 0 else ""
    return _with_reasons(("Size", "Path", "Why"), rows, width) + more


def _remaining(report: DockerignoreReport, width: int) -> str:
    table = plain_table(width, "Files", "Size", numbers=("Files", "Size"))
    table.add_column("Directory", overflow="fold")
    table.width = None
    for each in report.remaining:
        path = plain(f"{each.path}/") if each.path else "(files directly in it)"
        table.add_row(f"{each.files:,}", human(each.apparent_bytes), path)
    return render(table, width=width, color=False)


def _notes(report: DockerignoreReport) -> Iterator[str]:
    yield from (f"warning: {plain(warning)}" for warning in report.warnings)
    if not report.dockerfiles:
        yield f"note: {plain(report.location)} has no Dockerfile, so what a build copies is unknown"


def _last(report: DockerignoreReport, given: Sequence[str], written: str) -> str:
    """Return what was written, or what to run to write it."""
    file = plain(report.ignore_file)
    if written:
        added = report.rules and report.exists and written == report.ignore_file
        return f"Added these lines to {file}." if added else f"Wrote {plain(written)}."
    if not report.rules:
        return "Nothing to add."
    command = shlex.join(("deadweight", "dockerignore", report.location, *given))
    if report.exists:
        return f"To add these lines to {file}, run: {command} --write --force"
    return f"To write {file}, run: {command} --write"
