"""Progress → stderr: one updated line on a terminal, plain lines otherwise."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from deadweight.progress import Observer, Progress, silent
from deadweight.report.units import human
from deadweight.untrusted import plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_EVERY = 10.0  # seconds between plain lines
_SHOWN_AFTER = 1.0  # seconds after which the duration of a phase is shown
_BAR_WIDTH = 20


@contextlib.contextmanager
def observer(*, quiet: bool, verbose: bool) -> Iterator[Observer]:
    """Yield the observer for stderr."""
    if quiet:
        yield silent
    elif sys.stderr.isatty() and not verbose:
        yield from _live()
    else:
        with _Lines(verbose) as lines:
            yield lines


class _Lines:
    """Prints each phase at its start, and the current step every ten seconds; with ``verbose`` every step."""

    def __init__(self, verbose: bool, every: float = _EVERY) -> None:
        self._verbose, self._every = verbose, every
        self._latest = _Latest()
        self._reached: set[str] = set()
        self._printed = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._remind, daemon=True)

    def __enter__(self) -> _Lines:
        # If the system allows no more threads (``ulimit -u``), only phases are printed.
        with contextlib.suppress(RuntimeError):
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._printed.set()
        if self._thread.is_alive():
            self._thread.join()

    def __call__(self, progress: Progress) -> None:
        self._latest.take(progress)
        if self._verbose or progress.phase not in self._reached:
            self._reached.add(progress.phase)
            self._print()

    def _print(self) -> None:
        self._printed.set()
        # A closed stderr must not stop the measurement.
        with contextlib.suppress(OSError, ValueError):
            print(self._latest.line(), file=sys.stderr, flush=True)

    def _remind(self) -> None:
        """Print the current step if nothing was printed for a while, because an installer may be silent for minutes."""
        while not self._ended:
            self._printed.clear()
            if not self._printed.wait(self._every) and self._latest.phase and not self._ended:
                self._print()


class _Latest:
    """The current step, and when its phase began."""

    def __init__(self) -> None:
        self.progress = Progress("reading")
        self.phase = ""
        self._since = time.monotonic()

    def take(self, progress: Progress) -> None:
        if progress.phase != self.phase:
            self.phase, self._since = progress.phase, time.monotonic()
        self.progress = progress

    def line(self) -> str:
        seconds = time.monotonic() - self._since
        return f"{said(self.progress)}, {seconds:.0f} s" if seconds >= _SHOWN_AFTER else said(self.progress)


def said(progress: Progress) -> str:
    """Return one line for a step."""
    text = f"{progress.phase} {plain(progress.detail)}".rstrip()
    if progress.total_bytes:
        text += f" ({human(progress.done_bytes)} of {human(progress.total_bytes)})"
    elif progress.total:
        text += f" ({progress.done:,} of {progress.total:,})"
    return text


def bar(share: float, width: int = _BAR_WIDTH) -> str:
    """Return a progress bar for a share between 0 and 1."""
    full = int(share * width)
    return "━" * full + "╌" * (width - full)


def _live() -> Iterator[Observer]:
    """Update one line with the step and its duration, and a bar if the phase can be counted."""
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.table import Table
    from rich.text import Text

    latest = _Latest()
    spinner = Spinner("line")

    class Line:
        def __rich_console__(self, console: Console, _: object) -> Iterator[RenderableType]:
            share = latest.progress.share
            line = Table.grid(padding=(0, 1))
            line.add_row(
                spinner if share is None else Text(bar(share)),
                Text(latest.line(), overflow="ellipsis", no_wrap=True),
            )
            yield line

    live = Live(Line(), console=Console(stderr=True, highlight=False), refresh_per_second=8, transient=True)
    try:
        live.start()
    except RuntimeError:  # the system allows no more threads
        yield _Lines(verbose=False)
        return
    try:
        yield latest.take
    finally:
        with contextlib.suppress(OSError):  # the terminal was closed
            live.stop()
