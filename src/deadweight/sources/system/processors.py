"""How many processes may work at once: no more than the processors that this one may use, or than the user allows."""

from __future__ import annotations

import os
import sys

_MOST = 8  # more of them wait for each other, and for the disk
_allowed: int | None = None


def allow(jobs: int | None) -> None:
    """Limit the processes of this run, None for one for each processor.

    The limit holds for the whole process, since that is what shares the machine with others.
    """
    global _allowed
    _allowed = jobs


def processors() -> int:
    """Return how many processes are worthwhile; 1 where none can be started.

    A container or ``taskset`` may leave this process fewer processors than the machine has (sched_getaffinity(2)).
    """
    if not sys.executable:
        return 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_allowed or usable, _MOST)
