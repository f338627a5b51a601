"""The result of ``deadweight imports``, schema ``deadweight.imports/1``: what an application costs to start.

Times are microseconds and end in ``_us``, memory is resident memory in bytes; ``None`` is unknown, never 0.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from deadweight.errors import BadReport
from deadweight.model.documents import Published
from deadweight.model.report import TargetFacts
from deadweight.model.tree import Skipped

Schema = Literal["deadweight.imports/1"]
FEWEST_STARTS = 3  # that can tell whether one copy starts faster than another


class Spread(Struct, frozen=True, kw_only=True):
    """A figure of several runs: the median, the least and the most."""

    median: int
    least: int
    most: int


class ImportRow(Struct, frozen=True, kw_only=True):
    """The imports of one distribution, of the standard library, of the application itself, or of anything else.

    key, version:  of a distribution; None for the other rows
    modules:       how many of its modules a start imports
    self_us:       what its own modules take
    cumulative_us: with the modules of others that its imports cause; such a module counts for all of them
    memory_bytes:  what its own modules add to the resident memory
    """

    kind: Literal["distribution", "application", "standard library", "other"]
    key: str | None = None
    version: str | None = None
    modules: int
    self_us: Spread
    cumulative_us: Spread
    memory_bytes: Spread | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """Starts of a copy of the application with imports moved, between as many starts of an unchanged copy.

    saves_us, saves_bytes: the median of the differences between neighbouring starts, negative for a loss; None if the
                  changed copy did not start
    certain:      whether at least nine of ten differences are savings of time, of at least three
    before_us, after_us: of the unchanged and of the changed copy, without what a bare interpreter takes
    still_loaded: modules that the changed copy imports all the same
    loaded_by:    the modules whose imports cause that, the nearest first; empty if nothing is still loaded
    failure:      why the changed copy did not start; "" if it did
    """

    saves_us: int | None = None
    saves_bytes: int | None = None
    certain: bool = False
    before_us: Spread | None = None
    after_us: Spread | None = None
    still_loaded: tuple[str, ...] = ()
    loaded_by: tuple[str, ...] = ()
    failure: str = ""


class LazyStatement(Struct, frozen=True, kw_only=True):
    """An import statement at module level whose names only one function uses.

    file:      relative to the directory of the code
    line:      of the statement, from 1
    statement: its source text, on one line
    function:  the qualified name of the function
    function_line: from 1
    """

    file: str
    line: int
    statement: str
    function: str
    function_line: int


class LazyImport(Struct, frozen=True, kw_only=True):
    """A heavy import that could happen later: the statements that import the same distribution, moved together.

    modules: the heavy modules that they import
    cost_us: what importing the modules takes, wherever in the start that happens first
    attempt: None if it was not tried
    """

    statements: tuple[LazyStatement, ...]
    modules: tuple[str, ...]
    cost_us: int
    attempt: Attempt | None = None


class ImportsReport(Published, frozen=True, kw_only=True):
    """What an application costs to start. The own times of the rows and ``rest_us`` add up to that of ``timed_us``.

    source:       the directory of the application's code
    entry:        the module that a start imports, with ``:attribute`` if one was given
    entry_from:   "--entry", or where the entry was found
    runs:         how many starts each figure is from
    bare_us, bare_bytes: of an interpreter that imports nothing; they are not part of the other figures
    start_us, start_bytes: of a start
    timed_us:     of a start in which each import is timed, as for the rows; timing slows a start down
    rows:         by kind, then the most expensive first
    rest_us:      what no import takes; None if the rows add up to more than ``timed_us``: it is less than the starts
                  differ, or imports in several threads overlap
    lazy:         the most expensive first
    together:     all imports of ``lazy`` moved at once; None for fewer than two
    """

    schema: Schema = field(default="deadweight.imports/1")
    version: str
    target: TargetFacts
    source: str
    entry: str
    entry_from: str
    python: str | None
    runs: int
    bare_us: Spread
    bare_bytes: Spread | None
    start_us: Spread
    start_bytes: Spread | None
    timed_us: Spread
    rows: tuple[ImportRow, ...]
    rest_us: int | None
    lazy: tuple[LazyImport, ...] = ()
    together: Attempt | None = None
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<ImportsReport: {self.entry[:80]!r} starts in {self.start_us.median} microseconds>"

    @property
    def exit_code(self) -> int:
        """The exit code of a run with this result."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)

    def validate(self) -> None:
        """Raise BadReport if the rows do not add up to the total."""
        if self.rest_us is not None and sum(row.self_us.median for row in self.rows) + self.rest_us != (
            self.timed_us.median
        ):
            raise BadReport("the rows do not add up to the start")
