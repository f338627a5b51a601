"""What became of trying a split: of importing each module in it, and of the user's own command."""

from __future__ import annotations

from typing import NamedTuple


class Trial(NamedTuple):
    """What came of importing one module in an environment of its own.

    says:    the last line of the error, or how else it failed; "" where it was imported
    missing: the module that was not found on the way, which may be another's
    unclear: whether that says nothing of what is installed: a framework wants its settings first
    """

    module: str
    says: str = ""
    missing: str = ""
    unclear: bool = False


class Smoke(NamedTuple):
    """What came of the user's own command.

    status: its exit status; negative, the signal that ended it; None where its time was up
    says:   the last lines that it printed
    """

    command: str
    status: int | None
    says: str
