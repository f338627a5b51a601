"""Scratch folders go in every way out, and are left alone while somebody holds them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deadweight.sources.scratch import scratch_folder
from tests.builders import write_files

LEFTOVER = "deadweight-scratch-dead"


@pytest.fixture(autouse=True)
def tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that scratch folders are made in."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_scratch_folder__run_that_ends_well__leaves_nothing(tmp: Path) -> None:
    with scratch_folder() as scratch:
        written = scratch.write("r.txt", "a\r\né\n")
        assert Path(written).read_bytes() == "a\r\né\n".encode()
        assert os.path.dirname(scratch.temporary) == scratch.path
        assert os.listdir(tmp) == [os.path.basename(scratch.path)]
    assert os.listdir(tmp) == []


def test_scratch_folder__run_that_fails__leaves_nothing(tmp: Path) -> None:
    def run() -> None:
        with scratch_folder() as scratch:
            scratch.write("x", "x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert os.listdir(tmp) == []


def test_scratch_folder__while_it_lives__is_readable_by_its_owner_alone_and_locked() -> None:
    with scratch_folder() as scratch:
        assert os.stat(scratch.path).st_mode & 0o077 == 0
        with open(f"{scratch.path}/lock", "rb") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_scratch_folder__leftover_that_nobody_holds__goes_with_the_next_run(tmp: Path) -> None:
    write_files(tmp / LEFTOVER, {"lock": "", "env/x": "x"})
    with scratch_folder():
        assert not (tmp / LEFTOVER).exists()


def test_scratch_folder__folder_of_a_run_that_lives__stays(tmp: Path) -> None:
    write_files(tmp / LEFTOVER, {"lock": "", "env/x": "x"})
    hold = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, f"{tmp}/{LEFTOVER}/lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()  # it has the lock now
        with scratch_folder():
            assert (tmp / LEFTOVER / "env/x").exists()
        holder.communicate(b"\n")
    with scratch_folder():
        assert not (tmp / LEFTOVER).exists()


def test_scratch_folder__folder_of_two_runs_at_once__are_apart(tmp: Path) -> None:
    with scratch_folder() as one, scratch_folder() as two:
        assert sorted(os.listdir(tmp)) == sorted(os.path.basename(s.path) for s in (one, two))


def test_scratch_folder__symlink_named_like_a_leftover__is_not_followed(tmp: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "mine", {"lock": "", "x": "x"})
    (tmp / LEFTOVER).symlink_to(tmp_path / "mine")
    with scratch_folder():
        pass
    assert (tmp_path / "mine/x").exists()
    assert (tmp / LEFTOVER).is_symlink()


def test_scratch_folder__lock_that_is_a_symlink__is_left(tmp: Path, tmp_path: Path) -> None:
    write_files(tmp_path, {"other": ""})
    (tmp / LEFTOVER).mkdir()
    (tmp / LEFTOVER / "lock").symlink_to(tmp_path / "other")
    with scratch_folder():
        assert (tmp / LEFTOVER).exists()


@pytest.mark.parametrize("name", ["other-folder", "deadweight-scratch"])
def test_scratch_folder__folder_of_another_name__stays(tmp: Path, name: str) -> None:
    write_files(tmp / name, {"lock": ""})
    with scratch_folder():
        pass
    assert (tmp / name / "lock").exists()


def test_answers_for__run_that_fails__takes_the_folder_with_it(tmp_path: Path) -> None:
    write_files(tmp_path / "kept", {"x": "x"})
    with contextlib.suppress(RuntimeError), scratch_folder() as scratch:
        scratch.answers_for(f"{tmp_path}/kept")
        raise RuntimeError
    assert not (tmp_path / "kept").exists()


def test_answers_for__run_that_was_killed__goes_with_the_next(tmp: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "kept", {"x": "x"})
    write_files(tmp / LEFTOVER, {"lock": "", "leave-behind": f"{tmp_path}/kept"})
    with scratch_folder():
        assert not (tmp_path / "kept").exists()


def test_let_go__run_that_ended_well__leaves_the_folder(tmp_path: Path) -> None:
    write_files(tmp_path / "kept", {"x": "x"})
    with scratch_folder() as scratch:
        scratch.let_go()  # without answering: no error
        scratch.answers_for(f"{tmp_path}/kept")
        scratch.let_go()
    assert (tmp_path / "kept/x").exists()


def test_answers_for__symlink__is_not_followed(tmp_path: Path) -> None:
    write_files(tmp_path / "mine", {"x": "x"})
    (tmp_path / "link").symlink_to("mine")
    with scratch_folder() as scratch:
        scratch.answers_for(f"{tmp_path}/link")
    assert (tmp_path / "mine/x").exists()
