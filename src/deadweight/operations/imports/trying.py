"""Heavy imports that only one function uses → what a start saves if they move into that function, measured.

Each is moved in a copy of the application, and the copies are started by turns with one that is unchanged.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from deadweight.codescan.local_modules import LocalModules
from deadweight.errors import StartFailed
from deadweight.model.report.imports import Attempt, LazyImport, LazyStatement
from deadweight.operations.imports.observing import Bench, Observed
from deadweight.progress import Progress
from deadweight.sources.startup.code import contents
from deadweight.sources.startup.copies import copy_application, write_into
from deadweight.sources.startup.starting import start
from deadweight.startup.costs import attempted, typical_cost
from deadweight.startup.importtime import imported, tree
from deadweight.startup.lazy import Candidate, grouped, heavy_imports, is_exposed
from deadweight.startup.moving import moved
from deadweight.startup.scopes import lines_of, read_source
from deadweight.startup.values import Launch

_MOST_TRIED = 10
_LONGEST_STATEMENT = 200  # characters


def lazy_imports(bench: Bench, seen: Observed, start_us: int) -> tuple[tuple[LazyImport, ...], Attempt | None]:
    """Return the heavy imports that could happen later, with what was measured; and all of them at once.

    start_us: what a start takes
    """
    files = contents(bench.directory, seen.names)
    sources = {path: read_source(data) for path, data in files.items()}
    found = grouped(_unexposed(heavy_imports(sources, seen.names, seen.times, start_us), bench), seen.owner)
    tried = found[:_MOST_TRIED]
    together = tuple(each for group in tried for each in group)
    attempts = _attempts(bench, seen, files, [*tried, *([together] if len(tried) > 1 else [])]) if tried else []
    return tuple(
        _lazy_import(group, files, seen, attempts[number] if number < len(tried) else None)
        for number, group in enumerate(found)
    ), attempts[-1] if len(tried) > 1 else None


def _lazy_import(
    group: tuple[Candidate, ...], files: Mapping[str, bytes], seen: Observed, attempt: Attempt | None
) -> LazyImport:
    modules = sorted({module for each in group for module in each.modules})
    loads = frozenset[str]().union(*(each.loads for each in group))
    return LazyImport(
        statements=tuple(
            LazyStatement(
                file=each.file,
                line=each.single.first,
                statement=_statement(files[each.file], each),
                function=each.single.function,
                function_line=each.single.function_line,
            )
            for each in group
        ),
        modules=tuple(modules),
        cost_us=typical_cost(seen.times, loads),
        attempt=attempt,
    )


def _unexposed(found: Sequence[Candidate], bench: Bench) -> tuple[Candidate, ...]:
    """Return the candidates whose names no other file of the application uses."""
    if not found:
        return ()
    words = {name.encode() for each in found for name in (*each.single.names, "*")}
    others = {path: read_source(data) for path, data in contents(bench.directory, bench.python, words).items()}
    modules = LocalModules(bench.python)
    return tuple(each for each in found if not is_exposed(each, others, modules))


def _statement(data: bytes, candidate: Candidate) -> str:
    lines = lines_of(data)[candidate.single.first - 1 : candidate.single.last]
    return " ".join(b" ".join(lines).decode("utf-8", "replace").split())[:_LONGEST_STATEMENT]


class _Copy(Struct):
    """A copy of the application.

    moved:    the imports that were moved in it
    launches: its starts, without the first
    first:    the first start, with its imports
    failure:  of a start; "" if none failed
    """

    directory: str
    moved: tuple[Candidate, ...]
    launches: list[Launch]
    first: Launch | None = None
    failure: str = ""


def _attempts(
    bench: Bench, seen: Observed, files: Mapping[str, bytes], sets: Sequence[tuple[Candidate, ...]]
) -> list[Attempt]:
    """Start a copy for each set of imports that are moved in it, by turns with an unchanged copy."""
    with tempfile.TemporaryDirectory(dir=bench.starter.scratch.path) as parent:
        root = os.path.realpath(parent)
        try:
            copies = [_copy(bench, os.path.join(root, str(at)), each, files) for at, each in enumerate(((), *sets))]
        except OSError as error:
            reason = f"the application cannot be copied: {error.strerror}"
            return [Attempt(failure=reason) for _ in sets]
        for run in range(bench.runs + 1):
            bench.observe(Progress("running", "the application with lazy imports", done=run, total=bench.runs + 1))
            for copy in copies:
                _start(copy, bench, first=not run)
        unchanged, *changed = copies
        if unchanged.failure:
            return [Attempt(failure=f"an unchanged copy does not start: {unchanged.failure}") for _ in sets]
        bare_us = [launch.wall_us for launch in seen.bare]
        return [_attempt(each, unchanged, bare_us) for each in changed]


def _copy(bench: Bench, path: str, imports: tuple[Candidate, ...], files: Mapping[str, bytes]) -> _Copy:
    copy_application(bench.directory, path, bench.python)
    for file in {each.file for each in imports}:
        write_into(path, file, moved(files[file], [each.single for each in imports if each.file == file]))
    return _Copy(path, imports, [])


def _start(copy: _Copy, bench: Bench, *, first: bool) -> None:
    if copy.failure:
        return
    try:
        launch = start(bench.starter, copy.directory, "times" if first else "plain")
    except StartFailed as error:
        copy.failure = error.cause
        return
    if first:
        copy.first = launch
    else:
        copy.launches.append(launch)


def _attempt(changed: _Copy, unchanged: _Copy, bare_us: Collection[int]) -> Attempt:
    if changed.failure or changed.first is None:
        return Attempt(failure=changed.failure)
    modules = {module for each in changed.moved for module in each.modules}
    return attempted(unchanged.launches, changed.launches, [*bare_us], tree(imported(changed.first.output)), modules)
