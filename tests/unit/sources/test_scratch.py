"""Folders that go in every way out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deadweight.sources.scratch import remove_leftovers, scratch_folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_scratch_folder__end__is_gone(temporary: Path) -> None:
    with scratch_folder() as scratch:
        assert Path(scratch.write("a.txt", "x")).read_text() == "x"
        assert Path(scratch.temporary).is_dir()
    assert list(temporary.iterdir()) == []


def test_scratch_folder__error__is_gone_with_what_it_answers_for(temporary: Path) -> None:
    elsewhere = temporary / "kept"
    elsewhere.mkdir()
    with pytest.raises(RuntimeError), scratch_folder() as scratch:  # noqa: PT012  what is raised in it is the case
        scratch.answers_for(str(elsewhere))
        raise RuntimeError
    assert list(temporary.iterdir()) == []


def test_scratch_folder__let_go__leaves_the_folder_elsewhere(temporary: Path) -> None:
    elsewhere = temporary / "kept"
    elsewhere.mkdir()
    with scratch_folder() as scratch:
        scratch.answers_for(str(elsewhere))
        scratch.let_go()
    assert list(temporary.iterdir()) == [elsewhere]


_HOLD = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from deadweight.sources.scratch import scratch_folder
with scratch_folder() as scratch:
    print(scratch.path, flush=True)
    sys.stdin.read()
"""


def test_remove_leftovers__process_that_lives__keeps_its_folder_and_a_dead_one_does_not(temporary: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(temporary)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        folder = Path(holder.stdout.readline().strip())
        remove_leftovers(str(temporary))
        assert folder.is_dir()
        holder.kill()
    assert folder.is_dir()
    remove_leftovers(str(temporary))
    assert list(temporary.iterdir()) == []


def test_remove_leftovers__symlink_called_like_one__is_left_alone(temporary: Path) -> None:
    precious = temporary / "precious"
    precious.mkdir()
    (precious / "lock").touch()
    (temporary / "deadweight-scratch-x").symlink_to(precious)
    remove_leftovers(str(temporary))
    assert (precious / "lock").exists()
