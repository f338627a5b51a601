"""An application's directory → a copy of it, in which files can be changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deadweight.sources.startup import copies
from deadweight.sources.startup.copies import copy_application, write_into
from tests.builders import write_files


@pytest.fixture
def application(tmp_path: Path) -> Path:
    files = {"app.py": "x = 1\n", "shop/a.py": "", "shop/data/in.csv": "1", "shop/small.txt": "s", ".env": "A=1"}
    directory = write_files(tmp_path / "app", files)
    write_files(directory, {".venv/lib/x.py": "", "big.bin": b"0" * (2 << 20), "big.py": "#" * (2 << 20)})
    (directory / "inside").symlink_to("shop/small.txt")
    (directory / "outside").symlink_to("../elsewhere")
    (directory / "absolute").symlink_to(directory / "shop")
    os.mkfifo(directory / "pipe")
    return directory


PYTHON = frozenset(("app.py", "shop/a.py", "big.py"))


def test_copy_application__files__are_copied_or_linked(application: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_application(str(application), str(copy), PYTHON)
    for path in ("app.py", "shop/a.py", "shop/small.txt", ".env", "big.py"):
        assert not (copy / path).is_symlink()
        assert (copy / path).read_bytes() == (application / path).read_bytes()
    # Directories without code and large files are those of the application.
    assert os.readlink(copy / ".venv") == str(application / ".venv")
    assert os.readlink(copy / "shop/data") == str(application / "shop/data")
    assert os.readlink(copy / "big.bin") == str(application / "big.bin")
    assert os.readlink(copy / "inside") == "shop/small.txt"
    assert os.readlink(copy / "outside") == str(tmp_path / "elsewhere")
    assert not (copy / "pipe").exists()


def test_copy_application__very_many_files__are_linked_but_for_python(
    application: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "_MOST_FILES", 1)
    copy_application(str(application), str(tmp_path / "copy"), PYTHON)
    assert (tmp_path / "copy/shop/small.txt").is_symlink()
    assert not (tmp_path / "copy/app.py").is_symlink()


def test_write_into__read_only_file__is_replaced_in_the_copy_alone(application: Path, tmp_path: Path) -> None:
    (application / "app.py").chmod(0o400)
    copy_application(str(application), str(tmp_path / "copy"), PYTHON)
    write_into(str(tmp_path / "copy"), "app.py", b"x = 2\n")
    assert (tmp_path / "copy/app.py").read_text() == "x = 2\n"
    assert (application / "app.py").read_text() == "x = 1\n"
