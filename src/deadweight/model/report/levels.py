"""The result of ``plan``: levels of saving, each measured, and the way to a target size. Sizes are bytes."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from deadweight.errors import BadReport
from deadweight.model.documents import Published
from deadweight.model.report import TargetFacts
from deadweight.model.report.judgement import Lacking, Location
from deadweight.model.report.sizes import Size

Schema = Literal["deadweight.plan/1"]
LevelName = Literal["today", "what-if", "production", "deduplicated", "lighter", "alpine", "minimal", "trimmed"]
LEVELS: tuple[LevelName, ...] = (
    "today", "what-if", "production", "deduplicated", "lighter", "alpine", "minimal", "trimmed",
)  # fmt: skip
Risk = Literal["none", "low", "medium", "high"]
RISKS: tuple[Risk, ...] = ("none", "low", "medium", "high")


class Step(Struct, frozen=True, kw_only=True):
    """One change.

    name:        the project to drop or to replace, or the kind of files to trim
    action:      the change as a phrase, such as "drop pytest"
    reason:      why it is possible, or what is lost
    saves_bytes: what it saves on top of the steps before it; None if it was measured only with others
    locations:   the code that must change
    """

    kind: Literal["drop", "swap", "torch", "platform", "trim"]
    name: str
    action: str
    reason: str
    saves_bytes: int | None = None
    locations: tuple[Location, ...] = ()


class Effort(Struct, frozen=True, kw_only=True):
    """What the user has to do.

    requirement_lines: lines of requirements to change; deadweight writes them
    code_lines:        lines of code to change by hand
    """

    requirement_lines: Size = 0
    code_lines: Size = 0


class Level(Struct, frozen=True, kw_only=True):
    """One level, on top of the one before it.

    apparent_bytes: of everything that is installed; None if the level cannot be reached
    at_most:        whether the size is an upper bound, since a smaller build could not be measured
    download_bytes: of the archives; None if unknown
    risk:           that the application fails; a level contains those before it, so it is not lower than theirs
    saved_bytes:    less than the last reachable level before; negative if it is larger
    rejected:       steps that were not taken, each with the reason
    verified:       whether everything that the code uses is provided; None if no code was read
    lacking:        what is not provided
    not_taken:      why the next level does not build on this one, as a phrase: it cannot be reached, or is not
                    smaller; else ""
    warnings:       what makes its size uncertain, as sentences
    """

    name: LevelName
    apparent_bytes: Size | None
    at_most: bool = False
    download_bytes: Size | None = None
    saved_bytes: int | None = None
    steps: tuple[Step, ...] = ()
    rejected: tuple[Step, ...] = ()
    effort: Effort = Effort()
    risk: Risk = "none"
    verified: bool | None = None
    lacking: tuple[Lacking, ...] = ()
    not_taken: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the level differs from the one before it."""
        return bool(self.steps) and not self.not_taken


class Holding(Struct, frozen=True, kw_only=True):
    """A requirement that holds up the floor.

    freed_bytes: what dropping it alone would free
    own_bytes:   its own size
    required_by: if dropping it alone frees nothing: what else requires it
    locations:   where the code uses it
    """

    name: str
    freed_bytes: Size
    own_bytes: Size = 0
    required_by: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()


class Goal(Struct, frozen=True, kw_only=True):
    """The cheapest way to a target size, or the floor.

    target_bytes:   the target size, with the base
    steps:          the cheapest steps that reach it; all steps if none do
    apparent_bytes: what remains after them, with the base
    reached:        whether that is at most the target
    optimal:        whether no cheaper set of steps reaches it, by proof
    cost:           effort points of the steps
    measured:       whether the result was resolved and measured again, and not only computed from the graph
    held_by:        if it is not reached: what remains before trimming, the largest first
    shared_bytes:   if it is not reached: what remains beside those, which none of them frees alone
    """

    target_bytes: Size
    steps: tuple[Step, ...]
    apparent_bytes: Size
    reached: bool
    optimal: bool
    cost: Size
    measured: bool = False
    held_by: tuple[Holding, ...] = ()
    shared_bytes: Size = 0


class LevelReport(Published, frozen=True, kw_only=True):
    """The levels of a target.

    base_bytes: of the image beneath, which each size of a level excludes; None if it was not given
    """

    schema: Schema = field(default="deadweight.plan/1")
    version: str
    target: TargetFacts
    base_bytes: Size | None = None
    levels: tuple[Level, ...]
    goal: Goal | None = None
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<LevelReport: {len(self.levels)} levels, {self.levels[0].apparent_bytes} bytes today>"

    @property
    def exit_code(self) -> int:
        """The exit code of a run with this result: 3 if a target size cannot be reached."""
        return 3 if self.goal and not self.goal.reached else 0

    def level(self, name: str) -> Level:
        """Return a level by name; raises KeyError."""
        named: dict[str, Level] = {level.name: level for level in self.levels}
        return named[name]

    def validate(self) -> None:
        """Raise BadReport where no level says what is installed today."""
        if not self.levels or self.levels[0].name != "today" or self.levels[0].apparent_bytes is None:
            raise BadReport("the first level must be the size of today")
