"""Work that mostly waits for servers → the same work, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from deadweight.errors import FetchFailed

if TYPE_CHECKING:
    from concurrent.futures import Future

AT_ONCE = 24  # requests: as many as one server may be asked for

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, Future[R]]]:
    """Yield each item with what became of it, as they finish.

    Where the reader stops early, for an error or a signal, what has begun is not waited for, and the rest never begins.
    """
    waiting = list(items)
    if not waiting:
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed

    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        try:
            tasks = {pool.submit(work, item): item for item in waiting}
        except RuntimeError as error:
            raise FetchFailed(str(error), hint="the system allows no further thread: see ulimit -u") from error
        for task in as_completed(tasks):
            yield tasks[task], task
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
