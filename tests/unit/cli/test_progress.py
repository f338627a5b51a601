"""What is told while it works: bars and counts, and a line now and then where there is no terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from deadweight.cli.progress import _Lines, bar, said
from deadweight.progress import Progress

if TYPE_CHECKING:
    import pytest

LISTING = Progress("listing", "the archive of a", done=3, total=12)


def test_share__bytes_before_counts__and_never_more_than_all() -> None:
    assert Progress("reading").share is None
    assert LISTING.share == 0.25
    assert Progress("downloading", "a", 1, 4, done=1, total=1).share == 0.25
    assert Progress("downloading", "a", 5, 4).share == 1.0
    assert Progress("downloading", "a", None, 4).share == 0.0


def test_said__count__is_shown() -> None:
    assert said(LISTING) == "listing the archive of a (3 of 12)"


def test_bar__share__fills_it() -> None:
    assert (bar(0, 4), bar(0.5, 4), bar(1, 4)) == ("╌╌╌╌", "━━╌╌", "━━━━")


def test_lines__silent_phase__is_reported_again_with_its_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    with _Lines(verbose=False, every=0.05) as lines:
        lines(Progress("compiling", "bytecode"))
        lines._latest._since -= 24
        until = time.monotonic() + 20
        reported = ""
        while "24 s" not in reported and time.monotonic() < until:
            time.sleep(0.02)
            reported += capsys.readouterr().err
    assert reported.splitlines()[0] == "compiling bytecode"
    assert "compiling bytecode, 24 s" in reported


def test_lines__steps_of_a_phase_that_was_reached__are_not_printed_each(capsys: pytest.CaptureFixture[str]) -> None:
    with _Lines(verbose=False, every=60) as lines:
        for number in range(100):
            lines(Progress("listing", str(number), done=number, total=100))
    assert capsys.readouterr().err == "listing 0 (0 of 100)\n"


def test_lines__at_the_end__leave_no_thread() -> None:
    before = threading.active_count()
    with _Lines(verbose=False):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_lines__system_without_more_threads__prints_the_phases_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    with _Lines(verbose=False) as lines:
        lines(LISTING)
    assert capsys.readouterr().err == "listing the archive of a (3 of 12)\n"


def test_live__phase_with_a_count__has_a_bar() -> None:
    code = (
        "import time; from deadweight.cli.progress import observer; from deadweight.progress import Progress\n"
        "with observer(quiet=False, verbose=False) as observe:\n"
        "    observe(Progress('listing', 'a', done=1, total=2)); time.sleep(0.6)\n"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "PYTHONUTF8": "1"}
    with subprocess.Popen([sys.executable, "-c", code], stderr=theirs, env=environment) as running:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 1 << 16):
                shown += chunk
        except OSError:  # Linux: the other side has closed
            pass
        assert running.wait() == 0
    os.close(ours)
    text = shown.decode()
    assert bar(0.5) in text
    assert "listing a (1 of 2)" in text
