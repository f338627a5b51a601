"""The directory that an installer fills → its progress, by counting files: installers report none while compiling."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

from deadweight.progress import Observer, Progress

_EVERY = 1.0  # seconds; counting 30,000 files takes 0.05


@contextlib.contextmanager
def watched(directory: str, observe: Observer, every: float = _EVERY) -> Iterator[Observer]:
    """Yield an observer for the installer's own steps; in phases without further output, it counts files.

    It then calls ``observe`` in another thread, but never in two at once.
    """
    watch = _Watch(directory, observe, every)
    # If the system allows no more threads, do without counting.
    with contextlib.suppress(RuntimeError):
        watch.thread.start()
    try:
        yield watch
    finally:
        watch.ended.set()
        if watch.thread.is_alive():
            watch.thread.join()


class _Watch:
    def __init__(self, directory: str, observe: Observer, every: float) -> None:
        self._directory, self._observe, self._every = directory, observe, every
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
            count = counted(self._directory)
            with self._lock:
                if self._phase == phase:
                    self._observe(count.progress(compiling=phase == "compiling"))


class Counted:
    """The number of files of each kind in a directory."""

    def __init__(self) -> None:
        self.distributions = self.modules = self.bytecode = 0

    def progress(self, *, compiling: bool) -> Progress:
        """Return the count as a step of the phase."""
        if compiling:
            return Progress("compiling", "bytecode", done=min(self.bytecode, self.modules), total=self.modules)
        return Progress("installing", f"{self.distributions} distributions so far")


def counted(directory: str) -> Counted:
    """Count the files that an installer created below a directory."""
    count = Counted()
    for _, directories, names in os.walk(directory):
        count.distributions += sum(name.endswith(".dist-info") for name in directories)
        count.modules += sum(name.endswith(".py") for name in names)
        count.bytecode += sum(name.endswith(".pyc") for name in names)
    return count
