"""The progress of an installer, from the files that it created."""

from __future__ import annotations

import threading
from pathlib import Path

from deadweight.progress import Progress
from deadweight.sources.install.watching import counted, watched
from tests.builders import write_files

FILES = {
    "lib/a/__init__.py": "",
    "lib/a/b.py": "",
    "lib/a/data.txt": "",
    "lib/a/__pycache__/b.cpython-311.pyc": "",
    "lib/a-1.dist-info/METADATA": "",
    "lib/c-1.dist-info/METADATA": "",
}


def test_counted__directory__counts_modules_bytecode_and_distributions(tmp_path: Path) -> None:
    found = counted(str(write_files(tmp_path, FILES)))
    assert found.progress(compiling=True) == Progress("compiling", "bytecode", done=1, total=2)
    assert found.progress(compiling=False) == Progress("installing", "2 distributions so far")


def test_watched__installer_that_compiles_in_silence__has_a_count(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    seen: list[Progress] = []
    was_counted = threading.Event()

    def observe(progress: Progress) -> None:
        seen.append(progress)
        if progress.total:
            was_counted.set()

    with watched(str(tmp_path), observe, every=0.01) as watching:
        watching(Progress("downloading", "a"))
        watching(Progress("compiling", "bytecode"))
        assert was_counted.wait(60)
    assert seen[:2] == [Progress("downloading", "a"), Progress("compiling", "bytecode")]
    assert {*seen[2:]} == {Progress("compiling", "bytecode", done=1, total=2)}


def test_watched__at_the_end__leaves_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with watched(str(tmp_path), lambda _: None):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
