"""A folder that an installer fills → how far it is, by counting files: installers do not say while they compile."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

from deadweight.progress import Observer, Progress

_EVERY = 1.0  # seconds; to count 30,000 files takes 0.05


@contextlib.contextmanager
def watched(folder: str, observe: Observer, every: float = _EVERY) -> Iterator[Observer]:
    """Give an observer for the installer's own steps; in phases of which it says nothing more, files are counted.

    ``observe`` is called in another thread then, but never in two at once.
    """
    watch = _Watch(folder, observe, every)
    # Where the system allows no further thread, nothing is counted.
    with contextlib.suppress(RuntimeError):
        watch.thread.start()
    try:
        yield watch
    finally:
        watch.ended.set()
        if watch.thread.is_alive():
            watch.thread.join()


class _Watch:
    def __init__(self, folder: str, observe: Observer, every: float) -> None:
        self._folder, self._observe, self._every = folder, observe, every
        self._phase = ""
        self._lock = threading.Lock()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._count, daemon=True)

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            self._phase = progress.phase
            self._observe(progress)

    def _count(self) -> None:
        while not self.ended.wait(self._every):
            phase = self._phase
            if phase not in ("installing", "compiling"):
                continue
            found = counted(self._folder)
            with self._lock:
                if self._phase == phase:
                    self._observe(found.progress(compiling=phase == "compiling"))


class Counted:
    """How many files of each sort a folder holds."""

    def __init__(self) -> None:
        self.distributions = self.modules = self.bytecode = 0

    def progress(self, *, compiling: bool) -> Progress:
        """Return it as a step of the phase."""
        if compiling:
            return Progress("compiling", "bytecode", done=min(self.bytecode, self.modules), total=self.modules)
        return Progress("installing", f"{self.distributions} distributions so far")


def counted(folder: str) -> Counted:
    """Count below a folder what an installer makes there."""
    found = Counted()
    for _, folders, names in os.walk(folder):
        found.distributions += sum(name.endswith(".dist-info") for name in folders)
        found.modules += sum(name.endswith(".py") for name in names)
        found.bytecode += sum(name.endswith(".pyc") for name in names)
    return found
