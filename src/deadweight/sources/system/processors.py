"""The number of processes to use: limited by the available processors and by ``--jobs``."""

from __future__ import annotations

import os
import sys

_MOST = 8  # more would wait for each other and for the disk
_allowed: int | None = None


def allow(jobs: int | None) -> None:
    """Set the limit of processes; None for one per processor.

    The limit is global, since the whole process shares the machine with others.
    """
    global _allowed
    _allowed = jobs


def processors() -> int:
    """Return how many processes to use; 1 if no others can be started.

    A container or ``taskset`` may allow fewer processors than the machine has (sched_getaffinity(2)).
    """
    if not sys.executable:
        return 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_allowed or usable, _MOST)
