"""The result of ``deadweight trim``, schema ``deadweight.trim/1``: what an environment can do without, or now does.

Sizes are apparent bytes and end in ``_bytes``; ``None`` is unknown or does not apply, never 0.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from deadweight.errors import BadInput
from deadweight.model.documents import Published
from deadweight.model.report.sizes import Size

Schema = Literal["deadweight.trim/1"]
Action = Literal["show", "apply", "undo", "discard"]
Risk = Literal["low", "medium", "high"]


class KindOfFile(Struct, frozen=True, kw_only=True):
    """What of one kind an environment can do without, or what of it was removed.

    risk:     that an application fails or changes without it
    loses:    what no longer works
    selected: whether it is removed
    files:    of which those that are stripped lose only their debug symbols
    apparent_bytes: None if it is unknown how much stripping would free
    """

    kind: str
    risk: Risk
    loses: str
    selected: bool
    files: Size
    apparent_bytes: Size | None


class Reason(Struct, frozen=True, kw_only=True):
    """A module or a distribution, and what happened to it."""

    name: str
    reason: str


class Checked(Struct, frozen=True, kw_only=True):
    """The check of an environment by importing modules.

    modules:  how many could be imported before, and were imported again afterwards
    failing:  modules that failed before, so that they were not checked, and the reason
    kept_files: how many files of the selected kinds stay because modules opened them
    restored: distributions whose files were restored, because a module failed without them
    """

    modules: Size
    failing: tuple[Reason, ...]
    kept_files: Size
    restored: tuple[Reason, ...]


class TrimReport(Published, frozen=True, kw_only=True):
    """What ``deadweight trim`` would remove, removed, restored or deleted.

    environment_bytes: all files of the environment before; None for "undo" and "discard"
    kinds:       every kind; empty for "undo" and "discard"
    files:       how many files were removed or stripped (for "show": would be), restored or deleted
    apparent_bytes: of them; None if it is unknown
    store:       the directory with the originals, which "undo" needs; None if there is none
    store_bytes: of the originals, which still take space; None without a store
    interrupted: whether an earlier run was killed, so that "undo" must restore its files first
    checked:     None except for "apply"
    left:        what "undo" left alone: distributions that were changed since, and files whose place another file has
    warnings:    what was not done, and the reason
    """

    schema: Schema = field(default="deadweight.trim/1")
    version: str
    location: str
    action: Action
    environment_bytes: Size | None = None
    kinds: tuple[KindOfFile, ...] = ()
    files: Size
    apparent_bytes: Size | None
    store: str | None = None
    store_bytes: Size | None = None
    interrupted: bool = False
    checked: Checked | None = None
    left: tuple[Reason, ...] = ()
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<TrimReport: {self.action} {self.files} files, {self.apparent_bytes} bytes>"

    @property
    def exit_code(self) -> int:
        """The exit code of a run: 4 where something could not be restored, else 0."""
        return BadInput.exit_code if self.left else 0
