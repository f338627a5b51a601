"""What a run tells about itself while it works: the library reports to an observer and prints nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Phase = Literal[
    "reading", "preparing", "resolving", "downloading", "building", "installing", "compiling", "listing", "measuring",
    "importing", "running",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a run. Bytes are those of downloads: done, and known to come so far."""

    phase: Phase
    says: str = ""
    done_bytes: int | None = None
    total_bytes: int | None = None


Observer = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Observe nothing."""
