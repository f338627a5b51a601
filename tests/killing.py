"""A program that kills itself while it trims an environment, or undoes that, at each of its steps in turn.

``killing.py ENV COPY STRIDE``: at each step of trimming a copy of ENV, then of the undo, a child is killed by SIGKILL;
then the undo runs to its end, and the copy must be like ENV. If deleting the originals is killed, an undo must restore
all of them, or none. A step is a call that changes files; STRIDE 5 tries every fifth. It prints the numbers of steps.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from deadweight.operations import trimming
from deadweight.operations.trimming import checking
from deadweight.sources.trim.journal import STORE
from deadweight.trimming.kinds import NAMES
from tests.trimming import Snapshot, snapshot

CHANGES = ("os.rename", "os.link", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "os.utime", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def import_nothing(self: checking.Checks, modules: object) -> checking.Imported:
    """Stand in for the imports, which are not what is killed."""
    return checking.Imported(worked=(), failed=(), opened=frozenset())


def killed_at(step: int, action: Callable[[], object], inside: str) -> bool:
    """Run an action in a child that is killed before its change number ``step``; return whether it was killed."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"step {step} failed"
        return os.WIFSIGNALED(status)
    left = step

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        # Paths that are relative to a directory, as shutil.rmtree uses them, are in the environment, too.
        if (event in CHANGES or opens) and (inside in (path := str(arguments[0])) or path[:1] != "/"):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(count)
        action()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def restored(copy: str) -> Snapshot:
    """Undo, if there is a store, and return what is there without the time of the environment itself.

    If a run is killed between removing the store and restoring that time, nothing knows it any more.
    """
    if Path(copy, STORE).exists():
        trimming.trim_undo(copy)
    found = snapshot(Path(copy))
    del found["."]
    return found


def main(env: str, copy: str, stride: int) -> None:
    shutil.copytree(env, copy, symlinks=True)
    expected = snapshot(Path(copy))
    del expected["."]
    choice = trimming.Trimming(apply=True, kinds=NAMES)
    trim, undo, discard = 0, 0, 0
    while killed_at(trim, lambda: trimming.trim(copy, choice), copy):
        compare(restored(copy), expected, f"trim, step {trim}")
        trim += stride
    while killed_at(undo, lambda: trimming.trim_undo(copy), copy):
        compare(restored(copy), expected, f"undo, step {undo}")
        undo += stride
        trimming.trim(copy, choice)
    trimming.trim(copy, choice)
    trimmed = without_store(snapshot(Path(copy)))
    backup = f"{copy}-backup"
    shutil.copytree(copy, backup, symlinks=True)
    while killed_at(discard, lambda: trimming.trim_discard(copy), copy):
        possible = expected if Path(copy, STORE).exists() else trimmed
        compare(without_store(restored(copy)), possible, f"discard, step {discard}")
        discard += stride
        shutil.rmtree(copy)
        shutil.copytree(backup, copy, symlinks=True)
    assert len(trimmed) < len(expected)
    print(trim, undo, discard)


def without_store(found: Snapshot) -> Snapshot:
    return {path: facts for path, facts in found.items() if path != "." and not path.startswith(STORE)}


def compare(found: Snapshot, expected: Snapshot, when: str) -> None:
    different = {path for path in found.keys() | expected.keys() if found.get(path) != expected.get(path)}
    assert not different, (when, different)


if __name__ == "__main__":
    checking.Checks.run = import_nothing  # type: ignore[method-assign]
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
