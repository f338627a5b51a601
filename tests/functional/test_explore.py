"""explore as people run it: in a terminal, which it leaves as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.builders import dist_files, make_env

_SECONDS = 60


@pytest.fixture
def env(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm-256color")
    return make_env(
        tmp_path / "env",
        dist_files("web", files={"web.py": "x" * 5000}, requires=["http"], requested=True),
        dist_files("http", files={"http.py": "x" * 3000}),
        dist_files("other", requested=True),
    )


class Terminal:
    """A terminal of 80 columns in which a command runs."""

    def __init__(self, *arguments: str) -> None:
        self._ours, self._theirs = pty.openpty()
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._before = termios.tcgetattr(self._theirs)
        self.shown = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deadweight", *arguments],
            stdin=self._theirs, stdout=self._theirs, stderr=self._theirs, start_new_session=True,
        )  # fmt: skip

    def wait_for(self, text: bytes) -> None:
        """Read until a text has been shown since the last call."""
        deadline = time.monotonic() + _SECONDS
        before = len(self.shown)
        while text not in self.shown[before:]:
            assert time.monotonic() < deadline, self.shown
            self._read(0.1)

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def end(self) -> int:
        """Wait for the end of the command; return its exit code."""
        deadline = time.monotonic() + _SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.shown
            self._read(0.1)
        while self._read(0):
            pass
        return self.process.returncode

    def is_restored(self) -> bool:
        """Return whether the terminal is as it was: its modes, its first screen, and the cursor is shown."""
        modes = termios.tcgetattr(self._theirs) == self._before
        left = self.shown.rfind(b"\x1b[?1049l") > self.shown.rfind(b"\x1b[?1049h")
        return modes and left and self.shown.rfind(b"\x1b[?25h") > self.shown.rfind(b"\x1b[?25l")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        self.shown += os.read(self._ours, 1 << 16)
        return True


def test_explore__keys__mark_write_and_quit(env: Path, tmp_path: Path) -> None:
    terminal = Terminal("explore", "env", "--output-dir", "out")
    try:
        terminal.wait_for(b"nothing is marked")
        terminal.type(b"v")
        terminal.wait_for(b"web 1.0")
        terminal.type(b" ")
        terminal.wait_for(b"leaves: 2 distributions")
        terminal.type(b"w")
        terminal.wait_for(b"Write these files")
        terminal.type(b"y")
        terminal.wait_for(b"wrote")
        terminal.type(b"q")
        assert terminal.end() == 0
        assert terminal.is_restored()
    finally:
        terminal.close()
    assert (tmp_path / "out/requirements-production.txt").read_text().splitlines()[1:] == ["other==1.0"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_explore__signal__restores_the_terminal(env: Path, number: signal.Signals) -> None:
    terminal = Terminal("explore", "env")
    try:
        terminal.wait_for(b"nothing is marked")
        terminal.process.send_signal(number)
        assert terminal.end() == 130
        assert terminal.is_restored()
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("key", "shown"), [("", b""), ("?", b"Keys"), ("w", b"Write these files"), ("/", b"filter by name")]
)
def test_explore__ctrl_c__quits(env: Path, key: str, shown: bytes) -> None:
    terminal = Terminal("explore", "env", "--quiet")
    try:
        terminal.wait_for(b"nothing is marked")
        terminal.type(key.encode())
        terminal.wait_for(shown)
        terminal.type(b"\x03")
        assert terminal.end() == 0
        assert terminal.is_restored()
    finally:
        terminal.close()


def test_explore__pipe__is_bad_input(env: Path) -> None:
    command = [sys.executable, "-m", "deadweight", "explore", "env"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        "error: explore needs a terminal, but stdin is not one\nhint: use deadweight profile for a report as text\n"
    )
