"""What was found of a build context → its report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from deadweight import __version__
from deadweight.buildcontext.choosing import Choice, Rule
from deadweight.buildcontext.context import BuildContext
from deadweight.buildcontext.matcher import ignored
from deadweight.buildcontext.patterns import Pattern
from deadweight.buildcontext.weighing import Weighed, Weight
from deadweight.buildcontext.writing import extended
from deadweight.model.report.builds.dockerignore import (
    ContextSize,
    DockerignoreReport,
    IgnoreRule,
    KeptPath,
    RemainingDirectory,
)
from deadweight.operations.dockerignore.needing import Needs
from deadweight.sources.buildcontext.naming import Named

_MOST_REMAINING = 8
_MOST_OF_PARENT = 0.8  # a directory with more than this of its parent's bytes is shown in its place


class Result(NamedTuple):
    """What was found.

    rules: to write, and to suggest
    """

    context: BuildContext
    named: Named
    needs: Needs
    choice: Choice
    rules: tuple[list[Rule], list[Rule]]
    weighed: Weighed


def report_of(result: Result) -> DockerignoreReport:
    """Return the report."""
    context, named, weighed = result.context, result.named, result.weighed
    first = len(named.patterns)
    rows = [
        list(_rows(part, weighed, first + _lines(result.rules[:number]))) for number, part in enumerate(result.rules)
    ]
    written = list(_written(result, rows[0]))
    text = extended(named.text or "", written) if written else named.text or ""
    before, after, _ = weighed.stages
    return DockerignoreReport(
        version=__version__,
        location=context.location,
        ignore_file=named.ignore_file,
        exists=named.text is not None,
        dockerfiles=tuple(os.path.relpath(path, context.location) for path in named.dockerfiles),
        directory=_whole(context),
        before=_size(before),
        after=_size(_with_file(after, result, written, text)),
        rules=tuple(row for rule, row in zip(result.rules[0], rows[0], strict=True) if rule in written),
        suggestions=tuple(row for row in rows[1] if row.files),
        kept=tuple(_kept(result)),
        remaining=tuple(_remaining(context, weighed)),
        text=text,
        warnings=(*named.warnings, *result.needs.warnings, *_failing(result), *_secrets(result), *_unlisted(context)),
    )


def _written(result: Result, rows: Sequence[IgnoreRule]) -> Iterator[Rule]:
    """Yield the rules that leave something out, and that for the file itself if it would be new."""
    if any(row.files for row in rows):
        for rule, row in zip(result.rules[0], rows, strict=True):
            if row.files or (result.named.text is None and rule.paths == (result.named.own_path,)):
                yield rule


def _lines(parts: Sequence[Sequence[Rule]]) -> int:
    return sum(len(rule.lines) for part in parts for rule in part)


def _rows(rules: Sequence[Rule], weighed: Weighed, first: int) -> Iterator[IgnoreRule]:
    """Yield a row for each rule.

    first: the number of its first pattern
    """
    for rule in rules:
        weight = weighed.taken.get(first, Weight())
        first += len(rule.lines)
        yield IgnoreRule(
            kind=rule.kind.name,
            certainty=rule.kind.certainty,
            reason=rule.kind.reason,
            lines=rule.lines,
            files=weight.files,
            apparent_bytes=weight.apparent_bytes,
        )


def _size(weight: Weight) -> ContextSize:
    return ContextSize(files=weight.files, apparent_bytes=weight.apparent_bytes)


def _whole(context: BuildContext) -> ContextSize:
    inodes = {}
    files = size = 0
    for directory in context.directories:
        files += len(directory.sizes)
        size += sum(directory.sizes)
        for name, bytes_ in directory.files() if directory.links else ():
            if name in directory.links:
                if directory.links[name] in inodes:
                    files, size = files - 1, size - bytes_
                inodes[directory.links[name]] = bytes_
    return ContextSize(files=files, apparent_bytes=size)


def _with_file(after: Weight, result: Result, written: Sequence[Rule], text: str) -> Weight:
    """Return the weight with the ignore file as it will be, if it is part of the context then."""
    path = result.named.own_path
    patterns: list[Pattern] = [*result.named.patterns, *(pattern for rule in written for pattern in rule.patterns())]
    if not written or not path or ignored(path, patterns):
        return after
    old = result.named.text
    grown = len(text.encode("utf-8", "surrogateescape")) - len((old or "").encode("utf-8", "surrogateescape"))
    return Weight(after.files + (old is None), after.apparent_bytes + grown)


def _kept(result: Result) -> Iterator[KeptPath]:
    for candidate, reason in sorted(result.choice.kept, key=lambda each: (-each.candidate.size, each.candidate.path)):
        if candidate.size > candidate.kind.least and not ignored(candidate.path, result.named.patterns):
            yield KeptPath(path=candidate.path, kind=candidate.kind.name, apparent_bytes=candidate.size, reason=reason)


def _failing(result: Result) -> Iterator[str]:
    """Yield a warning for each file that a Dockerfile copies although it is ignored."""
    patterns = result.named.patterns
    copied = {each.path: each for each in result.needs.references.each if each.by == "copies" and patterns}
    for path, _ in result.context.paths() if copied else ():
        if path in copied and ignored(path, patterns):
            by = result.named.ignore_file
            yield f"{copied[path].where} copies {path}, which {by} ignores, so that the build fails"


def _secrets(result: Result) -> Iterator[str]:
    for candidate, reason in result.choice.kept:
        if candidate.kind.name == "secrets":
            yield f"{candidate.path} stays in the context, and may contain secrets: {reason}"


def _unlisted(context: BuildContext) -> Iterator[str]:
    for each in context.skipped:
        yield f"{each.name}: {each.reason}; a build fails unless the directory is ignored"


def _remaining(context: BuildContext, weighed: Weighed) -> Iterator[RemainingDirectory]:
    """Yield the largest directories; one that is nearly all of its parent in its place."""
    totals = [[*weight] for weight in weighed.directories]
    inner: dict[int, list[int]] = {}
    for number in range(len(totals) - 1, 0, -1):
        above = context.directories[number].above
        inner.setdefault(above, []).append(number)
        totals[above][0] += totals[number][0]
        totals[above][1] += totals[number][1]
    rows: list[tuple[str, int, int]] = [("", *weighed.directories[0])]
    for number in inner.get(0, ()):
        chosen = number
        while deeper := [n for n in inner.get(chosen, ()) if totals[n][1] > _MOST_OF_PARENT * totals[chosen][1]]:
            chosen = deeper[0]
        rows.append((context.directories[chosen].path, totals[chosen][0], totals[chosen][1]))
    for path, files, size in sorted(rows, key=lambda row: (-row[2], row[0]))[:_MOST_REMAINING]:
        if files:
            yield RemainingDirectory(path=path, files=files, apparent_bytes=size)
