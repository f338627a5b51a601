"""Signals in the middle of an install: exit code 130, nothing left on the disk, nobody left running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders import make_wheel, make_wheelhouse, write_files
from tests.index_server import Server, index_of

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
MARK = "DEADWEIGHT_TEST_RUN"
PATIENCE = 20.0  # seconds; only a failure waits as long


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Mark the processes of one test by a variable that they inherit; end those that outlive it."""
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    yield value
    for pid in marked(value):
        os.kill(pid, signal.SIGKILL)


def marked(value: str) -> list[int]:
    """Return the processes that carry the mark; this one got it too late to show it in /proc."""
    found = []
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            try:
                if f"{MARK}={value}".encode() in (directory / "environ").read_bytes():
                    found.append(int(directory.name))
            except OSError:
                continue
    return found


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


@pytest.fixture
def stuck_build(tmp_path: Path, offline: Path, mark: str) -> tuple[list[str], Callable[[], bool]]:
    """A requirements file whose project never ends to build; and what tells that the build has begun."""
    backend = f"import time\nopen({str(tmp_path / 'began')!r}, 'w').close()\ntime.sleep(600)\n"
    pyproject = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
    write_files(
        tmp_path, {"r.txt": f"{tmp_path}/stuck\n", "stuck/backend.py": backend, "stuck/pyproject.toml": pyproject}
    )
    return [str(tmp_path / "r.txt")], (tmp_path / "began").exists


@pytest.fixture
def stuck_index(
    tmp_path: Path, offline: Path, mark: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[list[str], Callable[[], bool]]]:
    """A requirements file and an index that takes calls and never answers; and what tells that it was called."""
    monkeypatch.delenv("UV_OFFLINE")
    monkeypatch.delenv("PIP_NO_INDEX")
    write_files(tmp_path, {"r.txt": "dw-app\n"})
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        calls: list[socket.socket] = []

        def called() -> bool:
            try:
                calls.append(server.accept()[0])
            except BlockingIOError:
                return bool(calls)
            return True

        address = f"http://127.0.0.1:{server.getsockname()[1]}/simple"
        yield [str(tmp_path / "r.txt"), "--index-url", address], called
        for call in calls:
            call.close()


def start(arguments: list[str], *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "deadweight", "profile", *arguments, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("phase", ["stuck_index", "stuck_build"])
def test_signal__while_installing__cleans_up_and_leaves_with_130(
    phase: str, installer: str, number: signal.Signals, offline: Path, mark: str, request: pytest.FixtureRequest
) -> None:
    arguments, reached = request.getfixturevalue(phase)
    running = start(arguments, "--installer", installer, "--keep-env", str(offline / "kept"))
    wait_for(reached)
    assert len(marked(mark)) > 1
    running.send_signal(number)
    out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (130, "")
    assert "interrupted" in err
    assert "Traceback" not in err
    wait_for(lambda: not marked(mark))
    assert list(offline.iterdir()) == []


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("phase", ["stuck_index", "stuck_build"])
def test_kill__everybody_ends_and_the_next_run_removes_what_was_left(
    phase: str, installer: str, tmp_path: Path, offline: Path, mark: str, request: pytest.FixtureRequest
) -> None:
    arguments, reached = request.getfixturevalue(phase)
    running = start(arguments, "--installer", installer)
    wait_for(reached)
    running.kill()
    running.communicate(timeout=PATIENCE)
    wait_for(lambda: not marked(mark))
    assert len(list(offline.glob("deadweight-scratch-*"))) == 1

    install_something(tmp_path)
    assert list(offline.glob("deadweight-scratch-*")) == []


def install_something(directory: Path) -> None:
    """Run deadweight once more, on something that can be installed."""
    wheels = make_wheelhouse(directory / "wheels", make_wheel("dw-app"))
    write_files(directory, {"good.txt": "dw-app\n"})
    command = [sys.executable, "-m", "deadweight", str(directory / "good.txt"), "--find-links", str(wheels), "-q"]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)


def test_kill__keep_env__the_next_run_leaves_the_directory_and_what_the_user_put_there(
    tmp_path: Path, offline: Path, mark: str, stuck_build: tuple[list[str], Callable[[], bool]]
) -> None:
    arguments, reached = stuck_build
    kept = tmp_path / "kept"
    running = start(arguments, "--keep-env", str(kept))
    wait_for(reached)
    running.kill()
    running.communicate(timeout=PATIENCE)
    wait_for(lambda: not marked(mark))
    write_files(kept, {"mine": "x"})
    install_something(tmp_path)
    assert (kept / "mine").exists()


