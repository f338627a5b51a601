"""Signals that end a run → one KeyboardInterrupt, and none where it would leave something half done behind."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_begun = False  # a second signal must not cut the cleaning up short
_pending = False
_depth = 0


def install() -> None:
    """Have SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt; what the user ignores stays ignored."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    global _begun, _pending
    if _begun:
        return
    _begun = True
    if _depth:
        _pending = True
    else:
        raise KeyboardInterrupt


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold a signal back until the end of the block, in the main thread, which alone is interrupted.

    Python runs a handler in the main thread whichever thread got the signal, so a signal mask would hold nothing back.
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
