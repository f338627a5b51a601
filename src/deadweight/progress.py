"""What a run tells about itself while it works: the library reports to an observer and prints nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

Phase = Literal[
    "reading", "preparing", "resolving", "downloading", "building", "installing", "compiling", "listing", "measuring",
    "importing", "running",
]  # fmt: skip


class Progress(Struct, frozen=True):
    """One step of a run. Bytes are those of downloads: done, and known to come so far.

    done, total: how many of what the phase works through (archives, layers, modules); None where nobody knows
    """

    phase: Phase
    says: str = ""
    done_bytes: int | None = None
    total_bytes: int | None = None
    done: int | None = None
    total: int | None = None

    @property
    def share(self) -> float | None:
        """Return how much of the phase is done, between 0 and 1; by its bytes, else by its count."""
        done, total = (self.done_bytes, self.total_bytes) if self.total_bytes else (self.done, self.total)
        return min((done or 0) / total, 1.0) if total else None


# It may be called in different threads, but never in two at once.
Observer = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Observe nothing."""
