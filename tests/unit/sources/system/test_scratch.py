"""Scratch directories are always removed, but not while a process holds their lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deadweight import interrupts
from deadweight.errors import BadInput
from deadweight.sources.system.scratch import new_directory, scratch_directory
from tests.builders import write_files

LEFTOVER = "deadweight-scratch-dead"


@pytest.fixture(autouse=True)
def tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory that scratch directories are made in."""
    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    return directory


def test_scratch_directory__run_that_succeeds__leaves_nothing(tmp: Path) -> None:
    with scratch_directory() as scratch:
        written = scratch.write("r.txt", "a\r\né\n")
        assert Path(written).read_bytes() == "a\r\né\n".encode()
        assert os.path.dirname(scratch.temporary) == scratch.path
        assert os.listdir(tmp) == [os.path.basename(scratch.path)]
    assert os.listdir(tmp) == []


def test_scratch_directory__run_that_fails__leaves_nothing(tmp: Path) -> None:
    def run() -> None:
        with scratch_directory() as scratch:
            scratch.write("x", "x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert os.listdir(tmp) == []


def test_scratch_directory__in_use__is_private_and_locked() -> None:
    with scratch_directory() as scratch:
        assert os.stat(scratch.path).st_mode & 0o077 == 0
        with open(f"{scratch.path}/lock", "rb") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_scratch_directory__unlocked_leftover__is_removed_by_the_next_run(tmp: Path) -> None:
    write_files(tmp / LEFTOVER, {"lock": "", "env/x": "x"})
    with scratch_directory():
        assert not (tmp / LEFTOVER).exists()


def test_scratch_directory__directory_of_a_running_run__stays(tmp: Path) -> None:
    write_files(tmp / LEFTOVER, {"lock": "", "env/x": "x"})
    hold = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, f"{tmp}/{LEFTOVER}/lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()  # it has the lock now
        with scratch_directory():
            assert (tmp / LEFTOVER / "env/x").exists()
        holder.communicate(b"\n")
    with scratch_directory():
        assert not (tmp / LEFTOVER).exists()


def test_scratch_directory__two_runs_at_once__have_separate_directories(tmp: Path) -> None:
    with scratch_directory() as one, scratch_directory() as two:
        assert sorted(os.listdir(tmp)) == sorted(os.path.basename(s.path) for s in (one, two))


def test_scratch_directory__symlink_named_like_a_leftover__is_not_followed(tmp: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "mine", {"lock": "", "x": "x"})
    (tmp / LEFTOVER).symlink_to(tmp_path / "mine")
    with scratch_directory():
        pass
    assert (tmp_path / "mine/x").exists()
    assert (tmp / LEFTOVER).is_symlink()


def test_scratch_directory__lock_that_is_a_symlink__is_left(tmp: Path, tmp_path: Path) -> None:
    write_files(tmp_path, {"other": ""})
    (tmp / LEFTOVER).mkdir()
    (tmp / LEFTOVER / "lock").symlink_to(tmp_path / "other")
    with scratch_directory():
        assert (tmp / LEFTOVER).exists()


@pytest.mark.parametrize("name", ["other-directory", "deadweight-scratch"])
def test_scratch_directory__directory_with_another_name__stays(tmp: Path, name: str) -> None:
    write_files(tmp / name, {"lock": ""})
    with scratch_directory():
        pass
    assert (tmp / name / "lock").exists()


def test_scratch_directory__leftover_without_a_lock__is_removed_if_empty(tmp: Path) -> None:
    (tmp / LEFTOVER).mkdir()
    write_files(tmp / f"{LEFTOVER}-full", {"x": "x"})
    with scratch_directory():
        assert not (tmp / LEFTOVER).exists()
        assert (tmp / f"{LEFTOVER}-full/x").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_scratch_directory__directory_of_another_user__stays(tmp: Path) -> None:
    write_files(tmp / LEFTOVER, {"lock": "", "env/x": "x"})
    os.chown(tmp / LEFTOVER, 12345, -1)
    with scratch_directory():
        assert (tmp / LEFTOVER / "env/x").exists()


def test_scratch_directory__unlistable_temporary_directory__still_works(
    tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("os.listdir", refused)
    with scratch_directory() as scratch:
        assert os.path.isdir(scratch.path)


def test_scratch_directory__signal_during_removal__is_handled_afterwards(
    tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def removed(path: str, ignore_errors: bool) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        real(path, ignore_errors)

    real = shutil.rmtree
    monkeypatch.setattr("shutil.rmtree", removed)
    monkeypatch.setattr(interrupts, "_interrupted", False)
    before = signal.signal(signal.SIGTERM, interrupts._interrupt)
    try:
        with pytest.raises(KeyboardInterrupt), scratch_directory() as scratch:
            write_files(Path(scratch.path), {"env/x": "x", "y": "y"})
    finally:
        signal.signal(signal.SIGTERM, before)
    assert os.listdir(tmp) == []


def test_new_directory__run_that_succeeds__stays(tmp_path: Path) -> None:
    with new_directory(f"{tmp_path}/made/kept"):
        write_files(tmp_path / "made/kept", {"x": "x"})
    assert (tmp_path / "made/kept/x").exists()


def test_new_directory__run_that_fails__is_removed(tmp_path: Path) -> None:
    with contextlib.suppress(RuntimeError), new_directory(f"{tmp_path}/kept"):
        write_files(tmp_path / "kept", {"x": "x"})
        raise RuntimeError
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("gone")])
def test_new_directory__path_that_exists__is_refused_and_stays(make: Callable[[Path], None], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    make(kept)
    with pytest.raises(BadInput, match="already exists"), new_directory(str(kept)):
        pass
    assert os.path.lexists(kept)


def test_new_directory__replaced_by_another__that_stays(tmp_path: Path) -> None:
    with contextlib.suppress(RuntimeError), new_directory(f"{tmp_path}/kept"):
        (tmp_path / "kept").rename(tmp_path / "old")
        write_files(tmp_path, {"kept/mine": "x"})
        raise RuntimeError
    assert (tmp_path / "kept/mine").exists()


def test_new_directory__two_runs__the_second_leaves_the_first_alone(tmp_path: Path) -> None:
    with new_directory(f"{tmp_path}/kept"):
        with pytest.raises(BadInput), new_directory(f"{tmp_path}/kept"):
            pass
        assert (tmp_path / "kept").is_dir()
