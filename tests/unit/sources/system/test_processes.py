"""Supervised commands: how they end, and that none of their processes remains."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deadweight.errors import InstallFailed
from deadweight.sources.system.processes import answer_of, run, supervised
from deadweight.sources.system.scratch import Scratch, scratch_directory

SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def scratch(offline: Path) -> Iterator[Scratch]:
    with scratch_directory() as made:
        yield made


def status_of(scratch: Scratch, *command: str) -> int:
    with supervised(command, scratch=scratch, environment=os.environ) as child:
        return child.status()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("status", [0, 1, 77, 255])
def test_supervised__command_that_exits__gives_its_status(status: int, scratch: Scratch) -> None:
    assert status_of(scratch, sys.executable, "-c", f"raise SystemExit({status})") == status


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGPIPE])
def test_supervised__command_that_a_signal_ends__gives_its_negative_number(
    number: signal.Signals, scratch: Scratch
) -> None:
    assert status_of(scratch, "/bin/sh", "-c", f"kill -{int(number)} $$") == -number


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"])
def test_supervised__signals_that_we_ignore__are_not_ignored_by_the_command(number: str, scratch: Scratch) -> None:
    before = signal.signal(getattr(signal, number), signal.SIG_IGN)
    try:
        shell = f"trap - {number.removeprefix('SIG')}; kill -s {number.removeprefix('SIG')} $$; exit 5"
        assert status_of(scratch, "/bin/sh", "-c", shell) == -getattr(signal, number)
    finally:
        signal.signal(getattr(signal, number), before)


def test_supervised__missing_command__raises_the_system_error(scratch: Scratch, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        status_of(scratch, "/no/such/command")
    (tmp_path / "text").write_text("x")
    with pytest.raises(PermissionError):
        status_of(scratch, str(tmp_path / "text"))
    with pytest.raises(OSError, match="null byte") as caught:
        status_of(scratch, "/bin/true", "a\0b")
    assert caught.value.errno == errno.EINVAL


def test_supervised__block_ends__so_does_the_command_with_its_children(scratch: Scratch) -> None:
    code = f"import subprocess as s, sys; p = s.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)\n"
    code += f"print(p.pid, flush=True); {SLEEP}"
    with supervised([sys.executable, "-c", code], scratch=scratch, environment=os.environ) as child:
        assert child.process.stdout
        pid = int(child.process.stdout.readline())
        assert is_running(pid)
        assert not child.has_ended()
    assert not is_running(pid)


def test_supervised__command_ignores_sigterm__is_killed_after_three_seconds(scratch: Scratch) -> None:
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); {SLEEP}"
    with supervised([sys.executable, "-c", code], scratch=scratch, environment=os.environ) as child:
        assert child.process.stdout
        child.process.stdout.readline()
        began = time.monotonic()
        child.stop()
        assert child.status() == -signal.SIGKILL
        assert time.monotonic() - began > 2.5


def test_supervised__command_kills_the_supervisor__is_an_end_by_that_signal(scratch: Scratch) -> None:
    code = "import os; os.kill(os.getppid(), 9)"
    assert status_of(scratch, sys.executable, "-c", code) == -signal.SIGKILL


def test_run__lines__are_reported_at_once_and_returned(scratch: Scratch) -> None:
    lines: list[str] = []
    code = r"import sys; print('one'); sys.stdout.flush(); sys.stderr.buffer.write(b'\xff\r\ntwo')"
    status, output = run([sys.executable, "-c", code], scratch, lines.append, environment=os.environ)
    assert (status, lines, output) == (0, ["one", "\ufffd", "two"], "one\n\ufffd\ntwo")


def test_run__no_such_command__is_an_install_that_failed(scratch: Scratch) -> None:
    with pytest.raises(InstallFailed, match="cannot run /no/such/command: No such file"):
        run(["/no/such/command"], scratch, environment=os.environ)


def test_run__daemon_holds_the_output_open__it_is_not_waited_for(scratch: Scratch) -> None:
    code = f"import subprocess as s, sys; s.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True); print(1)"
    began = time.monotonic()
    assert run([sys.executable, "-c", code], scratch, environment=os.environ) == (0, "1\n")
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("print(1)", b"1\n"),
        ("print(input())", b"question\n"),
        ("raise SystemExit(1)", None),
        (SLEEP, None),
        ("import os; print('PYTHONPATH' in os.environ)", b"False\n"),
    ],
)
def test_answer_of__program__answers_or_not(code: str, answer: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ":")
    seconds = 0.5 if code == SLEEP else 60
    assert answer_of([sys.executable, "-c", code], seconds=seconds, question=b"question") == answer


@pytest.mark.parametrize("command", [["/no/such/command"], ["a\0b"], ["/"]])
def test_answer_of__cannot_be_started__is_none(command: list[str]) -> None:
    assert answer_of(command, seconds=10) is None
