"""The results of running a split: of importing each module, and of the user's command."""

from __future__ import annotations

from typing import NamedTuple


class Trial(NamedTuple):
    """The result of importing one module in a temporary environment.

    reason:    the last line of the error, or how else it failed; "" on success
    missing: the module that was not found, which may be imported by a dependency
    unclear: whether the failure is no evidence about the environment: a framework requires its settings first
    """

    module: str
    reason: str = ""
    missing: str = ""
    unclear: bool = False


class Smoke(NamedTuple):
    """The result of the user's command.

    status: its exit status; the negative number of the signal that terminated it; None if it timed out
    reason:   the last lines of its output
    """

    command: str
    status: int | None
    reason: str
