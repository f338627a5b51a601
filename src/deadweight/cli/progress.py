"""Progress → stderr: one line that lives where it is a terminal, plain lines where it is not."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from deadweight.progress import Observer, Progress, silent
from deadweight.report.units import human, plain

_EVERY = 5.0  # seconds between plain lines of phases that were reached before


@contextlib.contextmanager
def observer(*, quiet: bool, verbose: bool) -> Iterator[Observer]:
    """Give the observer that fits stderr."""
    if quiet:
        yield silent
    elif sys.stderr.isatty() and not verbose:
        yield from _live()
    else:
        yield _Lines(verbose)


class _Lines:
    """Says each phase when it is first reached, and where it stands now and then; with ``verbose`` everything."""

    def __init__(self, verbose: bool) -> None:
        self._verbose, self._said = verbose, 0.0
        self._reached: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._verbose or progress.phase not in self._reached or now - self._said >= _EVERY:
            self._reached.add(progress.phase)
            self._said = now
            # A reader that has gone is no reason not to measure.
            with contextlib.suppress(OSError):
                print(said(progress), file=sys.stderr, flush=True)


def said(progress: Progress) -> str:
    """Return one line for a step."""
    text = f"{progress.phase} {plain(progress.says)}".rstrip()
    if progress.total_bytes:
        text += f" ({human(progress.done_bytes)} of {human(progress.total_bytes)})"
    return text


def _live() -> Iterator[Observer]:
    """Keep one line alive with the phase, the bytes and the seconds."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    began = time.monotonic()
    latest = Progress("reading")

    class Line:
        def __rich__(self) -> Text:
            return Text(f"{said(latest)}  {time.monotonic() - began:.0f} s", overflow="ellipsis", no_wrap=True)

    console = Console(stderr=True, highlight=False)
    with Live(Line(), console=console, refresh_per_second=8, transient=True):

        def observe(progress: Progress) -> None:
            nonlocal latest
            latest = progress

        yield observe
