"""Signals that end a run → one KeyboardInterrupt, delayed while a block must not stop halfway."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_interrupted = False  # a second signal must not stop the cleanup
_pending = False
_depth = 0


def install() -> None:
    """Make SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt, except those that are ignored (as nohup does)."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    global _interrupted, _pending
    if _interrupted:
        return
    _interrupted = True
    if _depth:
        _pending = True
    else:
        raise KeyboardInterrupt


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay a signal until the end of the block; only the main thread is ever interrupted.

    Python runs handlers in the main thread, whichever thread receives the signal, so a signal mask cannot do this.
    """
    global _depth, _pending
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if _pending and not _depth:
            _pending = False
            raise KeyboardInterrupt
