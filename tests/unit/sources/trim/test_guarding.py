"""Which environments may be trimmed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.sources.trim.guarding import check_directories, locked, python_of, root_of
from tests.builders import write_files


def test_root_of__link_to_a_venv__is_its_real_path(tmp_path: Path) -> None:
    write_files(tmp_path, {"env/pyvenv.cfg": ""})
    (tmp_path / "link").symlink_to("env")
    assert root_of(str(tmp_path / "link")) == str(tmp_path / "env")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"x": ""}, "is not a virtual environment"),
        ({"pyvenv.cfg": "", "conda-meta/history": ""}, "is a conda environment"),
    ],
)
def test_root_of__other_directory__is_refused(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        root_of(str(write_files(tmp_path, files)))


def test_python_of__link_to_a_python_that_is_gone__is_refused(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to("/gone/python")
    with pytest.raises(BadInput, match="cannot be run"):
        python_of(str(tmp_path))


def test_locked__twice__is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    with locked(str(tmp_path)), pytest.raises(BadInput, match="another run"), locked(str(tmp_path)):
        pass
    with locked(str(tmp_path)):
        assert os.listdir(tmp_path) == []


def test_check_directories__link_out_of_the_environment__is_refused(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "env/lib").symlink_to("../outside")
    with pytest.raises(BadInput, match="is a symlink"):
        check_directories(str(tmp_path / "env"), ["", "lib"])


def test_check_directories__read_only__is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a read-only file system, where root may not write either.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(BadInput, match="is read-only"):
        check_directories(str(tmp_path), [""])


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs another file system")
def test_check_directories__on_another_file_system__is_refused() -> None:
    with pytest.raises(BadInput, match=r"another file system|read-only"):
        check_directories("/", ["proc"])


# A run that is killed between fork and exec: its child still has the lock, and gives it up at exec.
FORKS = """
import os, sys, time
from deadweight.sources.trim.guarding import locked
with locked(sys.argv[1]):
    if os.fork() == 0:
        time.sleep(0.5)
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)"])
    print("forked", flush=True)
    time.sleep(60)
"""


def test_locked__killed_run_whose_child_has_not_started__waits_for_the_child(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as run:
        assert run.stdout
        assert run.stdout.readline() == b"forked\n"
        run.kill()
        run.wait()
        with locked(str(tmp_path)):
            os.killpg(run.pid, signal.SIGKILL)  # the child runs on, without the lock


def test_locked__just_given_up_by_another__waits_for_it(tmp_path: Path) -> None:
    holding, given_up = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(str(tmp_path)):
            holding.set()
            time.sleep(0.3)
            given_up.set()

    with ThreadPoolExecutor() as pool:
        first = pool.submit(hold)
        assert holding.wait(10)
        with locked(str(tmp_path)):
            assert given_up.is_set()
        first.result()
