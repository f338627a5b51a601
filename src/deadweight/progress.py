"""Progress of a run. The library reports it to an observer and prints nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

Phase = Literal[
    "reading", "preparing", "resolving", "downloading", "building", "installing", "compiling", "listing", "measuring",
    "importing", "running", "stripping", "moving",
]  # fmt: skip


class Progress(Struct, frozen=True):
    """One step of a run.

    detail:      what the phase is working on
    done_bytes, total_bytes: of downloads; the total covers those that are known so far
    done, total: of the items that the phase works through (archives, layers, modules); None if unknown
    """

    phase: Phase
    detail: str = ""
    done_bytes: int | None = None
    total_bytes: int | None = None
    done: int | None = None
    total: int | None = None

    @property
    def share(self) -> float | None:
        """Return the completed share of the phase, between 0 and 1: of its bytes, else of its items."""
        done, total = (self.done_bytes, self.total_bytes) if self.total_bytes else (self.done, self.total)
        return min((done or 0) / total, 1.0) if total else None


# Calls may come from different threads, but never from two at once.
Observer = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Ignore progress."""