def test_keep_env__two_runs_with_one_directory__the_second_is_refused_and_the_first_goes_on(
    tmp_path: Path, offline: Path, mark: str, stuck_build: tuple[list[str], Callable[[], bool]]
) -> None:
    arguments, reached = stuck_build
    kept = tmp_path / "kept"
    with start(arguments, "--keep-env", str(kept)) as running:
        wait_for(reached)
        second = start(arguments, "--keep-env", str(kept))
        _, err = second.communicate(timeout=PATIENCE)
        assert (second.returncode, "already exists" in err) == (4, True)
        assert (kept / "pyvenv.cfg").exists()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=PATIENCE)
    assert not kept.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal__while_wheels_are_asked_for__leaves_at_once_and_nothing_behind(
    number: signal.Signals, tmp_path: Path, loopback: Path, mark: str
) -> None:
    archives = [make_wheel(f"dw-{n}") for n in range(40)]
    with Server(**index_of(archives), delay=30) as server:
        packages = (
            f'[[packages]]\nname = "dw-{n}"\nversion = "1.0"\nwheels = [{{ url = "{server.url}/files/{name}",'
            f' hashes = {{ sha256 = "{n:064x}" }} }}]\n'
            for n, (name, _) in enumerate(archives)
        )
        head = 'lock-version = "1.0"\ncreated-by = "test"\n'
        write_files(tmp_path, {"pylock.toml": head + "\n".join(packages)})
        running = start([str(tmp_path / "pylock.toml")])
        wait_for(lambda: server.asked)
        began = time.monotonic()
        running.send_signal(number)
        out, err = running.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < 5  # nobody waits for the thirty seconds of an answer
    assert (running.returncode, out) == (130, "")
    assert "interrupted" in err
    assert list(loopback.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_signal__while_our_own_children_work__they_end_too(number: signal.Signals, mark: str) -> None:
    code = "import time\nfrom deadweight.sources.system.workers import each\nlist(each(time.sleep, [(600,), (600,)]))"
    with subprocess.Popen([sys.executable, "-c", code]) as running:
        wait_for(lambda: len(marked(mark)) == 3)
        time.sleep(0.5)  # they have begun
        running.send_signal(number)
    wait_for(lambda: not marked(mark))
    assert running.returncode == -number


@pytest.fixture
def stuck_import(tmp_path: Path, offline: Path, mark: str) -> tuple[list[str], Callable[[], bool]]:
    """A split whose module never ends to import, nor does the child that it has started."""
    code = (
        "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(tmp_path / 'began')!r}, 'w').close()\ntime.sleep(600)\n"
    )
    make_wheelhouse(tmp_path / "wheels", make_wheel("dw-app", files={"dw_app.py": code}))
    write_files(tmp_path, {"split.txt": "dw-app\n", "src/app.py": "import dw_app\n"})
    arguments = [str(tmp_path / "split.txt"), "-f", str(tmp_path / "wheels"), "--source", str(tmp_path / "src")]
    return arguments, (tmp_path / "began").exists


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("depth", [["--run"], ["--smoke", "python -c 'import dw_app'"]], ids=["run", "smoke"])
def test_signal__while_a_split_is_tried__ends_everybody_and_leaves_nothing(
    depth: list[str],
    number: signal.Signals,
    stuck_import: tuple[list[str], Callable[[], bool]],
    offline: Path,
    mark: str,
) -> None:
    arguments, reached = stuck_import
    command = [sys.executable, "-m", "deadweight", "verify", *arguments, *depth]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        wait_for(reached)
        running.send_signal(number)
        out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (130, "")
    assert "interrupted" in err
    wait_for(lambda: not marked(mark))
    assert list(offline.iterdir()) == []


def test_verify__module_starts_a_process__it_does_not_outlive_the_run(tmp_path: Path, offline: Path, mark: str) -> None:
    code = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    wheels = make_wheelhouse(tmp_path / "wheels", make_wheel("dw-app", files={"dw_app.py": code}))
    write_files(tmp_path, {"split.txt": "dw-app\n", "app.py": "import dw_app\n"})
    command = [sys.executable, "-m", "deadweight", "verify", str(tmp_path / "split.txt"), "-f", str(wheels), "--run"]
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert time.monotonic() - began < PATIENCE
    wait_for(lambda: not marked(mark))


ESCAPES = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)
if not os.fork():
    os.setsid()
    if not os.fork():
        signal_all = [__import__('signal').signal(n, 1) for n in (1, 2, 15)]
        time.sleep(600)
    os._exit(0)
"""


KILLS = """
import os, signal, time
if not os.fork():
    os.setsid()
    if not os.fork():
        time.sleep(600)
    os._exit(0)
time.sleep(0.2)
os.kill(os.getppid(), signal.SIGKILL)
time.sleep(600)
"""


@pytest.mark.parametrize("depth", [["--run"], ["--smoke", "python -c 'import dw_app'"]], ids=["run", "smoke"])
def test_verify__module_kills_its_supervisor_and_leaves_a_daemon__neither_outlives_the_run(
    depth: list[str], tmp_path: Path, offline: Path, mark: str
) -> None:
    wheels = make_wheelhouse(tmp_path / "wheels", make_wheel("dw-app", files={"dw_app.py": KILLS}))
    write_files(tmp_path, {"split.txt": "dw-app\n", "app.py": "import dw_app\n"})
    command = [sys.executable, "-m", "deadweight", "verify", str(tmp_path / "split.txt"), "-f", str(wheels), *depth]
    done = subprocess.run([*command, "--timeout", "20"], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "was killed by signal 9" in done.stdout) == (3, True)
    assert not marked(mark)
    assert list(offline.iterdir()) == []


@pytest.mark.parametrize("depth", [["--run"], ["--smoke", "python -c 'import dw_app'"]], ids=["run", "smoke"])
def test_verify__module_starts_a_daemon_in_a_session_of_its_own__it_does_not_outlive_the_run(
    depth: list[str], tmp_path: Path, offline: Path, mark: str
) -> None:
    wheels = make_wheelhouse(tmp_path / "wheels", make_wheel("dw-app", files={"dw_app.py": ESCAPES}))
    write_files(tmp_path, {"split.txt": "dw-app\n", "app.py": "import dw_app\n"})
    command = [sys.executable, "-m", "deadweight", "verify", str(tmp_path / "split.txt"), "-f", str(wheels), *depth]
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert time.monotonic() - began < PATIENCE
    assert not marked(mark)
