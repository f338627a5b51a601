"""Work that mostly waits for servers → its results, from several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from deadweight.errors import FetchFailed

if TYPE_CHECKING:
    from concurrent.futures import Future

AT_ONCE = 24  # requests to one server

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, Future[R]]]:
    """Yield each item with its future, as they finish.

    If the caller stops early, because of an error or a signal, running work is not awaited and the rest never starts.
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
            raise FetchFailed(str(error), hint="raise the limit of threads (ulimit -u)") from error
        for task in as_completed(tasks):
            yield tasks[task], task
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
