"""Commands with a timeout, run as real processes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from deadweight.sources.system.limited import Conditions, Ended, run_limited
from deadweight.sources.system.scratch import scratch_directory

CHILD = "import subprocess as s, sys; print(s.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"


def run(directory: Path, code: str, seconds: float = 20, lines: list[bytes] | None = None) -> Ended:
    with scratch_directory() as scratch:
        conditions = Conditions(seconds=seconds, directory=str(directory), environment=os.environ, scratch=scratch)
        return run_limited([sys.executable, "-c", code], conditions, None if lines is None else lines.append)


@pytest.fixture(autouse=True)
def _apart(offline: Path) -> None:
    """Keep scratch directories below the test's own directory."""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_run_limited__ends__with_status_and_both_streams(tmp_path: Path) -> None:
    ended = run(tmp_path, "import os, sys; print(os.getcwd()); print('err', file=sys.stderr); print(input())")
    assert ended.status == 1
    assert str(tmp_path) in ended.output
    assert "err" in ended.output
    assert "EOFError" in ended.output


def test_run_limited__on_line__gets_stdout_alone(tmp_path: Path) -> None:
    lines: list[bytes] = []
    ended = run(tmp_path, "import sys; print('a\\nb'); print('err', file=sys.stderr)", lines=lines)
    assert (lines, ended) == ([b"a", b"b"], Ended(0, "err\n"))


def test_run_limited__time_is_up__ends_it(tmp_path: Path) -> None:
    began = time.monotonic()
    ended = run(tmp_path, "import time; print('here', flush=True); time.sleep(60)", 0.5)
    assert (ended.status, ended.output) == (None, "here\n")
    assert time.monotonic() - began < 10


def test_run_limited__ends_and_left_a_child_with_its_pipes__both_are_gone(tmp_path: Path) -> None:
    ended = run(tmp_path, CHILD)
    assert ended.status == 0
    until = time.monotonic() + 10  # a killed process is gone when the kernel gets to it
    while is_running(int(ended.output)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_running(int(ended.output))


def test_run_limited__prints_without_end__keeps_the_last(tmp_path: Path) -> None:
    ended = run(tmp_path, "import sys\nfor n in range(300000): print(n)")
    assert len(ended.output) <= 1 << 16
    assert ended.output.endswith("299999\n")


def test_run_limited__killed_by_a_signal__is_reported(tmp_path: Path) -> None:
    assert run(tmp_path, "import os; os.kill(os.getpid(), 9)").status == -9


def test_run_limited__closes_its_streams__is_waited_for(tmp_path: Path) -> None:
    ended = run(tmp_path, "import os, time; os.close(1); os.close(2); time.sleep(0.3); os._exit(5)")
    assert ended.status == 5
