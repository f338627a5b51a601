"""Work that mostly waits for servers → its results, from several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from deadweight.errors import FetchFailed

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

AT_ONCE = 24  # requests to one server

T = TypeVar("T")
R = TypeVar("R")


class Background:
    """Runs calls in threads, which start with the first call.

    most: calls to run at once
    """

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most = most
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, work: Callable[..., R], *arguments: object) -> Future[R]:
        """Start a call, or let it wait for a thread; raises FetchFailed if the system allows no more threads."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._most)
        try:
            return self._pool.submit(work, *arguments)
        except RuntimeError as error:
            raise FetchFailed(
                str(error), hint="the system allows no more threads: raise the limit (ulimit -u)"
            ) from error

    def close(self) -> None:
        """Start no more calls; those that run are not awaited."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def in_parallel(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, Future[R]]]:
    """Yield each item with its future, as they finish.

    If the caller stops early, because of an error or a signal, running work is not awaited and the rest never starts.
    """
    background = Background()
    try:
        tasks = {background.submit(work, item): item for item in items}
        if tasks:
            from concurrent.futures import as_completed

            yield from ((tasks[task], task) for task in as_completed(tasks))
    finally:
        background.close()
